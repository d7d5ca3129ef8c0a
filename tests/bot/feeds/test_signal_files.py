"""Recorded signals from a file, and their replay."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.feeds.signal_files import ReplaySignals, read_signal_file
from core.domain.errors import ConfigurationError
from core.domain.signals import SignalBatch
from core.ports.edges import SignalSource
from tests.fakes.clock import FakeClock
from tests.fakes.feed import Consumer

IDS = frozenset({1, 2})
HEADER = "id,pair_symbol,recommended_action,score_week,score_month,timestamp,created_at,exchange_id,max_trades_filter"
FIRST = "7,BTCUSDT,BUY,80.00,70.60,2025-10-26 08:00:00+00,2025-10-26 08:18:02+00,1,3"
SECOND = "8,ETHUSDT,SELL,80.00,70.60,2025-10-26 08:15:00+00,2025-10-26 08:33:02+00,2,"


def written(path: Path, *lines: str, end: str = "\n") -> Path:
    file = path / "signals.csv"
    file.write_bytes(end.join(lines).encode())
    return file


def test_the_recorded_signals(shared_data: Path) -> None:
    batches = read_signal_file(shared_data / "signals" / "signals.csv", IDS)
    signals = [signal for _, batch in batches for signal in batch.signals]
    assert len(signals) == 57
    assert not any(batch.invalid for _, batch in batches)
    assert all(signal.created_at == at for at, batch in batches for signal in batch.signals)
    assert [at for at, _ in batches] == sorted({at for at, _ in batches})
    assert all(timedelta(minutes=18) < at - batch.signals[0].wave_at < timedelta(minutes=20) for at, batch in batches)
    assert {(s.exchange_id, s.filters.max_trades, s.filters.stop_loss) for s in signals} == {
        (1, "3", "5"),
        (2, "2", "6"),
    }


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_forms_of_the_file(tmp_path: Path, end: str, mark: str) -> None:
    quoted = ",".join(f'"{cell}"' for cell in FIRST.split(","))
    (first_at, first), (_, second) = read_signal_file(written(tmp_path, mark + HEADER, SECOND, quoted, end=end), IDS)
    assert first.signals[0].id == "7"
    assert first.signals[0].created_at == first_at
    assert second.signals[0].filters.max_trades is None


def test_a_bad_row_costs_itself(tmp_path: Path) -> None:
    bad = FIRST.replace("BUY", "HOLD").replace("7,", "9,", 1)
    ((_, batch),) = read_signal_file(written(tmp_path, HEADER, FIRST, bad, "short,row"), IDS)
    assert [signal.id for signal in batch.signals] == ["7"]
    assert [invalid.id for invalid in batch.invalid] == ["9", "short"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "column id"), ((HEADER.replace("created_at", "made_at"), FIRST), "created_at"), ((HEADER,), "no signal"),
    ],
)  # fmt: skip
def test_what_is_no_signals_file(tmp_path: Path, lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        read_signal_file(written(tmp_path, *lines), IDS)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_signal_file(tmp_path / "none.csv", IDS)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_signal_file(tmp_path / "binary.csv", IDS)


async def test_a_replay_brings_each_batch_at_its_time(tmp_path: Path) -> None:
    batches = read_signal_file(written(tmp_path, HEADER, FIRST, SECOND), IDS)
    clock = FakeClock(batches[0][0] - timedelta(minutes=1))
    source: SignalSource = ReplaySignals(batches, clock)
    await source.request()
    async with Consumer(source.batches()) as consumer:
        await clock.advance(timedelta(seconds=59))
        assert consumer.batches == []
        await clock.advance(timedelta(seconds=1))
        assert [signal.id for signal in consumer.signals] == ["7"]
        await clock.advance(timedelta(minutes=15))
        assert [signal.id for signal in consumer.signals] == ["7", "8"]
        assert consumer.task.done()
    assert SignalBatch() not in consumer.batches
