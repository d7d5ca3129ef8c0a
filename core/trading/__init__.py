"""Placing, settling and reconciling orders."""
