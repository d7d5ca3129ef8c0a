"""How a replay is put together and taken apart; what it finds is told by the scenarios."""

import json
import sqlite3
from pathlib import Path

import pytest

from bot.app.replay import run_replay
from bot.app.trade import Trade
from bot.settings import load_settings
from core.domain.events import Resumed
from core.waves.conductor import Conductor
from tests.scenarios.recordings import flat, signal_row, write_candles, write_signals


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def replay(out: Path) -> str:
    signals = write_signals(out.parent / "signals.csv", [signal_row(1, "AAAUSDT")])
    write_candles(out.parent / "candles", "AAAUSDT", flat("100", 12))
    settings = load_settings(None, {}, folder=out.parent)
    return run_replay(settings=settings, signals=signals, candles=out.parent / "candles", out=out)


def ask(out: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(out / "wavehelm.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def messages(out: Path) -> list[str]:
    return [json.loads(line)["text"] for line in (out / "messages.jsonl").read_text(encoding="utf-8").splitlines()]


def test_it_leaves_four_files_a_free_database_and_every_alert_told(out: Path) -> None:
    assert replay(out).startswith("1 signals, 1 verdicts; 1 positions opened")
    assert sorted(path.name for path in out.iterdir()) == ["equity.png", "messages.jsonl", "report.json", "wavehelm.db"]
    assert ask(out, "SELECT key FROM settings WHERE key = 'lease'") == []
    assert ask(out, "SELECT DISTINCT state FROM deliveries") == [("sent",)]
    ((alerts,),) = ask(out, "SELECT count(*) FROM alerts")
    assert len(messages(out)) == alerts
    assert any("AAAUSDT" in text for text in messages(out))


def test_what_happens_last_is_told_too(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = Conductor.sweep

    async def eventful(self: Conductor) -> None:
        await sweep(self)
        async with self._units.writing() as unit:
            for number in range(5):
                await unit.record(Resumed(at=self._clock.now(), scope="all", author=f"person {number}"))

    monkeypatch.setattr(Conductor, "sweep", eventful)
    replay(out)
    assert "person 4" in messages(out)[-1]
    assert ask(out, "SELECT count(*) FROM deliveries WHERE state != 'sent'") == [(0,)]


def test_one_that_fails_leaves_nothing_open(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(_: Trade) -> tuple[str, ...]:
        raise LookupError("half way")

    monkeypatch.setattr(Trade, "recover", failing)
    with pytest.raises(LookupError, match="half way"):
        replay(out)
    assert sorted(path.name for path in out.iterdir()) == ["messages.jsonl", "wavehelm.db"]
    assert ask(out, "SELECT key FROM settings WHERE key = 'lease'") == []
    monkeypatch.undo()
    assert replay(out).startswith("1 signals")
