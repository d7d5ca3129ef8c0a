"""The difference between our clock and a venue's, measured with our clock alone. It repeats no call."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from core.ports.edges import Clock

MEASURED_EVERY = timedelta(hours=1)


class VenueTime:
    """How far our clock is ahead of the venue's.

    `ask` returns the venue's time in milliseconds; `apply` takes the difference in milliseconds.
    """

    def __init__(
        self,
        clock: Clock,
        milliseconds: Callable[[], int],
        ask: Callable[[], Awaitable[int]],
        apply: Callable[[int], None],
    ) -> None:
        self._clock = clock
        self._milliseconds = milliseconds
        self._ask = ask
        self._apply = apply
        self._turn = asyncio.Lock()
        self._measured_at: datetime | None = None
        self._ahead = timedelta(0)

    @property
    def ahead(self) -> timedelta | None:
        """How far our clock is ahead (below zero: behind); None before it was measured."""
        return None if self._measured_at is None else self._ahead

    def is_due(self) -> bool:
        """True if the difference was never measured, or too long ago."""
        return self._measured_at is None or self._clock.now() - self._measured_at >= MEASURED_EVERY

    async def measure(self, seen_at: datetime | None = None) -> None:
        """Measure now, unless somebody else has done so since `seen_at`."""
        async with self._turn:
            if seen_at is not None and self._measured_at is not None and self._measured_at > seen_at:
                return
            before = self._milliseconds()
            theirs = await self._ask()
            ahead_ms = (before + self._milliseconds()) // 2 - theirs
            self._apply(ahead_ms)
            self._ahead = timedelta(milliseconds=ahead_ms)
            self._measured_at = self._clock.now()
