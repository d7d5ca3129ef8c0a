"""Figures and explanations."""
