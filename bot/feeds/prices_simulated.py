"""A PriceSource over the simulated market. How its prices come about is in `simulated_market`."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from datetime import timedelta

from bot.feeds.simulated_market import SimulatedMarket
from core.domain.market import Tick
from core.ports.edges import Clock


class SimulatedPrices:
    """Implements PriceSource: a tick of every watched symbol each `interval`."""

    def __init__(self, *, clock: Clock, market: SimulatedMarket, interval: timedelta = timedelta(seconds=1)) -> None:
        self._clock = clock
        self._market = market
        self._interval = interval
        self._watched: defaultdict[str, dict[str, Tick | None]] = defaultdict(dict)

    def watch(self, exchange: str, symbols: Collection[str]) -> None:
        """Follow `symbols` of `exchange` from now on; safe to repeat."""
        for symbol in symbols:
            self._watched[exchange].setdefault(symbol)

    def unwatch(self, exchange: str, symbols: Collection[str]) -> None:
        """Stop following `symbols` of `exchange`; safe for symbols that are not watched."""
        for symbol in symbols:
            self._watched[exchange].pop(symbol, None)

    def latest(self, exchange: str, symbol: str) -> Tick | None:
        """Return the last tick of a watched symbol, or the price of this moment."""
        seen = self._watched[exchange].get(symbol)
        return self._tick(exchange, symbol) if seen is None else seen

    async def ticks(self) -> AsyncIterator[Tick]:
        """Yield prices as they come, without end."""
        due_at = self._clock.now()
        while True:
            due_at = max(due_at + self._interval, self._clock.now())
            await self._clock.sleep_until(due_at)
            for exchange in sorted(self._watched):
                for symbol in sorted(self._watched[exchange]):
                    tick = self._tick(exchange, symbol)
                    # It may have been unwatched while an earlier tick was being worked on.
                    if symbol in self._watched[exchange]:
                        self._watched[exchange][symbol] = tick
                        yield tick

    async def resubscribe(self, exchange: str, symbols: Collection[str]) -> None:
        """Follow `symbols` again."""
        self.watch(exchange, symbols)

    def _tick(self, exchange: str, symbol: str) -> Tick:
        now = self._clock.now()
        price = self._market.price(exchange, symbol, now)
        return Tick(exchange=exchange, symbol=symbol, price=price, received_at=now)
