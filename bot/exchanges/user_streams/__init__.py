"""What a venue tells about our account as it happens. Only hints: the truth is read back by request."""
