"""The command line: words in, exit codes out. What the commands do belongs to `bot.app`.

Exit codes: 0 fine, 2 configuration, 3 another instance runs, 4 unreachable, 1 crash.
"""

from bot.cli.entry import main

__all__ = ["main"]
