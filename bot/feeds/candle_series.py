"""Recorded candles of one symbol, read as they are needed. Where they come from is the readers' business."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.market import Candle
from core.domain.money import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSeries:
    """Candles of one exchange and symbol, oldest first, without overlaps.

    Attributes:
        first_price: Open of the first candle.
        ends_at: End of the last candle.
        read: Starts reading anew; the candles themselves are not kept.
    """

    exchange: str
    symbol: str
    first_price: Price
    starts_at: datetime
    ends_at: datetime
    read: Callable[[], Iterator[Candle]]

    @property
    def key(self) -> tuple[str, str]:
        """Exchange and symbol."""
        return (self.exchange, self.symbol)


def in_order(sources: Sequence[Iterator[Candle]]) -> Iterator[Candle]:
    """Yield the candles of one frame from several sources by time, each time once."""
    last_at: datetime | None = None
    for candle in heapq.merge(*sources, key=_opening):
        if last_at is None or candle.opened_at > last_at:
            last_at = candle.opened_at
            yield candle


def filled_up(fine: Iterator[Candle], coarse: Iterator[Candle]) -> Iterator[Candle]:
    """Yield the `fine` candles, and `coarse` ones only where they overlap no fine one."""
    covered_until: datetime | None = None
    following = next(fine, None)
    for candle in coarse:
        while following is not None and following.opened_at < candle.opened_at + candle.duration:
            yield following
            covered_until = following.opened_at + following.duration
            following = next(fine, None)
        if covered_until is None or covered_until <= candle.opened_at:
            yield candle
    if following is not None:
        yield following
        yield from fine


def _opening(candle: Candle) -> datetime:
    return candle.opened_at
