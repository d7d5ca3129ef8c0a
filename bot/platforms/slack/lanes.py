"""Work in order for each person, side by side for different people; what the work is is not known here."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, TypeVar

_LONGEST = 20

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Lanes(Generic[_T]):
    """A lane for each person who has something waiting; `tasks` owns the work."""

    def __init__(self, tasks: asyncio.TaskGroup, work: Callable[[_T], Awaitable[None]]) -> None:
        self._tasks = tasks
        self._work = work
        self._lanes: dict[str, deque[_T]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def put(self, person_id: str, item: _T) -> None:
        """Queue `item` behind that person's others; beyond twenty waiting ones it is dropped."""
        lane = self._lanes.get(person_id)
        if lane is None:
            lane = self._lanes[person_id] = deque([item])
            task = self._tasks.create_task(self._serve(person_id, lane), name=f"slack:{person_id}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        elif len(lane) < _LONGEST:
            lane.append(item)
        else:
            _log.warning("something for slack:%s is dropped: too much waits already", person_id)

    async def drain(self, limit: timedelta) -> None:
        """Give the work at most `limit` to end by itself; what is left then is for the owner of the tasks to cancel."""
        if self._running:
            await asyncio.wait(self._running, timeout=limit.total_seconds())

    async def _serve(self, person_id: str, lane: deque[_T]) -> None:
        try:
            while lane:
                await self._work(lane[0])
                lane.popleft()
        finally:
            del self._lanes[person_id]
