"""The process and its edges: chat platforms, exchanges, feeds, jobs. Rules of the trade live in core."""
