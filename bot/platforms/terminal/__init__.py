"""The terminal as a chat platform: lines in, documents out; no rule of the trade and no right is decided here."""
