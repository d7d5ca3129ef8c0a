"""What may hold back or shape an entry; pure, state passed in."""
