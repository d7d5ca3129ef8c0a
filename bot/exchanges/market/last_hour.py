"""What candles of one minute tell of the last hour; pure. Asking for them belongs to `market.calls`."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.exchanges.market.numbers import amount, read_candle
from core.domain.money import ZERO, Money, Ratio

MINUTES = 61
"""The hour and the minute that still runs."""

_HOUR_MS = 3_600_000
_FIVE_MINUTES_MS = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LastHour:
    """What candles tell of the last hour; None: they do not."""

    volume_quote: Money | None = None
    change_5m_ratio: Ratio | None = None


def read_last_hour(rows: Sequence[object], quote_volume: int) -> LastHour | None:
    """Return what one-minute candles tell, the newest of them still running; None if a figure cannot be true.

    The volume is that of the hour before the running candle, or of less where a contract is younger or nothing was
    traded for a while. The change is that of five to six minutes: to now, from the price at which the market stood five
    minutes before the running candle opened; a younger contract's, from its first price. So a move is seen at once and
    not only when its candle has closed.

    Only what this needs is read: it is done for every candidate of a wave at once.
    """
    traded: dict[int, Decimal] = {}
    places: dict[int, int] = {}
    for place, row in enumerate(rows):
        if not isinstance(row, list) or len(row) <= quote_volume:
            return None
        opened_ms, quote = int(amount(row[0]) or 0), amount(row[quote_volume])
        if not opened_ms or quote is None or opened_ms in traded:
            return None
        traded[opened_ms] = quote
        places[opened_ms] = place
    if len(traded) < 2:
        return LastHour()
    newest_ms = max(traded)
    earlier_ms = max((opened_ms for opened_ms in traded if newest_ms - opened_ms > _FIVE_MINUTES_MS), default=None)
    first = read_candle(rows[places[min(traded) if earlier_ms is None else earlier_ms]], quote_volume)
    running = read_candle(rows[places[newest_ms]], quote_volume)
    if first is None or running is None:
        return None
    before = first.open if earlier_ms is None else first.close
    volume = sum((quote for opened_ms, quote in traded.items() if 0 < newest_ms - opened_ms <= _HOUR_MS), ZERO)
    return LastHour(volume_quote=Money(volume), change_5m_ratio=Ratio(running.close / before - 1))
