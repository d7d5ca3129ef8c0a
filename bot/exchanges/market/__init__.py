"""The reading half of a venue: contracts, market facts, prices by request."""
