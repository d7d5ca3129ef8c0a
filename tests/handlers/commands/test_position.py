"""One position in full."""

from datetime import timedelta

import pytest

from core.domain.positions import ExitReason, PositionState
from core.domain.replies import Tone
from tests.builders import NOW, make_position, money, price, quantity
from tests.fakes.chat import OLE, VIC, FakeChat, commands_of, text_of


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    await chat.keep(
        positions=[
            make_position(entry="143.2", is_trailing=True, best_price=price(150), opened_at=NOW - timedelta(hours=1)),
            make_position("ETHUSDT"),
            make_position("ETHUSDT", exchange="bybit"),
            make_position(
                "BTCUSDT",
                state=PositionState.CLOSED,
                exit_price=price(98),
                exit_quantity=quantity(1),
                exit_reason=ExitReason.STOP_LOSS,
                pnl_quote=money("-2.1"),
                opened_at=NOW - timedelta(hours=2),
                closed_at=NOW,
            ),
        ]
    )
    chat.prices.set("binance", "SOLUSDT", 148)
    return chat


@pytest.mark.parametrize("words", ["/position 1", "/position #1", "/position sol", "/position SOLUSDT"])
async def test_an_open_position_has_everything(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words, by=OLE)
    text = text_of(reply)
    assert reply.title == "SOLUSDT LONG #1 · Binance"
    assert (reply.banner, reply.tone) == ("PAPER", Tone.GOOD)
    for piece in (
        "Entry: 143.20",
        "Price: 148.00",
        "P&L now: +4.68 USDT (+3.27 %)",
        "Stop: 137.472 (-4.00 %)",
        "Trailing: armed, best 150.00, follows by 0.50 %",
        "Size: 143.20 USDT (1)",
        "Leverage: 1x",
        "Age: 1h",
        "Fees: 0.05 USDT",
        "Wave 10:00",
    ):
        assert piece in text
    assert commands_of(reply) == ["/close 1", "/close 1 50", "/positions"]


async def test_a_viewer_is_not_offered_to_close(chat: FakeChat) -> None:
    assert commands_of(await chat.say("/position 1", by=VIC)) == ["/positions"]


async def test_a_symbol_on_two_exchanges_asks_which(chat: FakeChat) -> None:
    reply = await chat.say("/position eth")
    assert commands_of(reply) == ["/position 2", "/position 3"]
    assert "ETHUSDT is open more than once." in text_of(reply)


async def test_without_a_name_it_asks_which_the_newest_first(chat: FakeChat) -> None:
    reply = await chat.say("/position")
    assert commands_of(reply) == ["/position 3", "/position 2", "/position 1"]
    assert "3 positions open." in text_of(reply)


async def test_nothing_open_is_no_question() -> None:
    reply = await FakeChat().say("/position")
    assert reply.picker is None
    assert "No position is open." in text_of(reply)


@pytest.mark.parametrize("words", ["/position 4", "/position BTCUSDT"])
async def test_an_ended_position_has_its_result(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words)
    text = text_of(reply)
    assert "Result: -2.10 USDT (-2.10 %)" in text
    assert "Reason: stop loss" in text
    assert "Held: 2h" in text
    assert reply.tone is Tone.BAD
    assert commands_of(reply) == ["/positions"]


async def test_a_position_without_price_or_stop_says_so(chat: FakeChat) -> None:
    await chat.keep(
        positions=[make_position("ADAUSDT", stop_price=None), make_position("XUSDT", state=PositionState.OPENING)]
    )
    text = text_of(await chat.say("/position ada"))
    assert "Stop: NONE" in text
    assert "P&L now: unknown without a price" in text
    assert "State: opening" in text_of(await chat.say("/position xusdt"))


@pytest.mark.parametrize("words", ["/position 1 2", "/position 99", "/position nonsense!"])
async def test_what_names_no_position_is_refused(chat: FakeChat, words: str) -> None:
    assert "Usage: /position [id|SYMBOL]" in text_of(await chat.say(words))
