"""One repository an aggregate, each over one connection; transactions belong to the unit of work."""
