"""Reads recorded candle files, `<venue>_<SYMBOL>_<frame>[_anything].csv[.gz]`. Walking them is `prices_replayed`'s."""

import gzip
import re
import zlib
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial, reduce
from pathlib import Path
from typing import IO

from bot.feeds.candle_series import CandleSeries, filled_up, in_order
from core.domain.errors import ConfigurationError
from core.domain.market import Candle
from core.domain.money import ZERO, Price

_NAME = re.compile(r"(binance_usdm|bybit_linear)_([^_]+)_(1m|5m|15m|1h)((?:_.*)?)\.csv(?:\.gz)?")
_EXCHANGES = {"binance_usdm": "binance", "bybit_linear": "bybit"}
_FRAMES = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
}
_COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")
_Prices = tuple[Decimal, Decimal, Decimal, Decimal]
_ENDLESS = Decimal("Infinity")
_LATEST_MS = 10**14
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleFile:
    """A file of candles, as its name tells. `is_mark`: mark prices, not trades."""

    path: Path
    exchange: str
    symbol: str
    duration: timedelta
    is_mark: bool


def recognise(path: Path) -> CandleFile | None:
    """Return what the name of `path` says, or None if it names no candles of an exchange of ours.

    Funding rates, spot venues and anything else in the folder are no candles of ours.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    venue, symbol, frame, rest = match.groups()
    return CandleFile(
        path=path,
        exchange=_EXCHANGES[venue],
        symbol=symbol,
        duration=_FRAMES[frame],
        is_mark="mark" in rest.split("_"),
    )


def read_candles(file: CandleFile) -> Iterator[Candle]:
    """Yield the candles of `file`, oldest first.

    Raises:
        ConfigurationError: the file cannot be read, or a row of it is no candle; names file and line.
    """
    last_ms = -1
    for number, line in _lines(file.path):
        opened_ms, prices, volume = _parsed(file, number, line)
        if opened_ms <= last_ms:
            raise ConfigurationError(f"{file.path}, line {number}: this candle is not later than the one before it")
        last_ms = opened_ms
        yield Candle(
            exchange=file.exchange,
            symbol=file.symbol,
            opened_at=_EPOCH + timedelta(milliseconds=opened_ms),
            duration=file.duration,
            open=Price(prices[0]),
            high=Price(prices[1]),
            low=Price(prices[2]),
            close=Price(prices[3]),
            volume=volume,
        )


def load_folder(folder: Path, wanted: Collection[tuple[str, str]] | None) -> list[CandleSeries]:
    """Return the candles in `folder` of the exchanges and symbols `wanted` (None: all), by exchange and symbol.

    Of several frames of a symbol the finest is used; coarser ones fill in only where it has no candles. Mark prices
    are used for a symbol that has nothing else.

    Raises:
        ConfigurationError: a file that is needed has a bad first or last row.
    """
    found: defaultdict[tuple[str, str], list[CandleFile]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        file = recognise(path)
        if file is not None and (wanted is None or (file.exchange, file.symbol) in wanted):
            found[file.exchange, file.symbol].append(file)
    series = (series_of(files) for _, files in sorted(found.items()))
    return [one for one in series if one is not None]


def series_of(files: Sequence[CandleFile]) -> CandleSeries | None:
    """Return the candles of `files`, which are all of one exchange and symbol; None if there is no candle in them."""
    used = [file for file in files if not file.is_mark] or list(files)
    ends = [end for end in map(_ends, used) if end is not None]
    if not ends:
        return None
    first = min((first for first, _ in ends), key=lambda candle: (candle.opened_at, candle.duration))
    return CandleSeries(
        exchange=first.exchange,
        symbol=first.symbol,
        first_price=first.open,
        starts_at=first.opened_at,
        ends_at=max(ends_at for _, ends_at in ends),
        read=partial(_merged, used),
    )


def _merged(files: Sequence[CandleFile]) -> Iterator[Candle]:
    frames: defaultdict[timedelta, list[Iterator[Candle]]] = defaultdict(list)
    for file in files:
        frames[file.duration].append(read_candles(file))
    ordered = [in_order(sources) for _, sources in sorted(frames.items())]
    return reduce(filled_up, ordered)


def _ends(file: CandleFile) -> tuple[Candle, datetime] | None:
    """Return the first candle and when the last one ends, looking into no row between them."""
    first = next(read_candles(file), None)
    if first is None:
        return None
    number, line = deque(_lines(file.path), maxlen=1)[0]
    opened_ms, _, _ = _parsed(file, number, line)
    return first, _EPOCH + timedelta(milliseconds=opened_ms) + file.duration


def _parsed(file: CandleFile, number: int, line: str) -> tuple[int, _Prices, Decimal]:
    try:
        return _parse(line)
    except (ValueError, InvalidOperation):
        raise ConfigurationError(
            f"{file.path}, line {number}: {line[:80]!r} is no candle; expected {','.join(_COLUMNS)} in numbers, "
            "the high not below and the low not above the other prices"
        ) from None


def _parse(line: str) -> tuple[int, _Prices, Decimal]:
    when, first, high, low, last, volume = line.split(",")
    prices = (Decimal(first), Decimal(high), Decimal(low), Decimal(last))
    opened_ms, coins = int(when), Decimal(volume) if volume else ZERO
    is_candle = 0 < prices[2] <= prices[0] <= prices[1] and prices[2] <= prices[3] <= prices[1] < _ENDLESS
    if not (is_candle and 0 <= opened_ms < _LATEST_MS and 0 <= coins < _ENDLESS):
        raise ValueError(line)
    return opened_ms, prices, coins


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the rows below the header with their line numbers; empty lines are skipped."""
    try:
        with _open(path) as file:
            header = file.readline().strip()
            if tuple(header.lower().split(",")) != _COLUMNS:
                raise ConfigurationError(
                    f"{path}, line 1: the header must be {','.join(_COLUMNS)}, not {header[:80]!r}"
                )
            for number, line in enumerate(file, start=2):
                if row := line.strip():
                    yield number, row
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")
