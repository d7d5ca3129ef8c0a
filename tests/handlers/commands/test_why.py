"""Why it did or did not trade."""

from datetime import timedelta

import pytest

from core.domain.signals import Side
from core.domain.verdicts import Verdict
from tests.builders import NOW, WAVE_AT, make_signal, make_verdict, make_wave_signals
from tests.fakes.chat import FakeChat, commands_of, text_of

PAUSED = {"scope": "all", "author": "telegram:1 (Ann)", "reason": "news", "since": "2026-11-20T10:02:00+00:00"}


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    signals = [
        make_signal(41),
        make_signal(41, exchange_id=2, symbol="ETHUSDT", side=Side.SELL),
        make_signal(40, wave_at=WAVE_AT - timedelta(minutes=15)),
        make_signal(42, symbol="ADAUSDT"),
    ]
    await chat.keep(signals=signals)
    await chat.judge(
        make_verdict(signals[0], Verdict.PAUSED, facts=PAUSED),
        make_verdict(signals[1], facts={"position_id": "7", "price": "2000", "quantity": "0.05"}),
        make_verdict(signals[2], Verdict.BELOW_SCORE),
    )
    async with chat.units.writing() as unit:
        await unit.waves.claim(WAVE_AT, NOW)
    return chat


async def test_a_symbol_is_told_newest_first(chat: FakeChat) -> None:
    reply = await chat.say("/why sol")
    assert reply.lines == (
        "SOLUSDT BUY (wave 10:00, Binance) was not traded: entries were paused by Ann since 10:02 (news).",
        "SOLUSDT BUY (wave 09:45, Binance) was not traded: its score is below the filter.",
    )
    assert reply.banner == "PAPER"


async def test_a_signal_without_a_verdict_says_that(chat: FakeChat) -> None:
    assert "ADAUSDT BUY (wave 10:00, Binance) has no verdict yet" in text_of(await chat.say("/why ADA"))


@pytest.mark.parametrize("words", ["/why 41", "/why #41"])
async def test_a_signal_id_is_looked_up_on_every_exchange(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words)
    assert reply.lines == (
        "SOLUSDT BUY (wave 10:00, Binance) was not traded: entries were paused by Ann since 10:02 (news).",
        "ETHUSDT SELL (wave 10:00, Bybit) was sold short: 0.05 at 2000.00 (position #7).",
    )
    assert commands_of(reply) == ["/position 7"]


@pytest.mark.parametrize(
    "words", ["/why last", "/why wave last", "/why 10:00", "/why 2026-11-20T10:00", "/why wave 10:00"]
)
async def test_a_wave_is_told_with_what_traded_first(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words)
    assert reply.lines[0] == "Wave 10:00, being executed: 3 signals; 1 executed, 1 paused."
    assert reply.lines[1].startswith("ETHUSDT SELL")
    assert reply.lines[2].startswith("SOLUSDT BUY")


async def test_a_symbol_without_any_signal_is_told_with_the_last_wave(chat: FakeChat) -> None:
    text = text_of(await chat.say("/why XQZW"))
    assert "No signal of XQZWUSDT has been received." in text
    assert "The last wave was 10:00 with 3 signals." in text


async def test_a_misspelt_symbol_gets_the_nearest(chat: FakeChat) -> None:
    assert "Did you mean SOLUSDT?" in text_of(await chat.say("/why slo"))


async def test_a_wave_that_never_was(chat: FakeChat) -> None:
    assert "Nothing is known of wave 08:00." in text_of(await chat.say("/why 08:00"))


async def test_an_unreadable_signal_is_told_by_its_symbol(chat: FakeChat) -> None:
    await chat.judge(make_verdict(make_signal("x", symbol="BADUSDT"), Verdict.INVALID, facts={"problem": "no score"}))
    assert "BADUSDT (wave 10:00, Binance) was not traded: it could not be read (no score)." in text_of(
        await chat.say("/why bad")
    )


async def test_a_large_wave_is_cut() -> None:
    chat = FakeChat()
    signals = make_wave_signals(30)
    await chat.keep(signals=signals)
    await chat.judge(*(make_verdict(signal, Verdict.NOT_SELECTED) for signal in signals))
    async with chat.units.writing() as unit:
        await unit.waves.claim(WAVE_AT, NOW)
    reply = await chat.say("/why last")
    assert len(reply.lines) == 14
    assert reply.lines[-1] == "And 18 more: /wave 2026-11-20T10:00"


async def test_an_early_question_is_answered() -> None:
    assert "No wave has been seen yet." in text_of(await FakeChat().say("/why last"))
    assert "No wave has been seen yet." in text_of(await FakeChat().say("/why SOL"))


@pytest.mark.parametrize("words", ["/why no trade on SOL", "/why ?!"])
async def test_what_cannot_be_meant_is_refused(chat: FakeChat, words: str) -> None:
    assert "Usage: /why [SYMBOL|signal id|wave]" in text_of(await chat.say(words))


async def test_without_a_name_the_last_wave_and_the_newest_symbols_are_offered(chat: FakeChat) -> None:
    reply = await chat.say("/why")
    offered = commands_of(reply)
    assert offered[0] == "/why last"
    assert sorted(offered[1:]) == ["/why ADAUSDT", "/why ETHUSDT", "/why SOLUSDT"]


async def test_without_any_signal_there_is_nothing_to_offer() -> None:
    assert "No signal has been received yet." in text_of(await FakeChat().say("/why"))
