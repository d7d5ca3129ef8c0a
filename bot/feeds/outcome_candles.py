"""Makes hour candles of recorded outcomes: price at the wave, highest and lowest of the hour after it.

No signals are read here: the two files only describe the same rows.
"""

import csv
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path

from bot.feeds.candle_series import CandleSeries
from core.domain.errors import ConfigurationError
from core.domain.market import Candle
from core.domain.money import ZERO, Price

COLUMNS = ("pair", "datetime", "price", "high_1h", "low_1h", "exchange")
_HOUR = timedelta(hours=1)


def load_outcomes(path: Path, wanted: Collection[tuple[str, str]] | None) -> list[CandleSeries]:
    """Return candles of the exchanges and symbols `wanted` (None: all), by exchange and symbol.

    Raises:
        ConfigurationError: the file cannot be read, or a row of it has no prices; names file and line.
    """
    by_symbol: defaultdict[tuple[str, str], dict[datetime, Candle]] = defaultdict(dict)
    for candle in _read(path):
        key = (candle.exchange, candle.symbol)
        if wanted is None or key in wanted:
            by_symbol[key].setdefault(candle.opened_at, candle)
    return [_series(_without_overlaps(found)) for _, found in sorted(by_symbol.items())]


def _series(candles: Sequence[Candle]) -> CandleSeries:
    first, last = candles[0], candles[-1]
    return CandleSeries(
        exchange=first.exchange,
        symbol=first.symbol,
        first_price=first.open,
        starts_at=first.opened_at,
        ends_at=last.opened_at + last.duration,
        read=lambda: iter(candles),
    )


def _without_overlaps(found: Mapping[datetime, Candle]) -> list[Candle]:
    """Let each candle end where the next one begins at the latest."""
    candles = [found[at] for at in sorted(found)]
    for place, (candle, following) in enumerate(pairwise(candles)):
        duration = min(candle.duration, following.opened_at - candle.opened_at)
        candles[place] = replace(candle, duration=duration)
    return candles


def _read(path: Path) -> Iterable[Candle]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise ConfigurationError(f"{path}, line 1: the columns {', '.join(missing)} are missing")
            for row in rows:
                try:
                    yield _candle(row)
                except (ValueError, InvalidOperation, AttributeError) as error:
                    raise ConfigurationError(f"{path}, line {rows.line_num}: no outcome can be read: {error}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error


def _candle(row: Mapping[str, str]) -> Candle:
    price, high, low = (_price(row[name]) for name in ("price", "high_1h", "low_1h"))
    at = datetime.fromisoformat(row["datetime"])
    return Candle(
        exchange=row["exchange"].strip().lower(),
        symbol=row["pair"].strip(),
        opened_at=at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC),
        duration=_HOUR,
        open=price,
        # High and low were taken from other data than the price; the candle holds all three.
        high=max(high, price),
        low=min(low, price),
        # What the hour ended at was not recorded. Back where it began is the one price that was really seen and
        # favours neither side; a close at an extreme would hand every open position a profit or a loss made up.
        close=price,
        volume=ZERO,
    )


def _price(text: str) -> Price:
    number = Decimal(text.strip().removeprefix("$").replace(",", ""))
    if not (number.is_finite() and number > 0):
        raise ValueError(f"{text!r} is no price")
    # The file pads all prices to eight places.
    plain = f"{number:f}"
    return Price(Decimal(plain.rstrip("0").rstrip(".")) if "." in plain else number)
