"""Types of the trade; nothing here asks a clock, a network or a database."""
