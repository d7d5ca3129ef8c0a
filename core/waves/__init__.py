"""From signals to executed waves."""
