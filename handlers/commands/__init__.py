"""One command a module, declared as COMMAND; what several share lives in `handlers`, never in a sibling."""
