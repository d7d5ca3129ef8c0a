"""A PriceSource that walks recorded candles on the clock. Reading them is `candles`, stops are the paper exchange's."""

import heapq
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.feeds.candle_series import CandleSeries
from core.domain.market import Candle, Tick
from core.domain.positions import PositionSide
from core.ports.edges import Clock

SideOf = Callable[[str, str], PositionSide | None]
"""Says which way the open position of an exchange and symbol goes; None: there is none."""

_JUST_BEFORE = timedelta(milliseconds=1)


class _Walk:
    """Where one symbol stands: which candle, which step of it."""

    __slots__ = ("candle", "candles", "is_low_first", "key", "side_of", "step", "tick")

    def __init__(self, series: CandleSeries, side_of: SideOf) -> None:
        self.key = series.key
        self.side_of = side_of
        self.candles: Iterator[Candle] = series.read()
        self.candle: Candle | None = next(self.candles, None)
        self.step = 0
        self.is_low_first = True
        self.tick: Tick | None = None

    def due_at(self) -> datetime | None:
        """Return when the next price comes, or None after the last one."""
        candle = self.candle
        if candle is None:
            return None
        if self.step == 0:
            return candle.opened_at
        if self.step == 3:
            return candle.opened_at + candle.duration - _JUST_BEFORE
        return candle.opened_at + candle.duration * (self.step + 1) / 4

    def advance(self, candle: Candle, at: datetime) -> Tick:
        """Return the price of the step that is due, and go on to the next."""
        if self.step == 0:
            price = candle.open
        elif self.step == 3:
            price = candle.close
        else:
            if self.step == 1:
                # Asked only now, so that a position opened within this candle counts.
                self.is_low_first = self.side_of(*self.key) is not PositionSide.SHORT
            price = candle.low if self.is_low_first is (self.step == 1) else candle.high
        self.tick = Tick(
            exchange=candle.exchange,
            symbol=candle.symbol,
            price=price,
            received_at=at,
            # Between candles the price may have jumped; within one it went through everything on the way.
            is_continuous=self.step > 0,
        )
        if self.step == 3:
            self.candle = next(self.candles, None)
        self.step = (self.step + 1) % 4
        return self.tick


class ReplayedPrices:
    """Implements PriceSource: each candle is its open, the extreme against the position, the other one, its close.

    The open comes at the candle's start, the adverse extreme at half of it, the other at three quarters, the close
    just before its end. Without a position the low comes first. All symbols are walked; only watched ones are yielded.
    """

    def __init__(self, *, clock: Clock, series: Iterable[CandleSeries], side_of: SideOf) -> None:
        found = list(series)
        self._clock = clock
        self._ends_at = max((one.ends_at for one in found), default=None)
        self._walks = {one.key: _Walk(one, side_of) for one in found}
        self._watched: defaultdict[str, set[str]] = defaultdict(set)
        self._due: deque[Tick] = deque()
        # The second number keeps symbols that are due at the same time in one order.
        self._heap = [
            (due_at, number, walk)
            for number, (_, walk) in enumerate(sorted(self._walks.items()))
            if (due_at := walk.due_at()) is not None
        ]
        heapq.heapify(self._heap)

    @property
    def ends_at(self) -> datetime | None:
        """When the last candle ends; None without candles."""
        return self._ends_at

    def watch(self, exchange: str, symbols: Collection[str]) -> None:
        """Follow `symbols` of `exchange` from now on; safe to repeat."""
        self._watched[exchange].update(symbols)

    def unwatch(self, exchange: str, symbols: Collection[str]) -> None:
        """Stop following `symbols` of `exchange`; safe for symbols that are not watched."""
        self._watched[exchange].difference_update(symbols)

    def latest(self, exchange: str, symbol: str) -> Tick | None:
        """Return the last price walked, watched or not: of now while its candle lasts, of its own time after that."""
        self._walk_until(self._clock.now())
        walk = self._walks.get((exchange, symbol))
        if walk is None or walk.tick is None:
            return None
        # Within a candle its last step is the price of now, however long the candle takes; after the end it ages.
        return replace(walk.tick, received_at=self._clock.now()) if walk.step else walk.tick

    async def ticks(self) -> AsyncIterator[Tick]:
        """Yield the prices of watched symbols when their time comes; ends after the last candle of all."""
        while True:
            self._walk_until(self._clock.now())
            while self._due:
                yield self._due.popleft()
            if self._heap and self._heap[0][0] > self._clock.now():
                await self._clock.sleep_until(self._heap[0][0])
            elif not self._heap:
                return

    async def resubscribe(self, exchange: str, symbols: Collection[str]) -> None:
        """Follow `symbols` again; a recording has no connection to mend."""
        self.watch(exchange, symbols)

    def _walk_until(self, now: datetime) -> None:
        heap = self._heap
        while heap and heap[0][0] <= now:
            due_at, number, walk = heap[0]
            if walk.candle is None:
                heapq.heappop(heap)
                continue
            tick = walk.advance(walk.candle, due_at)
            if tick.symbol in self._watched[tick.exchange]:
                self._due.append(tick)
            following_at = walk.due_at()
            if following_at is None:
                heapq.heappop(heap)
            else:
                heapq.heapreplace(heap, (following_at, number, walk))
