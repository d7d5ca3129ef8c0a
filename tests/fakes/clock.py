"""A clock that stands still until a test moves it. No rule of the trade lives here."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START_AT = datetime(2025, 10, 26, 12, 0, tzinfo=UTC)
_PATIENCE_S = 5.0


class FakeClock:
    """Implements Clock; time moves only by `advance`, `advance_to` and `run_until`.

    Sleepers wake in the order of their times (first come first woken among equals), each at exactly its own time, and
    everything they set in motion runs before the next one wakes.
    """

    def __init__(self, start_at: datetime = START_AT) -> None:
        self._now = start_at.astimezone(UTC)
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    @property
    def sleepers(self) -> int:
        """How many tasks wait for a later time."""
        return sum(not future.done() for _, _, future in self._sleepers)

    def now(self) -> datetime:
        return self._now

    async def sleep(self, duration: timedelta) -> None:
        await self.sleep_until(self._now + duration)

    async def sleep_until(self, at: datetime) -> None:
        if at <= self._now:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (at, next(self._order), future))
        await future

    async def advance(self, duration: timedelta) -> None:
        """Move time on by `duration`, waking who is due on the way."""
        await self.advance_to(self._now + duration)

    async def advance_to(self, at: datetime) -> None:
        """Move time on to `at`, waking who is due on the way; tasks in the loop run as far as they can."""
        await self.settle()
        while (due_at := self._next_due()) is not None and due_at <= at:
            await self._wake_next()
        self._now = max(self._now, at)

    async def run_until(self, condition: Callable[[], bool], limit: timedelta = timedelta(hours=1)) -> None:
        """Let time pass from sleeper to sleeper until `condition` holds; for work that also needs sockets or threads.

        Raises:
            AssertionError: `limit` of this clock's time or five real seconds were not enough.
        """
        give_up_at = self._now + limit
        loop = asyncio.get_running_loop()
        stop_s = loop.time() + _PATIENCE_S
        while not await self._holds(condition):
            if loop.time() > stop_s:
                raise AssertionError("the condition did not come true within five real seconds")
            due_at = self._next_due()
            if due_at is None:
                continue
            if due_at > give_up_at:
                raise AssertionError(f"the condition did not come true within {limit}")
            await self._wake_next()

    async def settle(self) -> None:
        """Let every task run until all of them wait for time, for sockets or for threads."""
        loop = asyncio.get_running_loop()
        for _ in range(10_000):
            await asyncio.sleep(0)
            if not getattr(loop, "_ready", ()):
                return
        raise AssertionError("the tasks never come to rest: one of them loops without waiting")

    async def _holds(self, condition: Callable[[], bool]) -> bool:
        # Work of sockets and threads comes back within a few milliseconds; time must not run ahead of it.
        for _ in range(5):
            await self.settle()
            if condition():
                return True
            await asyncio.sleep(0.001)
        return condition()

    def _next_due(self) -> datetime | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def _wake_next(self) -> None:
        at, _, future = heapq.heappop(self._sleepers)
        self._now = max(self._now, at)
        if not future.done():
            future.set_result(None)
        await self.settle()
