"""Writes facts of the edges down as events: the feed's outages, the start and the end of the process."""

from datetime import datetime, timedelta

from core.domain.events import FeedLost, FeedRestored, Started, Stopped
from core.ports.edges import Clock
from core.ports.storage import Units
from core.trading.book import PositionBook


class Journal:
    """Records what no part of the core sees; also listens to the feed."""

    def __init__(self, *, units: Units, clock: Clock, book: PositionBook, source: str) -> None:
        self._units = units
        self._clock = clock
        self._book = book
        self._source = source

    async def started(self, version: str, found: tuple[str, ...]) -> None:
        """Record that the process is ready, and what its recovery found."""
        async with self._units.writing() as unit:
            await unit.record(
                Started(at=self._clock.now(), version=version, open_positions=self._book.count, found=found)
            )

    async def stopped(self, reason: str) -> None:
        """Record that the process ends in order."""
        async with self._units.writing() as unit:
            await unit.record(Stopped(at=self._clock.now(), reason=reason, open_positions=self._book.count))

    async def feed_lost(self, reason: str, since_at: datetime) -> None:
        """Record an outage of the signal server."""
        async with self._units.writing() as unit:
            await unit.record(FeedLost(at=self._clock.now(), source=self._source, reason=reason, since_at=since_at))

    async def feed_restored(self, outage: timedelta) -> None:
        """Record the end of an outage."""
        async with self._units.writing() as unit:
            await unit.record(FeedRestored(at=self._clock.now(), source=self._source, outage=outage))
