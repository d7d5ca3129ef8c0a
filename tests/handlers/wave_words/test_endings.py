"""What people are told who speak to a wave too late, or too early."""

from datetime import timedelta

import pytest

from core.domain.replies import Reply
from core.domain.signals import Side
from core.domain.verdicts import Verdict
from core.domain.waves import WaveState
from handlers.wave_words.endings import ending_reply
from tests.builders import NOW, WAVE_AT, make_signal, make_verdict, make_wave_result
from tests.fakes.chat import FakeChat, commands_of

SIGNALS = [
    make_signal(1),
    make_signal(2, symbol="ETHUSDT", side=Side.SELL),
    make_signal(1, symbol="SOLUSDT", exchange_id=2),
]


@pytest.fixture
async def chat() -> FakeChat:
    """A wave that was traded on both exchanges."""
    chat = FakeChat()
    await chat.keep(signals=SIGNALS)
    async with chat.units.writing() as unit:
        await unit.waves.claim(WAVE_AT, NOW)
    return chat


async def judge(chat: FakeChat) -> None:
    at = NOW + timedelta(seconds=90)
    await chat.judge(
        make_verdict(SIGNALS[0], decided_at=at, facts={"quantity": "0.7", "price": "143.2", "position_id": 7}),
        make_verdict(SIGNALS[1], Verdict.LOW_VOLUME, decided_at=NOW),
        make_verdict(SIGNALS[2], Verdict.VETOED, facts={"author": "telegram:2 (Ole)", "via": "wave"}),
    )


async def end(chat: FakeChat, state: WaveState = WaveState.FINISHED) -> None:
    async with chat.units.writing() as unit:
        await unit.waves.end(WAVE_AT, state, NOW)


async def told(chat: FakeChat, exchange: str | None = None, word: str | None = None) -> Reply:
    return await ending_reply(chat.services, WAVE_AT, exchange, word)


async def test_the_symbol_that_is_meant_is_told_with_its_time(chat: FakeChat) -> None:
    await judge(chat)
    await end(chat)
    reply = await told(chat, "binance", "SOLUSDT")
    assert (reply.title, reply.banner) == ("Wave 10:00 on Binance is over", "PAPER")
    assert reply.lines == ("At 10:21 SOL was bought: 0.7 at 143.20 (position #7).",)
    assert commands_of(reply) == ["/wave 2026-11-20T10:00", "/why 2026-11-20T10:00", "/position 7"]


async def test_without_an_exchange_each_has_its_sentence(chat: FakeChat) -> None:
    await judge(chat)
    await end(chat)
    reply = await told(chat, None, "sol")
    assert reply.title == "Wave 10:00 is over"
    assert reply.lines == (
        "At 10:21 SOL on Binance was bought: 0.7 at 143.20 (position #7).",
        "At 10:20 SOL on Bybit was not traded: Ole vetoed what was left of its wave.",
    )


async def test_a_symbol_of_another_wave_was_not_in_it(chat: FakeChat) -> None:
    await judge(chat)
    await end(chat)
    assert (await told(chat, "binance", "ADAUSDT")).lines == ("“ADAUSDT” was not in it.",)


async def test_the_whole_of_it_is_a_line_an_exchange(chat: FakeChat) -> None:
    await judge(chat)
    await end(chat, WaveState.INTERRUPTED)
    assert (await told(chat)).lines == ("Binance: SOL opened; 1 low volume.", "Bybit: nothing opened; 1 vetoed.")
    assert (await told(chat, "bybit")).lines == ("Bybit: nothing opened; 1 vetoed.",)


async def test_an_exchange_may_be_done_before_the_other(chat: FakeChat) -> None:
    await judge(chat)
    async with chat.units.writing() as unit:
        await unit.waves.add_result(make_wave_result())
    assert (await told(chat, "binance")).title == "Wave 10:00 on Binance is over"
    assert (await told(chat, "bybit")).title == "Wave 10:00 on Bybit is about to be traded"
    assert (await told(chat)).title == "Wave 10:00 is about to be traded"


async def test_a_wave_that_is_still_collected_can_be_vetoed_later() -> None:
    chat = FakeChat()
    async with chat.units.writing() as unit:
        await unit.waves.collect(WAVE_AT)
    reply = await told(chat, "binance", "SOLUSDT")
    assert reply.title == "Wave 10:00 on Binance is not traded yet"
    assert reply.lines == ("It can be vetoed once it is taken.",)


async def test_a_wave_that_nobody_saw_is_said_so() -> None:
    reply = await told(FakeChat())
    assert (reply.title, reply.lines, reply.buttons) == ("Wave 10:00 was never seen", (), ())
