"""The error codes of each venue, as data."""
