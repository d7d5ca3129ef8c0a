"""What the simulated signal server tells: made-up waves that look like the recorded ones, and the recorded ones."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.signal_faults import Row
from bot.demo.signal_script import ScriptedRows, SignalGenerator, play, read_script
from core.domain.errors import ConfigurationError
from core.waves.calendar import GRID
from tests.fakes.clock import START_AT, FakeClock

WAVES = st.integers(0, 100_000).map(lambda number: datetime(2025, 1, 1, tzinfo=UTC) + number * GRID)


@given(st.integers(), WAVES)
def test_the_same_seed_and_time_give_the_same_wave(seed: int, wave_at: datetime) -> None:
    assert SignalGenerator(seed=seed).wave(wave_at) == SignalGenerator(seed=seed).wave(wave_at)
    assert timedelta(minutes=18) < SignalGenerator(seed=seed).created_at(wave_at) - wave_at < timedelta(minutes=20)


@given(WAVES)
def test_a_wave_is_plausible(wave_at: datetime) -> None:
    generator = SignalGenerator(seed=7, symbols=("BTCUSDT", "ETHUSDT", "SOLUSDT"))
    rows = generator.wave(wave_at)
    assert len(rows) <= 6
    assert len({(row["exchange_id"], row["pair_symbol"]) for row in rows}) == len(rows)
    for row in rows:
        assert datetime.fromisoformat(row["timestamp"]) == wave_at
        assert datetime.fromisoformat(row["created_at"]) == generator.created_at(wave_at)
        assert row["exchange_id"] in {1, 2}
        assert 0 <= row["score_week"] <= 100
        assert 0 <= row["score_month"] <= 100
        assert 1 <= row["max_trades_filter"] <= 100


def test_a_day_has_quiet_slots_ties_and_now_and_then_new_filters() -> None:
    generator = SignalGenerator(seed=1)
    waves = [generator.wave(START_AT + number * GRID) for number in range(96)]
    rows = [row for wave in waves for row in wave]
    assert len({row["id"] for row in rows}) == len(rows)
    assert any(not wave for wave in waves)
    assert max(len(wave) for wave in waves) <= 12
    assert any(len({(r["score_week"], r["score_month"]) for r in wave}) < len(wave) for wave in waves)
    filters = [row["max_trades_filter"] for row in rows if row["exchange_id"] == 1]
    changes = sum(before != after for before, after in pairwise(filters))
    assert 1 <= changes <= 12


def test_a_generator_needs_something_to_talk_about() -> None:
    with pytest.raises(ValueError, match="symbol"):
        SignalGenerator(symbols=())


async def test_waves_are_published_when_they_are_written() -> None:
    clock = FakeClock()
    published: list[tuple[datetime, Sequence[Row]]] = []

    async def publish(rows: Sequence[Row]) -> None:
        published.append((clock.now(), rows))

    script = list(islice(SignalGenerator(seed=3).waves(clock.now()), 4))
    assert all(at > START_AT for at, _ in script)
    player = asyncio.create_task(play(script, publish, clock))
    await clock.advance(timedelta(hours=6))
    await player
    assert published == script


def test_the_recorded_file(shared_data: Path) -> None:
    script: list[ScriptedRows] = read_script(shared_data / "signals" / "signals.csv")
    rows = [row for _, rows in script for row in rows]
    assert len(rows) == 57
    assert rows[0]["score_week"] == 77.8
    assert rows[0]["timestamp"] == "2025-10-25T19:15:00+00:00"
    assert [at for at, _ in script] == sorted({at for at, _ in script})


def test_what_is_no_recorded_file(tmp_path: Path) -> None:
    file = tmp_path / "signals.csv"
    with pytest.raises(ConfigurationError, match="signals file"):
        read_script(file)
    file.write_text("id,pair_symbol\n1,BTCUSDT\n")
    with pytest.raises(ConfigurationError, match="signals file"):
        read_script(file)
