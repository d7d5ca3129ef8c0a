"""Writes facts of the edges down as events: outages of feed and venues, the start and the end of the process."""

import logging
from datetime import datetime, timedelta

from core.domain.errors import RetryLater
from core.domain.events import (
    CallHeldBack,
    Event,
    FeedLost,
    FeedRestored,
    LiveStarted,
    Started,
    Stopped,
    VenueLimited,
    VenueRestored,
)
from core.ports.edges import Clock
from core.ports.storage import Units
from core.trading.book import PositionBook

_log = logging.getLogger(__name__)


class Journal:
    """Records what no part of the core sees; listens to the feed and to the venues' clients."""

    def __init__(self, *, units: Units, clock: Clock, book: PositionBook, source: str) -> None:
        self._units = units
        self._clock = clock
        self._book = book
        self._source = source

    async def started(self, version: str, found: tuple[str, ...], *, live: LiveStarted | None = None) -> None:
        """Record that the process is ready, what its recovery found, and, if money is at stake, how much of it."""
        async with self._units.writing() as unit:
            await unit.record(
                Started(at=self._clock.now(), version=version, open_positions=self._book.count, found=found)
            )
            if live is not None:
                await unit.record(live)

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

    async def venue_limited(self, venue: str, detail: str, until_at: datetime) -> None:
        """Record that a venue takes no calls for a while."""
        await self._note(VenueLimited(at=self._clock.now(), exchange=venue, detail=detail, until_at=until_at))

    async def venue_restored(self, venue: str, outage: timedelta) -> None:
        """Record that a venue takes calls again."""
        await self._note(VenueRestored(at=self._clock.now(), exchange=venue, outage=outage))

    async def call_held_back(self, venue: str, call: str, symbol: str, detail: str) -> None:
        """Record that a call fails again and again."""
        await self._note(CallHeldBack(at=self._clock.now(), exchange=venue, symbol=symbol, call=call, detail=detail))

    async def _note(self, event: Event) -> None:
        """Record what is told in the middle of a venue's call: a database that is away must not change its outcome."""
        try:
            async with self._units.writing() as unit:
                await unit.record(event)
        except RetryLater as error:
            _log.error("not_recorded", extra={"kind": event.kind, "exchange": event.exchange, "error": str(error)})
