"""Watching open positions and deciding their exits."""
