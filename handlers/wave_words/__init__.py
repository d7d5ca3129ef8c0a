"""What is said of waves, shared by commands, cards and alerts; what they are belongs to core."""
