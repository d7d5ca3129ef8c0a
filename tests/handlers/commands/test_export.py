"""What is kept, as a file."""

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.feeds.signal_files import read_signal_file
from core.domain.people import Person
from core.domain.positions import ExitReason, PositionState
from core.domain.replies import File, Reply
from core.domain.signals import Filters, Side, Signal
from core.domain.verdicts import Verdict
from handlers.commands import export
from tests.builders import (
    NOW,
    WAVE_AT,
    make_audit_entry,
    make_position,
    make_signal,
    make_verdict,
    make_wave_signals,
    money,
    price,
    quantity,
)
from tests.fakes.chat import OLE, VIC, FakeChat, text_of


def rows_of(reply: Reply) -> list[dict[str, str]]:
    assert isinstance(reply.file, File)
    assert reply.file.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(reply.file.content.decode("utf-8-sig"), newline="")))


def signal_of(row: dict[str, str]) -> Signal:
    names = ("max_trades", "stop_loss", "trailing_activation", "trailing_distance", "score_week", "score_month")
    return Signal(
        exchange_id=int(row["exchange_id"]),
        id=row["id"],
        symbol=row["symbol"],
        side=Side(row["side"]),
        score_week=Decimal(row["score_week"]),
        score_month=Decimal(row["score_month"]),
        wave_at=datetime.fromisoformat(row["wave_at"]),
        created_at=datetime.fromisoformat(row["created_at"]) if row["created_at"] else None,
        filters=Filters(**{name: row[f"{name}_filter"] or None for name in names}),
    )


def ended(symbol: str, pnl: str, ago: timedelta) -> dict[str, object]:
    return {
        "symbol": symbol,
        "state": PositionState.CLOSED,
        "exit_price": price(100 + Decimal(pnl)),
        "exit_quantity": quantity(1),
        "exit_reason": ExitReason.STOP_LOSS,
        "pnl_quote": money(pnl),
        "opened_at": NOW - ago - timedelta(hours=1),
        "closed_at": NOW - ago,
    }


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    signals = [
        make_signal(1, wave_at=WAVE_AT - timedelta(days=8)),
        make_signal(2, symbol="ETHUSDT", wave_at=WAVE_AT - timedelta(days=2)),
        make_signal(3, symbol="ADAUSDT", exchange_id=2, filters=Filters(stop_loss="-0.50", max_trades="=1+1")),
    ]
    positions = [
        make_position(**ended("ETHUSDT", "-1.5", timedelta(days=9))),  # type: ignore[arg-type]  # fields by name
        make_position(**ended("SOLUSDT", "-2", timedelta(days=3))),  # type: ignore[arg-type]
        make_position(**ended("ADAUSDT", "4", timedelta(hours=2))),  # type: ignore[arg-type]
        make_position("XRPUSDT", created_at=NOW - timedelta(days=30)),
    ]
    await chat.keep(signals=signals, positions=positions)
    await chat.judge(make_verdict(signals[1], Verdict.STALE))
    return chat


async def test_the_recorded_signals_come_back_as_they_were(shared_data: Path) -> None:
    chat = FakeChat()
    batches = read_signal_file(shared_data / "signals" / "signals.csv", frozenset({1, 2}))
    signals = [signal for _, batch in batches for signal in batch.signals]
    await chat.keep(signals=signals)
    rows = rows_of(await chat.say("/export signals 2025-10-25..2025-10-27", by=VIC))
    assert len(rows) == 57
    assert {signal_of(row) for row in rows} == set(signals)
    assert [row["wave_at"] for row in rows] == sorted(row["wave_at"] for row in rows)


async def test_signals_have_their_exchange_and_what_became_of_them(chat: FakeChat) -> None:
    reply = await chat.say("/export signals", by=VIC)
    assert (reply.title, reply.banner) == ("2 signals, last 7d", "PAPER")
    assert reply.file is not None
    assert (reply.file.name, reply.file.media_type) == (
        "wavehelm-signals-20261113T1020-20261120T1020.csv",
        "text/csv",
    )
    told, waiting = rows_of(reply)
    assert (told["symbol"], told["exchange"], told["verdict"]) == ("ETHUSDT", "binance", "stale")
    assert (waiting["symbol"], waiting["exchange"], waiting["verdict"]) == ("ADAUSDT", "bybit", "")
    assert (waiting["stop_loss_filter"], waiting["max_trades_filter"]) == ("-0.50", "'=1+1")


async def test_outcomes_have_their_results_oldest_first(chat: FakeChat) -> None:
    first, second = rows_of(await chat.say("/export outcomes", by=VIC))
    assert (first["symbol"], second["symbol"]) == ("SOLUSDT", "ADAUSDT")
    assert (first["pnl_quote"], first["return_ratio"], first["exit_reason"]) == ("-2", "-0.02", "stop_loss")
    assert (first["held_s"], first["closed_at"]) == ("3600", "2026-11-17T10:20:00Z")
    assert len(rows_of(await chat.say("/export outcomes 30d"))) == 3


async def test_positions_are_those_that_ended_and_those_that_are_open(chat: FakeChat) -> None:
    rows = rows_of(await chat.say("/export positions", by=VIC))
    assert [(row["symbol"], row["state"]) for row in rows] == [
        ("SOLUSDT", "closed"),
        ("ADAUSDT", "closed"),
        ("XRPUSDT", "open"),
    ]
    assert (rows[-1]["stop_price_quote"], rows[-1]["is_trailing"], rows[-1]["closed_at"]) == ("96.00", "false", "")
    (row,) = rows_of(await chat.say("/export positions 2026-11-12..2026-11-15"))
    assert row["symbol"] == "XRPUSDT"


async def test_the_audit_is_for_admins_and_safe_to_open(chat: FakeChat) -> None:
    eve = Person(platform="telegram", id="666", name="=HYPERLINK(0)")
    async with chat.units.writing() as unit:
        await unit.audit.add(make_audit_entry('=cmd|"/C calc"!A0,;\n@x', person=eve, at=NOW - timedelta(days=1)))
        await unit.audit.add(make_audit_entry("/pause", before="-5", after="\u202e+1", at=NOW - timedelta(hours=1)))
    reply = await chat.say("/export audit")
    assert reply.banner is None
    hostile, other = rows_of(reply)
    assert (hostile["words"], hostile["person_name"]) == ("'=cmd|\"/C calc\"!A0,;\n'@x", "'=HYPERLINK(0)")
    assert (other["before"], other["after"], other["person_id"]) == ("-5", "\u202e'+1", "1001")


@pytest.mark.parametrize("words", ["/export audit", "/export 24h audit", "/export AUDIT 24h"])
async def test_the_audit_is_for_nobody_else(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words, by=OLE)
    assert text_of(reply).strip() == "/export needs the role admin for that; you are operator."
    assert reply.file is None
    (row,) = await chat.audit()
    assert row.outcome == "refused"


async def test_a_missing_kind_is_asked_for_with_the_period_kept(chat: FakeChat) -> None:
    picker = (await chat.say("/export 24h", by=VIC)).picker
    assert picker is not None
    assert [option.command for option in picker.options] == [
        "/export signals 24h",
        "/export positions 24h",
        "/export outcomes 24h",
    ]
    picker = (await chat.say("/export")).picker
    assert picker is not None
    assert picker.options[-1].command == "/export audit 7d"


async def test_nothing_to_export_is_said(chat: FakeChat) -> None:
    reply = await chat.say("/export outcomes 1h")
    assert (reply.file, reply.lines) == (None, ("There is no closed position: last 1h.",))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("signal", "did you mean signals?"),
        ("trades", "one of signals, positions, outcomes, audit"),
        ("signals outcomes", "neither a period nor a thing to export"),
        ("signals 7days", "write 24h, 7d"),
        ("signals 7d 24h", "neither a period"),
        ("signals 2020-01-01..2026-01-01", "366 days at most"),
        ("signals 0001-01-01..9999-12-30", "366 days at most"),
        ("signals " + "1d" * 20, "no period"),
    ],
)
async def test_what_is_not_understood_is_explained(chat: FakeChat, words: str, why: str) -> None:
    text = text_of(await chat.say(f"/export {words}"))
    assert why in text
    assert "Usage: /export <signals|positions|outcomes|audit> [period]" in text


@pytest.mark.parametrize("word", ["0001-01-01", "9999-12-30"])
async def test_the_ends_of_time_are_empty(chat: FakeChat, word: str) -> None:
    assert "There is no signal" in text_of(await chat.say(f"/export signals {word}"))


@pytest.mark.parametrize(("limit", "size"), [("MOST_ROWS", 3), ("MOST_BYTES", 300)])
async def test_what_does_not_fit_is_cut_at_the_old_end_and_said(
    monkeypatch: pytest.MonkeyPatch, limit: str, size: int
) -> None:
    chat = FakeChat()
    await chat.keep(signals=[make_signal(n, wave_at=WAVE_AT - timedelta(hours=n)) for n in range(5)])
    monkeypatch.setattr(export, limit, size)
    reply = await chat.say("/export signals")
    assert [row["id"] for row in rows_of(reply)] == ["2", "1", "0"]
    assert "these are the newest" in text_of(reply)
    assert reply.title == "3 signals, last 7d"


async def test_fifty_thousand_rows_fit() -> None:
    chat = FakeChat()
    await chat.keep(signals=make_wave_signals(export.MOST_ROWS + 1))
    reply = await chat.say("/export signals")
    assert reply.title == "50,000 signals, last 7d"
    assert reply.file is not None
    assert len(reply.file.content) < export.MOST_BYTES
    assert len(reply.lines) == 1
