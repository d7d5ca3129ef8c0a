"""The market of paper exchanges: each price reaches the venue before it reaches us. Nothing is decided on it here."""

from collections.abc import AsyncIterator, Collection, Iterable
from typing import Protocol

from core.domain.market import Tick
from core.ports.edges import PriceSource


class TakesTicks(Protocol):
    """A venue whose stops trigger on prices."""

    @property
    def name(self) -> str:
        """Name of the exchange whose prices it takes."""
        ...

    async def on_tick(self, tick: Tick) -> None:
        """Let the venue act on `tick`."""
        ...


class PaperPrices:
    """Implements PriceSource over another one; a stop has triggered by the time its price is seen here."""

    def __init__(self, source: PriceSource, exchanges: Iterable[TakesTicks]) -> None:
        self._source = source
        self._exchanges = {exchange.name: exchange for exchange in exchanges}

    def watch(self, exchange: str, symbols: Collection[str]) -> None:
        """Follow `symbols` of `exchange` from now on."""
        self._source.watch(exchange, symbols)

    def unwatch(self, exchange: str, symbols: Collection[str]) -> None:
        """Stop following `symbols` of `exchange`."""
        self._source.unwatch(exchange, symbols)

    def latest(self, exchange: str, symbol: str) -> Tick | None:
        """Return the last price seen, or None if there is none."""
        return self._source.latest(exchange, symbol)

    async def ticks(self) -> AsyncIterator[Tick]:
        """Yield the source's prices, each after its paper exchange has acted on it."""
        async for tick in self._source.ticks():
            venue = self._exchanges.get(tick.exchange)
            if venue is not None:
                await venue.on_tick(tick)
            yield tick

    async def resubscribe(self, exchange: str, symbols: Collection[str]) -> None:
        """Ask anew for `symbols` whose prices have stopped coming."""
        await self._source.resubscribe(exchange, symbols)
