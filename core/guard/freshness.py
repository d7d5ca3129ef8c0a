"""Keeps prices of open positions coming: watches their symbols, notices silence, lets time alone decide as well."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.domain.events import PricesStale
from core.domain.market import Tick
from core.domain.positions import Position, PositionState
from core.domain.settings import GuardSettings
from core.guard.guardian import Guardian
from core.ports.edges import Clock, PriceSource
from core.ports.storage import Units
from core.trading.book import PositionBook


class Freshness:
    """Looks over all open positions every few seconds."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        book: PositionBook,
        prices: PriceSource,
        guardian: Guardian,
        settings: GuardSettings,
        every: timedelta,
    ) -> None:
        self._units = units
        self._clock = clock
        self._book = book
        self._prices = prices
        self._guardian = guardian
        self._settings = settings
        self._every = every
        self._watched: dict[tuple[str, str], datetime] = {}
        self._stale: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Look again and again; never ends."""
        while True:
            await self.look()
            await self._clock.sleep(self._every)

    async def look(self) -> None:
        """Watch what is open, judge it by time, and tell of prices that have stopped, once an episode."""
        positions = [p for p in self._book.live() if p.state is PositionState.OPEN]
        self._follow(positions)
        stale = {key for position in positions if (key := self._judge(position)) is not None}
        fresh, self._stale = stale - self._stale, stale
        if not fresh:
            return
        for exchange in sorted({exchange for exchange, _ in fresh}):
            symbols = sorted(symbol for name, symbol in fresh if name == exchange)
            await self._prices.resubscribe(exchange, symbols)
            async with self._units.writing() as unit:
                await unit.record(
                    PricesStale(
                        at=self._clock.now(),
                        exchange=exchange,
                        symbols=tuple(symbols),
                        age=self._settings.price_stale_after,
                    )
                )

    def _follow(self, positions: Iterable[Position]) -> None:
        live = {(p.exchange, p.symbol) for p in positions}
        for exchange, symbol in sorted(live):
            self._prices.watch(exchange, [symbol])
        for exchange, symbol in sorted(self._watched.keys() - live):
            self._prices.unwatch(exchange, [symbol])
        now = self._clock.now()
        self._watched = {key: self._watched.get(key, now) for key in live}

    def _judge(self, position: Position) -> tuple[str, str] | None:
        """Show the last price again, so that time alone can decide; return the key of a position without fresh ones."""
        now = self._clock.now()
        fresh_from = now - self._settings.price_stale_after
        tick = self._prices.latest(position.exchange, position.symbol)
        if tick is not None and tick.received_at >= fresh_from:
            self._guardian.see(Tick(exchange=tick.exchange, symbol=tick.symbol, price=tick.price, received_at=now))
            return None
        # Silence counts from when it was first listened for: right after a start no price can have come yet.
        key = (position.exchange, position.symbol)
        return key if self._watched[key] < fresh_from else None
