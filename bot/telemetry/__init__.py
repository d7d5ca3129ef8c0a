"""What the process shows of itself to those who run it: logs and health; nothing that traders are told."""
