"""Orders and stops at a real venue: sent, looked up, judged."""
