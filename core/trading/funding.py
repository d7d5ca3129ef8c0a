"""Funding of open positions, read back from the venue: always the sum since the entry, so that nothing counts twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.errors import RetryLater
from core.domain.money import Money
from core.domain.positions import Position, PositionState
from core.ports.edges import Exchange
from core.trading.ground import Ground
from core.trading.sending import ask

_PATIENCE = timedelta(seconds=1)
"""A result waits no longer than that for its funding."""

_BOOKED_WITHIN = timedelta(minutes=1)
"""So long after the hour a venue may need to show what it booked."""


def is_funding_due(position: Position, read_at: datetime | None, now: datetime) -> bool:
    """Return True if funding may have been booked since it was read at `read_at` (None: never): on a full hour."""
    if position.opened_at is None:
        return False
    known_until = position.opened_at if read_at is None else read_at - _BOOKED_WITHIN
    return known_until < now.replace(minute=0, second=0, microsecond=0)


async def funded(ground: Ground, exchange: Exchange, position: Position) -> Position:
    """Return `position`, about to be told as ended, with its funding, if the venue tells it within a second."""
    amount = await _read(ground, exchange, position, min(_PATIENCE, ground.settings.order_timeout))
    return position if amount is None else replace(position, funding_quote=amount)


async def _read(ground: Ground, exchange: Exchange, position: Position, limit: timedelta) -> Money | None:
    now = ground.clock.now()
    if position.opened_at is None or not is_funding_due(position, ground.funding_read_at.get(position.id), now):
        return None
    try:
        amount = await ask(exchange.funding(position.symbol, position.opened_at), limit)
    except RetryLater:
        return None  # Without it the trade goes on; the next hour asks again.
    ground.funding_read_at[position.id] = now
    return amount


class Funding:
    """Keeps the funding of open positions up to date."""

    def __init__(self, ground: Ground, *, exchanges: Mapping[str, Exchange]) -> None:
        self._ground = ground
        self._exchanges = exchanges

    async def run(self) -> None:
        """Read the funding of every open position once, as far as there can be any; a silent venue changes nothing."""
        for seen in self._ground.book.live():
            if seen.state is PositionState.OPEN:
                await self._refresh(self._exchanges[seen.exchange], seen)

    async def _refresh(self, exchange: Exchange, seen: Position) -> None:
        amount = await _read(self._ground, exchange, seen, self._ground.settings.order_timeout)
        if amount is None:
            return
        async with self._ground.book.lock(seen.exchange, seen.symbol):
            position = self._ground.book.find(seen.id)
            if position is None or position.funding_quote == amount:
                return
            after = replace(position, funding_quote=amount)
            async with self._ground.units.writing() as unit:
                await unit.positions.save(after)
            self._ground.book.put(after)
