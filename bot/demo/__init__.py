"""A signal server and a market of our own, for the demo and for tests."""
