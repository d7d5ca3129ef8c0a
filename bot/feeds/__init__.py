"""What comes in from the signal server and the price streams, put into our types."""
