"""Prices that a test sets by hand. No market is simulated here."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from decimal import Decimal

from core.domain.market import Tick
from core.domain.money import Price
from core.ports.edges import Clock


class FakePrices:
    """Implements PriceSource: `set` is the market; only watched symbols are yielded, `latest` knows all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._latest: dict[tuple[str, str], Tick] = {}
        self._ticks: asyncio.Queue[Tick | None] = asyncio.Queue()
        self.watched: defaultdict[str, set[str]] = defaultdict(set)
        self.resubscribed: list[tuple[str, str]] = []

    def set(self, exchange: str, symbol: str, price: Decimal | int | str, *, is_continuous: bool = False) -> Tick:
        """Let the price be `price` now."""
        tick = Tick(
            exchange=exchange,
            symbol=symbol,
            price=Price(Decimal(price)),
            received_at=self._clock.now(),
            is_continuous=is_continuous,
        )
        self._latest[exchange, symbol] = tick
        if symbol in self.watched[exchange]:
            self._ticks.put_nowait(tick)
        return tick

    def forget(self, exchange: str, symbol: str) -> None:
        """Let there be no price, as for a symbol that nobody quotes."""
        self._latest.pop((exchange, symbol), None)

    def end(self) -> None:
        """Let `ticks` end after what is queued."""
        self._ticks.put_nowait(None)

    def watch(self, exchange: str, symbols: Collection[str]) -> None:
        self.watched[exchange].update(symbols)

    def unwatch(self, exchange: str, symbols: Collection[str]) -> None:
        self.watched[exchange].difference_update(symbols)

    def latest(self, exchange: str, symbol: str) -> Tick | None:
        return self._latest.get((exchange, symbol))

    async def ticks(self) -> AsyncIterator[Tick]:
        while (tick := await self._ticks.get()) is not None:
            yield tick

    async def resubscribe(self, exchange: str, symbols: Collection[str]) -> None:
        self.resubscribed.extend((exchange, symbol) for symbol in sorted(symbols))
