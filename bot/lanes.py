"""Work in order for each person, side by side for all. What the work is does not matter here."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta

Work = Callable[[], Awaitable[None]]


class Lanes:
    """Runs each lane's work one after the other, in tasks of `group`; a lane exists while it has work."""

    def __init__(self, group: asyncio.TaskGroup, longest: int = 20) -> None:
        self._group = group
        self._longest = longest
        self._waiting: dict[str, deque[Work]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, lane: str, work: Work) -> bool:
        """Put `work` at the end of `lane`; False if too much waits there already."""
        waiting = self._waiting.get(lane)
        if waiting is not None:
            if len(waiting) >= self._longest:
                return False
            waiting.append(work)
            return True
        self._waiting[lane] = deque([work])
        task = self._group.create_task(self._run(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def drain(self, limit: timedelta) -> None:
        """Wait until all lanes are empty, at most `limit`."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=limit.total_seconds())

    async def _run(self, lane: str) -> None:
        waiting = self._waiting[lane]
        try:
            while waiting:
                await waiting.popleft()()
        finally:
            del self._waiting[lane]
