"""The composition root: the only place where edges, storage, handlers and core are put together."""
