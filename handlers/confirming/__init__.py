"""Asking before a dangerous act, and who has to agree to it; what the act does belongs to its command."""
