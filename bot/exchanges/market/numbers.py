"""Raw figures of a venue's market, made exact or refused; pure. Asking for them belongs to `market.data`."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.domain.market import Candle
from core.domain.money import Money, Price, Ratio, exact

# Beyond these no coin is priced or traded; it also keeps every product of two figures within what decimals can hold.
_SMALLEST, _LARGEST = -30, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCandle:
    """A candle as the venue tells it; `quote_volume` in USDT."""

    opened_at: datetime
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Decimal
    quote_volume: Money


def amount(value: object) -> Decimal | None:
    """Return a figure that may be zero, or None if it is none that could be true."""
    try:
        number = exact(value)
    except ValueError:
        return None
    if number < 0 or (number and not _SMALLEST < number.adjusted() < _LARGEST):
        return None
    return number


def price(value: object) -> Price | None:
    """Return a figure above zero, or None."""
    number = amount(value)
    return Price(number) if number else None


def credible(last: Price | None, mark: Price | None) -> Price | None:
    """Return `last` unless it is off the mark price by more than half; without a mark price nothing can be said."""
    if last is None or mark is None:
        return last
    return None if abs(last - mark) * 2 > mark else last


def spread(bid: Price | None, ask: Price | None) -> Ratio | None:
    """Return (ask - bid) / mid, or None for a book with an empty side or one that is crossed."""
    if bid is None or ask is None or bid > ask:
        return None
    return Ratio(2 * (ask - bid) / (ask + bid))


def value_at(coins: Decimal | None, at: Price | None) -> Money | None:
    """Return what `coins` are worth, None if either is not known."""
    return None if coins is None or at is None else Money(coins * at)


def read_candle(row: object, quote_volume: int) -> RawCandle | None:
    """Return a candle, or None if it cannot be true."""
    if not isinstance(row, Sequence) or isinstance(row, str) or len(row) <= quote_volume:
        return None
    opened_at = moment(row[0])
    opened, high, low, close = (price(value) for value in row[1:5])
    volume, quote = amount(row[5]), amount(row[quote_volume])
    if opened_at is None or opened is None or high is None or low is None or close is None:
        return None
    if volume is None or quote is None or not low <= min(opened, close) <= max(opened, close) <= high:
        return None
    return RawCandle(
        opened_at=opened_at,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        quote_volume=Money(quote),
    )


def read_candles(rows: Sequence[object], quote_volume: int) -> Sequence[RawCandle] | None:
    """Return candles oldest first, or None if one of them cannot be true or came twice."""
    candles: list[RawCandle] = []
    for row in rows:
        candle = read_candle(row, quote_volume)
        if candle is None:
            return None
        candles.append(candle)
    candles.sort(key=lambda candle: candle.opened_at)
    if any(before.opened_at == after.opened_at for before, after in itertools.pairwise(candles)):
        return None
    return candles


def is_unbroken(candles: Sequence[RawCandle], frame: timedelta) -> bool:
    """Return True if every candle opens when the one before it ends."""
    return all(after.opened_at - before.opened_at == frame for before, after in itertools.pairwise(candles))


def whole_candles(exchange: str, symbol: str, frame: timedelta, candles: Sequence[RawCandle]) -> Sequence[Candle]:
    """Return `candles` in our own terms."""
    return [
        Candle(
            exchange=exchange,
            symbol=symbol,
            opened_at=raw.opened_at,
            duration=frame,
            open=raw.open,
            high=raw.high,
            low=raw.low,
            close=raw.close,
            volume=raw.volume,
        )
        for raw in candles
    ]


def dig(answer: object, path: Sequence[str]) -> object:
    """Return what lies at `path` inside nested mappings; in a list of filters a key is a filter's type."""
    for key in path:
        if isinstance(answer, list):
            answer = next(
                (each for each in answer if isinstance(each, Mapping) and each.get("filterType") == key), None
            )
        else:
            answer = answer.get(key) if isinstance(answer, Mapping) else None
    return answer


def moment(value: object) -> datetime | None:
    """Return a time given in ms, or None for zero and for what is none."""
    number = amount(value)
    if not number:
        return None
    try:
        return datetime.fromtimestamp(0, tz=UTC) + timedelta(milliseconds=int(number))
    except OverflowError:
        return None
