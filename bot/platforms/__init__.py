"""Chat platforms: each folder is one, and knows nothing of the others."""
