"""Requests to a venue: the library, its limits, its time, its error codes."""
