"""Recorded signals from a CSV file, for a replay. The rows are read by the same rules as those of the live feed."""

import csv
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from bot.feeds.signal_messages import FrameDecoder, FrameKind
from bot.feeds.signal_times import read_time
from core.domain.errors import ConfigurationError
from core.domain.signals import SignalBatch
from core.ports.edges import Clock

TimedBatch = tuple[datetime, SignalBatch]
"""When a batch arrives, and the batch."""

_NEEDED = (
    "id",
    "pair_symbol",
    "recommended_action",
    "score_week",
    "score_month",
    "timestamp",
    "created_at",
    "exchange_id",
)


def read_signal_file(path: Path, exchange_ids: frozenset[int]) -> list[TimedBatch]:
    """Return the signals of a file in the layout of the server's export, grouped by `created_at`, oldest first.

    A row without a readable `created_at` arrives with the row before it; what cannot be read otherwise is an
    `InvalidSignal` of its batch.

    Raises:
        ConfigurationError: the file cannot be read, lacks a column or holds no row.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise ConfigurationError(f"{path} is no signals file: column {', '.join(missing)} is missing")
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"the signals file {path} cannot be read: {error}") from error
    by_time = _by_time(rows)
    if not by_time:
        raise ConfigurationError(f"{path} holds no signal with a time in created_at")
    decoder = FrameDecoder(exchange_ids)
    return [(at, _batch(by_time[at], decoder)) for at in sorted(by_time)]


def _by_time(rows: Sequence[dict[str, str]]) -> dict[datetime, list[dict[str, str]]]:
    by_time: dict[datetime, list[dict[str, str]]] = {}
    last_at: datetime | None = None
    for row in rows:
        last_at = read_time(row.get("created_at")) or last_at
        if last_at is not None:
            # Cells beyond the header come under the name None; they are unknown fields and dropped.
            by_time.setdefault(last_at, []).append({name: cell for name, cell in row.items() if name})
    return by_time


def _batch(rows: Sequence[dict[str, str]], decoder: FrameDecoder) -> SignalBatch:
    return decoder.decode(msgspec.json.encode({"type": FrameKind.SIGNALS, "data": rows})).batch


class ReplaySignals:
    """Implements SignalSource over recorded batches; ends after the last one."""

    def __init__(self, batches: Sequence[TimedBatch], clock: Clock) -> None:
        self._batches = tuple(batches)
        self._clock = clock

    async def batches(self) -> AsyncGenerator[SignalBatch, None]:
        """Yield each batch when its time has come on the clock."""
        for at, batch in self._batches:
            await self._clock.sleep_until(at)
            yield batch

    async def request(self) -> None:
        """Do nothing: what is recorded comes when it came."""
