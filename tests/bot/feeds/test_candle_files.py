"""Reading recorded candles: names, frames, and rows that are none."""

import gzip
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from bot.feeds.candle_files import load_folder, read_candles, recognise
from bot.feeds.candles import load_candles
from core.domain.errors import ConfigurationError
from core.domain.market import Candle

HEADER = "timestamp,open,high,low,close,volume\n"
START = datetime(2025, 10, 25, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def row(minute: float, prices: str = "10,12,9,11", volume: str = "5.5") -> str:
    return f"{int((START + minute * MINUTE).timestamp() * 1000)},{prices},{volume}\n"


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    text = header + "".join(rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def read(path: Path) -> list[Candle]:
    file = recognise(path)
    assert file is not None
    return list(read_candles(file))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("binance_usdm_BTCUSDT_5m.csv", ("binance", "BTCUSDT", 5, False)),
        ("binance_usdm_BTCUSDT_1m_202505.csv.gz", ("binance", "BTCUSDT", 1, False)),
        ("bybit_linear_1000TAGUSDT_1h_2025q2_a.b.csv.gz", ("bybit", "1000TAGUSDT", 60, False)),
        ("binance_usdm_BTCUSDT_15m.csv", ("binance", "BTCUSDT", 15, False)),
        ("binance_usdm_BTCUSDT_1h_mark_202512.csv.gz", ("binance", "BTCUSDT", 60, True)),
        ("binance_usdm_BTCUSDT_funding_202512.csv.gz", None),
        ("kraken_spot_MANAUSDT_5m_gaps.csv.gz", None),
        ("binance_usdm_BTCUSDT_2m.csv", None),
        ("binance_usdm_BTCUSDT_5m.json", None),
        ("README.md", None),
    ],
)
def test_a_name_says_what_is_inside(name: str, found: tuple[str, str, int, bool] | None) -> None:
    file = recognise(Path("somewhere") / name)
    told = file and (file.exchange, file.symbol, file.duration // MINUTE, file.is_mark)
    assert told == found


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_rows_become_candles(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"bybit_linear_SOLUSDT_1m.{ending}", row(0), "\n", row(1, "0.10,0.10,0.10,0.10", ""))
    first, second = read(path)
    assert first == Candle(
        exchange="bybit",
        symbol="SOLUSDT",
        opened_at=START,
        duration=MINUTE,
        open=first.open,
        high=first.high,
        low=first.low,
        close=first.close,
        volume=Decimal("5.5"),
    )
    assert [first.open, first.high, first.low, first.close] == [10, 12, 9, 11]
    assert str(second.open) == "0.10"
    assert second.volume == 0


@pytest.mark.parametrize(
    "bad",
    [
        "not a row\n",
        row(1, "10,12,9"),
        row(1, "10,12,9,x"),
        row(1, "nan,nan,nan,nan"),
        row(1, "10,inf,9,11"),
        row(1, "0,12,0,11"),
        row(1, "-1,12,-2,11"),
        row(1, "10,9,9,9"),
        row(1, "10,12,11,11"),
        row(1, "10,12,9,13"),
        row(1, volume="-3"),
        row(1, volume="nan"),
        "1e3,10,12,9,11,5\n",
        "99999999999999999999,10,12,9,11,5\n",
        "-5,10,12,9,11,5\n",
        row(0),
        row(-1),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, bad: str) -> None:
    path = write(tmp_path / "binance_usdm_SOLUSDT_1m.csv", row(0), bad, row(2))
    with pytest.raises(ConfigurationError, match=r"binance_usdm_SOLUSDT_1m\.csv, line 3"):
        read(path)


def test_a_bad_last_row_is_found_before_anything_is_walked(tmp_path: Path) -> None:
    write(tmp_path / "binance_usdm_SOLUSDT_1m.csv", row(0), "rubbish")
    with pytest.raises(ConfigurationError, match="line 3"):
        load_candles(tmp_path)


def test_wrong_headers_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="line 1: the header"):
        read(write(tmp_path / "binance_usdm_A_1m.csv", header="time,open\n"))
    broken = write(tmp_path / "binance_usdm_A_5m.csv.gz", *(row(n) for n in range(2000)))
    broken.write_bytes(broken.read_bytes()[:-60])
    with pytest.raises(ConfigurationError, match=r"A_5m\.csv\.gz cannot be read"):
        read(broken)
    no_text = tmp_path / "binance_usdm_A_15m.csv"
    no_text.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read(no_text)


def test_the_finest_frame_is_used_and_coarser_ones_fill_its_holes(tmp_path: Path) -> None:
    write(tmp_path / "binance_usdm_SOLUSDT_1m_b.csv", row(7), row(8))
    write(tmp_path / "binance_usdm_SOLUSDT_1m_a.csv", row(5), row(6), row(7))
    write(tmp_path / "binance_usdm_SOLUSDT_5m.csv", row(0, "8,8,8,8"), row(5), row(10))
    write(tmp_path / "binance_usdm_SOLUSDT_1m_mark.csv", row(0), row(20))
    series = load_candles(tmp_path)[0]
    found = [(candle.opened_at - START) // MINUTE for candle in series.read()]
    assert found == [0, 5, 6, 7, 8, 10]
    assert series.first_price == 8
    assert (series.starts_at, series.ends_at) == (START, START + 15 * MINUTE)
    assert list(series.read()) == list(series.read())


def test_mark_prices_are_used_when_there_is_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "binance_usdm_SOLUSDT_1h_mark.csv", row(0))
    assert [series.key for series in load_candles(tmp_path)] == [("binance", "SOLUSDT")]


def test_only_what_is_wanted_is_opened(tmp_path: Path) -> None:
    write(tmp_path / "binance_usdm_SOLUSDT_1h.csv", row(0))
    write(tmp_path / "bybit_linear_SOLUSDT_1h.csv", header="rubbish")
    write(tmp_path / "binance_usdm_EMPTYUSDT_1h.csv")
    wanted = {("binance", "SOLUSDT"), ("binance", "EMPTYUSDT"), ("binance", "ABSENTUSDT")}
    assert [series.key for series in load_candles(tmp_path, wanted)] == [("binance", "SOLUSDT")]
    assert [series.key for series in load_candles(tmp_path / "binance_usdm_SOLUSDT_1h.csv", wanted)] == [
        ("binance", "SOLUSDT")
    ]
    assert load_candles(tmp_path / "bybit_linear_SOLUSDT_1h.csv", wanted) == []


def test_a_path_without_anything_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such folder or file"):
        load_candles(tmp_path / "nowhere")


def test_recorded_candles_are_in_order_and_without_overlap(shared_data: Path) -> None:
    wanted = {("binance", "BTCUSDT"), ("bybit", "SOLUSDT")}
    found = {series.key: series for series in load_folder(shared_data / "candles", wanted)}
    assert set(found) == wanted
    btc = found["binance", "BTCUSDT"]
    assert btc.starts_at == datetime(2025, 3, 6, 11, tzinfo=UTC)
    assert btc.first_price == 91250
    assert btc.ends_at == datetime(2026, 1, 29, 6, 35, tzinfo=UTC)
    candles = list(btc.read())
    assert all(before.opened_at + before.duration <= after.opened_at for before, after in pairwise(candles))
    # 1 h of March, 1 m of May, 5 m of autumn and winter: each where it is the finest there is.
    assert {candle.duration for candle in candles} == {MINUTE, 5 * MINUTE, 60 * MINUTE}
    assert len(candles) == 719 + 43199 + 11123 + 17359
