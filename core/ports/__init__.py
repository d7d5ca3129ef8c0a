"""Everything that core needs from outside, as small Protocols named by role. Each has a fake in tests/fakes."""
