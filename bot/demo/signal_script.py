"""What the simulated signal server tells, and when: made-up waves or a recorded file. It knows no connection."""

import csv
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from bot.demo.signal_faults import Row
from core.domain.errors import ConfigurationError
from core.ports.edges import Clock
from core.waves.calendar import GRID, floor_to_grid

ScriptedRows = tuple[datetime, Sequence[Row]]
"""When a batch of signals is published, and the batch."""

DEMO_SYMBOLS = (
    "BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT", "ADAUSDT", "BNBUSDT", "SUIUSDT", "JUPUSDT", "ATOMUSDT",
    "API3USDT", "APEUSDT", "DASHUSDT", "ZENUSDT", "STORJUSDT", "DEEPUSDT", "MTLUSDT", "AIXBTUSDT", "VVVUSDT",
    "1000BONKUSDT", "1000TURBOUSDT", "10000ELONUSDT", "GIGAUSDT", "RAYDIUMUSDT", "XNOUSDT", "PYRUSDT",
)  # fmt: skip
"""Names as in the recorded waves; some carry a multiplier."""

_SCORES = (
    (77.8, 65.6), (80.0, 80.0), (85.7, 71.4), (72.6, 64.8), (80.0, 70.6), (92.9, 69.7), (100.0, 79.3),
    (88.9, 66.7), (75.0, 78.6), (82.6, 100.0), (90.9, 73.7), (61.1, 60.7),
)  # fmt: skip
"""Pairs of the recorded waves, so that ties are as common as they are; the last is below the usual filters."""

_LARGEST_WAVE = 12


class SignalGenerator:
    """Plausible waves; the same seed and wave time always give the same signals.

    Args:
        smallest_wave: 0 leaves some quarter hours empty, as they are in life.
        filters_hold: Waves for which the filters stay as they are.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        exchange_ids: Sequence[int] = (1, 2),
        symbols: Sequence[str] = DEMO_SYMBOLS,
        smallest_wave: int = 0,
        filters_hold: int = 8,
    ) -> None:
        if not exchange_ids or not symbols:
            raise ValueError("a generator of signals needs an exchange and a symbol at least")
        self._seed = seed
        self._exchange_ids = tuple(exchange_ids)
        self._symbols = tuple(symbols)
        self._smallest_wave = smallest_wave
        self._filters_hold = filters_hold

    def created_at(self, wave_at: datetime) -> datetime:
        """Return when the scorer writes the wave: 18 to 19 minutes after the open of its candle."""
        random = self._random("created", wave_at)
        minutes = random.choice((18, 19))
        return wave_at + timedelta(minutes=minutes, microseconds=random.randrange(1_400_000, 2_350_000))

    def wave(self, wave_at: datetime) -> list[Row]:
        """Return the signals of a wave as the server writes them."""
        random = self._random("wave", wave_at)
        slot = int(wave_at.timestamp()) // int(GRID.total_seconds())
        pairs = [(exchange_id, symbol) for exchange_id in self._exchange_ids for symbol in self._symbols]
        chosen = random.sample(pairs, min(len(pairs), random.randint(self._smallest_wave, _LARGEST_WAVE)))
        created_at = self.created_at(wave_at).isoformat()
        rows: list[Row] = []
        for number, (exchange_id, symbol) in enumerate(chosen):
            score_week, score_month = random.choice(_SCORES)
            rows.append(
                {
                    "id": slot * 100 + number,
                    "pair_symbol": symbol,
                    "recommended_action": random.choice(("BUY", "SELL")),
                    "score_week": score_week,
                    "score_month": score_month,
                    "timestamp": wave_at.isoformat(),
                    "created_at": created_at,
                    "trading_pair_id": exchange_id * 10_000 + self._symbols.index(symbol),
                    "exchange_id": exchange_id,
                    **self._filters(exchange_id, slot // self._filters_hold),
                }
            )
        return rows

    def waves(self, after: datetime) -> Iterator[ScriptedRows]:
        """Return, without end, the waves that are written after `after`; empty ones left out."""
        wave_at = floor_to_grid(after) - 2 * GRID
        while True:
            rows = self.wave(wave_at)
            if rows and self.created_at(wave_at) > after:
                yield self.created_at(wave_at), rows
            wave_at += GRID

    def _filters(self, exchange_id: int, period: int) -> dict[str, Any]:
        random = Random(f"{self._seed} filters {exchange_id} {period}")
        return {
            "score_week_filter": float(random.choice((62, 66, 71, 72))),
            "score_month_filter": float(random.choice((58, 60, 61, 64))),
            "max_trades_filter": random.choice((2, 3, 4, 5)),
            "stop_loss_filter": random.choice((4.0, 5.0, 6.0)),
            "trailing_activation_filter": random.choice((1.5, 2.0, 2.5)),
            "trailing_distance_filter": random.choice((0.4, 0.5, 0.6)),
        }

    def _random(self, purpose: str, wave_at: datetime) -> Random:
        return Random(f"{self._seed} {purpose} {wave_at.isoformat()}")


def read_script(path: Path) -> list[ScriptedRows]:
    """Return the rows of a recorded signals file by the time they were written, as the server sends them.

    Raises:
        ConfigurationError: the file cannot be read or is no signals file.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [_wire_row(row) for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise ConfigurationError(f"{path} is no readable signals file: {error}") from error
    rows.sort(key=lambda row: row[0])
    return [(at, [row for _, row in group]) for at, group in groupby(rows, key=lambda row: row[0])]


async def play(
    script: Iterable[ScriptedRows], publish: Callable[[Sequence[Row]], Awaitable[None]], clock: Clock
) -> None:
    """Publish each batch of `script` at its time; those of the past at once. Returns at the end."""
    for at, rows in script:
        await clock.sleep_until(at)
        await publish(rows)


def _wire_row(row: dict[str, str]) -> tuple[datetime, Row]:
    created_at = datetime.fromisoformat(row["created_at"])
    wire: dict[str, Any] = {
        "id": int(row["id"]),
        "pair_symbol": row["pair_symbol"],
        "recommended_action": row["recommended_action"],
        "score_week": float(row["score_week"]),
        "score_month": float(row["score_month"]),
        "timestamp": datetime.fromisoformat(row["timestamp"]).isoformat(),
        "created_at": created_at.isoformat(),
        "trading_pair_id": int(row["trading_pair_id"]),
        "exchange_id": int(row["exchange_id"]),
        "max_trades_filter": int(row["max_trades_filter"]),
    }
    for name in ("score_week", "score_month", "stop_loss", "trailing_activation", "trailing_distance"):
        wire[f"{name}_filter"] = float(row[f"{name}_filter"])
    return created_at, wire
