"""Pictures, drawn with matplotlib off the event loop; what is in them is decided by core."""
