"""What an account at a real venue holds and has done, and how it is made ready."""
