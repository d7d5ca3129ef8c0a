"""Hour candles made of recorded outcomes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from bot.feeds.candles import load_candles
from core.domain.errors import ConfigurationError

HEADER = "pair,direction,datetime,price,high_1h,low_1h,exchange\n"
MINUTE = timedelta(minutes=1)


def write(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "outcomes.csv"
    path.write_text(header + "".join(f"{row}\n" for row in rows))
    return path


def test_a_row_is_a_candle_of_an_hour_that_ends_where_it_began(tmp_path: Path) -> None:
    path = write(tmp_path, 'AUSDT,BUY,2025-10-25 19:15:00,"$1,234.50000000","$1,300.00000000",$1200.00000000,BYBIT')
    series = load_candles(path)[0]
    candle = next(series.read())
    assert (candle.exchange, candle.symbol) == ("bybit", "AUSDT")
    assert candle.opened_at == datetime(2025, 10, 25, 19, 15, tzinfo=UTC)
    assert candle.duration == 60 * MINUTE
    assert [str(p) for p in (candle.open, candle.high, candle.low, candle.close)] == [
        "1234.5",
        "1300",
        "1200",
        "1234.5",
    ]
    assert series.ends_at == datetime(2025, 10, 25, 20, 15, tzinfo=UTC)


def test_an_hour_ends_where_the_next_of_its_symbol_begins(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "AUSDT,BUY,2025-10-25 19:30:00,$2,$3,$1,BINANCE",
        "AUSDT,BUY,2025-10-25 19:15:00,$1,$3,$1,BINANCE",
        "AUSDT,BUY,2025-10-25 19:15:00,$9,$9,$9,BINANCE",
        "AUSDT,BUY,2025-10-25 19:20:00,$5,$5,$5,BYBIT",
    )
    here, there = load_candles(path)
    assert [(int(c.open), c.duration // MINUTE) for c in here.read()] == [(1, 15), (2, 60)]
    assert [c.duration // MINUTE for c in there.read()] == [60]


def test_the_candle_holds_a_price_beyond_its_own_high_or_low(tmp_path: Path) -> None:
    path = write(tmp_path, "AUSDT,BUY,2025-10-25 19:15:00,$4,$3,$2,BINANCE")
    candle = next(load_candles(path)[0].read())
    assert [int(candle.high), int(candle.low)] == [4, 2]


@pytest.mark.parametrize(
    "bad",
    [
        "AUSDT,BUY,yesterday,$4,$3,$2,BINANCE",
        "AUSDT,BUY,2025-10-25 19:15:00,N/A,$3,$2,BINANCE",
        "AUSDT,BUY,2025-10-25 19:15:00,$0,$3,$2,BINANCE",
        "AUSDT,BUY,2025-10-25 19:15:00,$nan,$3,$2,BINANCE",
        "AUSDT,BUY,2025-10-25 19:15:00",
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, bad: str) -> None:
    path = write(tmp_path, "AUSDT,BUY,2025-10-25 18:15:00,$4,$4,$4,BINANCE", bad)
    with pytest.raises(ConfigurationError, match=r"outcomes\.csv, line 3"):
        load_candles(path)


def test_a_file_of_anything_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="line 1: the columns datetime, price"):
        load_candles(write(tmp_path, header="pair,high_1h,low_1h,exchange\n"))


def test_the_recorded_outcomes_cover_every_recorded_signal(shared_data: Path) -> None:
    found = load_candles(shared_data / "outcomes" / "outcomes.csv")
    candles = [candle for series in found for candle in series.read()]
    assert len(candles) == 57
    assert sum(series.exchange == "bybit" for series in found) == 9
    for series in found:
        rows = list(series.read())
        assert all(a.opened_at + a.duration <= b.opened_at for a, b in pairwise(rows))
    enso = next(series for series in found if series.symbol == "ENSOUSDT")
    assert enso.first_price == Decimal("1.787")
    only = load_candles(shared_data / "outcomes" / "outcomes.csv", {("bybit", "IDEXUSDT")})
    assert [series.key for series in only] == [("bybit", "IDEXUSDT")]
