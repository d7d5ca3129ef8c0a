"""Recordings of our own making, in the layouts of the real ones: signals with known candles around them."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

WAVE_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DELAY = timedelta(minutes=18, seconds=1)
FIELDS = (
    "id",
    "pair_symbol",
    "recommended_action",
    "score_week",
    "score_month",
    "timestamp",
    "created_at",
    "trading_pair_id",
    "exchange_id",
    "score_week_filter",
    "score_month_filter",
    "max_trades_filter",
    "stop_loss_filter",
    "trailing_activation_filter",
    "trailing_distance_filter",
)


def signal_row(number: int, symbol: str, action: str = "BUY", **changes: object) -> dict[str, object]:
    """Return a row of the signals file; a signal of the wave at `WAVE_AT` on Binance unless changed."""
    wave_at = changes.pop("wave_at", WAVE_AT)
    assert isinstance(wave_at, datetime)
    row: dict[str, object] = {
        "id": number,
        "pair_symbol": symbol,
        "recommended_action": action,
        "score_week": 80,
        "score_month": 70,
        "timestamp": wave_at.isoformat(sep=" "),
        "created_at": (wave_at + DELAY).isoformat(sep=" "),
        "trading_pair_id": 1,
        "exchange_id": 1,
        "score_week_filter": 60,
        "score_month_filter": 60,
        "max_trades_filter": 3,
        "stop_loss_filter": 5,
        "trailing_activation_filter": 2,
        "trailing_distance_filter": 0.5,
    }
    return row | changes


def write_signals(path: Path, rows: Iterable[dict[str, object]]) -> Path:
    """Write a signals file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_candles(
    folder: Path, symbol: str, prices: Sequence[tuple[str, str, str, str]], venue: str = "binance_usdm"
) -> None:
    """Write 5-minute candles (open, high, low, close) from `WAVE_AT` on."""
    folder.mkdir(exist_ok=True)
    lines = ["timestamp,open,high,low,close,volume"]
    for place, (opened, high, low, closed) in enumerate(prices):
        at_ms = int((WAVE_AT + place * timedelta(minutes=5)).timestamp()) * 1000
        lines.append(f"{at_ms},{opened},{high},{low},{closed},1000")
    (folder / f"{venue}_{symbol}_5m_made.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def flat(price: str, count: int) -> list[tuple[str, str, str, str]]:
    """Return `count` candles in which nothing happens."""
    return [(price, price, price, price)] * count
