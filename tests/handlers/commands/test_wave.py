"""One wave in full."""

import pytest

from core.domain.signals import Side
from core.domain.verdicts import Verdict
from core.domain.waves import WaveState
from tests.builders import NOW, WAVE_AT, make_signal, make_verdict, make_wave_result, make_wave_signals
from tests.fakes.chat import FakeChat, commands_of, text_of


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    signals = [
        make_signal(1, score_week=80),
        make_signal(2, symbol="ETHUSDT", side=Side.SELL),
        make_signal(3, symbol="ADAUSDT", exchange_id=2),
    ]
    await chat.keep(signals=signals)
    await chat.judge(make_verdict(signals[0]), make_verdict(signals[1], Verdict.BELOW_SCORE))
    async with chat.units.writing() as unit:
        await unit.waves.claim(WAVE_AT, NOW)
        await unit.waves.add_result(make_wave_result(received=2, selected=1, valid=1, topped_up=1, executed=1))
    return chat


@pytest.mark.parametrize(
    "words", ["/wave", "/wave last", "/wave 10:00", "/wave 2026-11-20T10:00", "/wave 2026-11-20 10:00"]
)
async def test_the_funnel_the_counts_and_the_signals(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words)
    assert reply.title == "Wave 10:00, being executed"
    assert reply.lines == (
        "Binance: 2 received → 1 selected → 1 valid (1 topped up) → 1/3 opened; params: the wave; 4.2 s.",
        "Binance: 1 executed, 1 below score.",
        "Bybit: 1 received; no verdict yet.",
    )
    assert reply.table is not None
    assert reply.table.rows == (
        ("Bi", "SOL", "B", "140.0", "executed"),
        ("Bi", "ETH", "S", "130.0", "below score"),
        ("By", "ADA", "B", "130.0", "none yet"),
    )
    assert commands_of(reply)[0] == "/why 2026-11-20T10:00"


async def test_whose_word_kept_something_out_is_said(chat: FakeChat) -> None:
    await chat.judge(
        make_verdict(
            make_signal(3, symbol="ADAUSDT", exchange_id=2),
            Verdict.STOP_LISTED,
            facts={"author": "telegram:1 (Ann)", "until": "2026-11-20T12:00:00+00:00", "reason": "delisting"},
        )
    )
    reply = await chat.say("/wave")
    assert reply.lines[-1] == "On the stop list by Ann until 12:00 (delisting): ADA."


async def test_an_unseen_wave_names_the_last_one(chat: FakeChat) -> None:
    text = text_of(await chat.say("/wave 09:45"))
    assert "Wave 09:45 was never seen." in text
    assert "The last wave was 10:00 with 3 signals." in text


async def test_wrong_times_are_refused(chat: FakeChat) -> None:
    assert "waves are at :00, :15, :30 and :45" in text_of(await chat.say("/wave 10:07"))
    assert "write last, 10:15" in text_of(await chat.say("/wave tomorrow"))


async def test_no_wave_at_all_is_said() -> None:
    assert "No wave has been seen yet." in text_of(await FakeChat().say("/wave"))


async def test_a_large_wave_is_cut() -> None:
    chat = FakeChat()
    await chat.keep(signals=make_wave_signals(54))
    async with chat.units.writing() as unit:
        await unit.waves.collect(WAVE_AT)
        await unit.waves.end(WAVE_AT, WaveState.SKIPPED, NOW)
    reply = await chat.say("/wave")
    assert reply.table is not None
    assert len(reply.table.rows) == 30
    assert reply.footer == "and 24 more"
    rows = [tuple(column.title for column in reply.table.columns), *reply.table.rows]
    widths = [max(len(row[index]) for row in rows) for index in range(5)]
    assert sum(widths) + 4 <= 34
