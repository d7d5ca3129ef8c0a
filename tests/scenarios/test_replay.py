"""Recorded days through the real engine: what goes in, what comes out, and that it always comes out the same."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app.replay import run_replay
from bot.settings import load_settings
from core.domain.errors import ConfigurationError
from tests.scenarios.recordings import flat, signal_row, write_candles, write_signals

Report = dict[str, Any]


def replay(out: Path, signals: Path, candles: Path, *overrides: str) -> Report:
    settings = load_settings(None, {}, overrides, folder=out.parent)
    run_replay(settings=settings, signals=signals, candles=candles, out=out)
    report: Report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return report


def verdicts(report: Report) -> dict[str, str]:
    return {row["signal_id"]: row["verdict"] for row in report["verdicts"]}


def test_the_recorded_signals_trade_and_each_has_one_verdict(shared_data: Path, tmp_path: Path) -> None:
    signals = shared_data / "signals" / "signals.csv"
    report = replay(tmp_path / "out", signals, shared_data / "outcomes" / "outcomes.csv")
    with signals.open(newline="") as file:
        asked = sorted((row["exchange_id"], row["id"]) for row in csv.DictReader(file))
    assert sorted((str(row["exchange_id"]), row["signal_id"]) for row in report["verdicts"]) == asked
    assert report["totals"]["positions_opened"] == list(verdicts(report).values()).count("executed") > 0
    assert report["totals"]["positions_closed"] > 0
    assert (tmp_path / "out" / "equity.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_replay_gives_the_same_bytes(shared_data: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        signals, candles = shared_data / "signals" / "signals.csv", shared_data / "outcomes" / "outcomes.csv"
        replay(tmp_path / name, signals, candles)
    for name in ("report.json", "messages.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_stop_within_a_candle_fills_at_its_price_and_a_gap_at_the_open(tmp_path: Path) -> None:
    signals = write_signals(tmp_path / "s.csv", [signal_row(1, "AAAUSDT"), signal_row(2, "BBBUSDT")])
    candles = tmp_path / "candles"
    # Both trade at 10:20 at 100; the stop belongs 5 % below. AAA slides through it, BBB opens far beyond it.
    write_candles(candles, "AAAUSDT", [*flat("100", 5), ("100", "100", "90", "92"), *flat("92", 3)])
    write_candles(candles, "BBBUSDT", [*flat("100", 5), ("90", "91", "89", "90"), *flat("90", 3)])
    report = replay(tmp_path / "out", signals, candles)
    slid, gapped = sorted(report["positions"], key=lambda row: row["symbol"])
    assert (slid["exit_reason"], gapped["exit_reason"]) == ("stop_loss", "stop_loss")
    # Small coins slip 0.5 %: entry 100.5, so the stop stands at 95.475 and fills half a percent below.
    assert 94.9 < float(slid["exit_price"]) < 95.1
    assert 89.4 < float(gapped["exit_price"]) < 89.7


def test_a_trailing_stop_follows_the_best_price_and_says_so(tmp_path: Path) -> None:
    signals = write_signals(tmp_path / "s.csv", [signal_row(1, "AAAUSDT"), signal_row(2, "SSSUSDT", "SELL")])
    candles = tmp_path / "candles"
    write_candles(candles, "AAAUSDT", [*flat("100", 5), ("100", "110", "100", "104"), *flat("104", 3)])
    write_candles(candles, "SSSUSDT", [*flat("100", 5), ("100", "100", "90", "96"), *flat("96", 3)])
    report = replay(tmp_path / "out", signals, candles)
    assert [row["exit_reason"] for row in report["positions"]] == ["trailing_stop", "trailing_stop"]
    assert [row["side"] for row in report["positions"]] == ["long", "short"]
    assert all(float(row["pnl_quote"]) > 0 for row in report["positions"])


def test_symbols_without_candles_have_no_price_and_below_score_is_said_first(tmp_path: Path) -> None:
    rows = [signal_row(1, "AAAUSDT"), signal_row(2, "GONEUSDT"), signal_row(3, "LOWUSDT", score_week=10)]
    write_candles(tmp_path / "candles", "AAAUSDT", flat("100", 12))
    report = replay(tmp_path / "out", write_signals(tmp_path / "s.csv", rows), tmp_path / "candles")
    assert verdicts(report) == {"1": "executed", "2": "no_price", "3": "below_score"}


def test_settings_change_the_outcome_by_their_name(tmp_path: Path) -> None:
    rows = [signal_row(n, f"C{n}USDT") for n in range(1, 6)]
    for row in rows:
        write_candles(tmp_path / "candles", str(row["pair_symbol"]), flat("100", 12))
    signals = write_signals(tmp_path / "s.csv", rows)
    usual = replay(tmp_path / "usual", signals, tmp_path / "candles")
    assert list(verdicts(usual).values()) == ["executed"] * 3 + ["unused_buffer"] * 2
    tight = replay(tmp_path / "tight", signals, tmp_path / "candles", "waves.buffer_extra=0")
    assert list(verdicts(tight).values()) == ["executed"] * 3 + ["not_selected"] * 2


def test_a_signal_that_arrives_after_its_wave_was_taken_is_late(tmp_path: Path) -> None:
    late = signal_row(2, "BBBUSDT", created_at="2026-03-02 10:25:00+00:00")
    stale = signal_row(3, "CCCUSDT", created_at="2026-03-02 10:40:00+00:00")
    for symbol in ("AAAUSDT", "BBBUSDT", "CCCUSDT"):
        write_candles(tmp_path / "candles", symbol, flat("100", 12))
    signals = write_signals(tmp_path / "s.csv", [signal_row(1, "AAAUSDT"), late, stale])
    report = replay(tmp_path / "out", signals, tmp_path / "candles")
    assert verdicts(report) == {"1": "executed", "2": "late", "3": "late"}


def test_bad_input_is_named(tmp_path: Path) -> None:
    signals = write_signals(tmp_path / "s.csv", [signal_row(1, "AAAUSDT")])
    with pytest.raises(ConfigurationError, match="no such folder"):
        replay(tmp_path / "out", signals, tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match=r"nothing\.csv"):
        replay(tmp_path / "out", tmp_path / "nothing.csv", tmp_path)


def test_real_candles_are_walked_to_their_end(shared_data: Path, tmp_path: Path) -> None:
    """Real 5-minute candles of two months: every position ends by one of its rules, none is left behind by accident."""
    first = datetime(2025, 12, 1, 2, 0, tzinfo=UTC)
    coins = ("BTCUSDT", "ADAUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT")
    rows = [
        signal_row(100 * day + place, coin, "BUY" if (day + place) % 2 else "SELL", wave_at=first + timedelta(days=day))
        for day in range(6)
        for place, coin in enumerate(coins)
    ]
    report = replay(tmp_path / "out", write_signals(tmp_path / "s.csv", rows), shared_data / "candles")
    assert report["totals"]["positions_closed"] == report["totals"]["positions_opened"] == 18
    assert set(report["totals"]["exit_reasons"]) <= {"stop_loss", "trailing_stop", "aged"}
