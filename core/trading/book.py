"""Live positions in memory: an index of what storage holds, written after each commit. Nothing is decided here."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable

from core.domain.money import ZERO, Money
from core.domain.positions import Position, PositionState


class PositionBook:
    """Live positions by exchange and symbol, with the lock that orders what happens to each."""

    def __init__(self, positions: Iterable[Position] = ()) -> None:
        self._live: dict[tuple[str, str], Position] = {}
        self._locks: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        for position in positions:
            self.put(position)

    def put(self, position: Position) -> None:
        """Take in a position as it was just stored; one that has ended leaves the book."""
        key = (position.exchange, position.symbol)
        if position.state.is_live:
            self._live[key] = position
        elif (known := self._live.get(key)) is not None and known.id == position.id:
            del self._live[key]

    def get(self, exchange: str, symbol: str) -> Position | None:
        """Return the live position of a symbol, or None."""
        return self._live.get((exchange, symbol))

    def find(self, position_id: int) -> Position | None:
        """Return the live position with that id, or None."""
        return next((p for p in self._live.values() if p.id == position_id), None)

    def live(self) -> tuple[Position, ...]:
        """Return all live positions, oldest first."""
        return tuple(sorted(self._live.values(), key=lambda p: p.id))

    @property
    def count(self) -> int:
        """How many positions are live; entries in flight count."""
        return len(self._live)

    @property
    def opening(self) -> int:
        """How many entries are in flight, or still without an answer: each of them may be a position."""
        return sum(position.state is PositionState.OPENING for position in self._live.values())

    @property
    def exposure_quote(self) -> Money:
        """USDT in open positions at their entry prices."""
        return Money(sum((p.quantity * p.entry for p in self._live.values() if p.entry_price is not None), ZERO))

    def lock(self, exchange: str, symbol: str) -> asyncio.Lock:
        """Return the lock under which orders of that symbol are sent; the only one held across an exchange call."""
        return self._locks[exchange, symbol]

    async def seal(self) -> None:
        """Wait until every order in flight is written down, and let none follow. Call once, at the process's end."""
        for key in {*self._locks, *self._live}:
            await self._locks[key].acquire()
