"""Closing at market: shown first, done when confirmed, checked afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import NotPossible, OutcomeUnknown, RetryLater
from core.domain.positions import PositionState
from core.domain.replies import Tone
from tests.builders import make_position, make_signal, quantity
from tests.fakes.chat import OLE, VIC, FakeChat, commands_of, text_of


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    await chat.keep(positions=[make_position(), make_position("ETHUSDT"), make_position("ETHUSDT", exchange="bybit")])
    chat.prices.set("binance", "SOLUSDT", 110)
    return chat


@pytest.mark.parametrize("words", ["/close 1", "/close #1", "/close sol", "/close SOLUSDT 100%"])
async def test_a_position_is_shown_with_its_figures_and_closed_when_confirmed(chat: FakeChat, words: str) -> None:
    question = await chat.say(words, by=OLE)
    assert question.title == "Close SOLUSDT long #1 at market?"
    text = text_of(question)
    for line in ("Size: 100 USDT, 1x", "Entry: 100.00", "Price: 110.00", "P&L now: +9.90 USDT (+9.90 %)"):
        assert line in text.splitlines()
    assert "Closes: 1 of 1" in text
    assert (question.banner, question.tone) == ("PAPER", Tone.WARNING)
    assert chat.desk.calls == []
    chat.show(question)
    reply = await chat.press(question, by=OLE)
    assert reply is not None
    assert "SOLUSDT long #1 closed at 110.00: +9.90 USDT (+9.90 %).\nChecked: nothing" in text_of(reply)
    assert (reply.banner, reply.tone) == ("PAPER", Tone.GOOD)
    assert chat.desk.calls == ["close 1 1"]
    asked, done = await chat.audit()
    assert (asked.words, asked.outcome, asked.before, asked.after) == (words, "asked", None, None)
    assert (done.outcome, done.before) == ("answered", "#1 SOLUSDT open 1")
    by = "telegram:2 (Ole)"
    assert done.after == f"#1 SOLUSDT closed 0; /close 1 asked by {by}, confirmed by {by}"


async def test_a_share_is_closed(chat: FakeChat) -> None:
    question = await chat.say("/close 1 25")
    assert question.title == "Close 25 % of SOLUSDT long #1 at market?"
    assert "Closes: 0.25 of 1\nRemains: about 0.75" in text_of(question)
    chat.show(question)
    reply = await chat.press(question)
    assert reply is not None
    assert "SOLUSDT long #1: 0.25 closed, 0.75 still open." in text_of(reply)
    assert chat.desk.calls == ["close 1 0.25"]


async def test_what_is_not_closed_after_all_is_not_called_closed(
    chat: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def claim(position_id: int, **_: object) -> object:
        return replace(make_position(), id=position_id, state=PositionState.CLOSED, quantity=quantity(0))

    monkeypatch.setattr(chat.desk, "close", claim)
    assert "SOLUSDT long #1 is open; nothing of it is closed yet." in text_of(await chat.act("/close 1"))


async def test_a_symbol_on_two_exchanges_closes_nothing_and_asks(chat: FakeChat) -> None:
    reply = await chat.say("/close eth 50%")
    assert "nothing was closed" in text_of(reply)
    assert commands_of(reply) == ["/close 2 50", "/close 3 50"]
    assert all(button.is_danger for button in reply.buttons[0])
    assert (reply.confirmation, chat.desk.calls) == (None, [])


async def test_without_a_name_the_open_positions_are_offered(chat: FakeChat) -> None:
    reply = await chat.say("/close")
    assert commands_of(reply) == ["/close 3", "/close 2", "/close 1"], "the newest first"
    assert "No position is open." in text_of(await FakeChat().say("/close"))


@pytest.mark.parametrize("words", ["/close 1 2 3", "/close 1 0", "/close 1 half", "/close SLO"])
async def test_doubtful_words_close_nothing(chat: FakeChat, words: str) -> None:
    assert "Usage: /close <id|SYMBOL> [percent]" in text_of(await chat.say(words))
    assert chat.desk.calls == []


async def test_whoever_wants_everything_closed_is_told_how(chat: FakeChat) -> None:
    assert "To close everything, use /closeall." in text_of(await chat.say("/close all"))
    assert chat.desk.calls == []


@pytest.mark.parametrize("words", ["/close 99", "/close BTC"])
async def test_what_is_not_open_is_said_without_a_question(chat: FakeChat, words: str) -> None:
    await chat.keep(signals=[make_signal(symbol="BTCUSDT")])
    reply = await chat.say(words)
    assert "No open position" in text_of(reply)
    assert reply.confirmation is None


async def test_a_position_that_is_only_opening_has_nothing_to_close() -> None:
    chat = FakeChat()
    await chat.keep(positions=[make_position(state=PositionState.OPENING)])
    assert "is opening; there is nothing to close yet" in text_of(await chat.say("/close 1"))


async def test_closing_twice_says_that_it_is_done(chat: FakeChat, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(position_id: int, **_: object) -> None:
        return None

    monkeypatch.setattr(chat.desk, "close", gone)
    assert "SOLUSDT long #1 is closed already." in text_of(await chat.act("/close 1"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OutcomeUnknown("no answer"), "do not repeat it"),
        (RetryLater("maintenance", timedelta(minutes=1)), "maintenance"),
        (NotPossible("too small a part"), "Too small a part."),
    ],
)
async def test_troubles_of_the_venue_are_told(chat: FakeChat, error: Exception, said: str) -> None:
    chat.desk.refusal = error
    assert said in text_of(await chat.act("/close 1"))
    assert (await chat.audit())[-1].outcome == "failed"


async def test_a_viewer_cannot_close(chat: FakeChat) -> None:
    assert "needs the role operator" in text_of(await chat.say("/close 1", by=VIC))
    assert chat.desk.calls == []
