"""Venues behind the Exchange port; the rules of the trade are core's."""
