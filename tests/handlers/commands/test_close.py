"""Closing at market."""

from datetime import timedelta

import pytest

from core.domain.errors import NotPossible, OutcomeUnknown, RetryLater
from core.domain.replies import Tone
from tests.builders import make_position
from tests.fakes.chat import OLE, VIC, FakeChat, commands_of, text_of


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    await chat.keep(positions=[make_position(), make_position("ETHUSDT"), make_position("ETHUSDT", exchange="bybit")])
    chat.prices.set("binance", "SOLUSDT", 110)
    return chat


@pytest.mark.parametrize("words", ["/close 1", "/close #1", "/close sol", "/close SOLUSDT 100%"])
async def test_a_position_is_closed_and_the_result_told(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words, by=OLE)
    assert "SOLUSDT long #1 closed at 110.00: +9.90 USDT (+9.90 %)." in text_of(reply)
    assert (reply.banner, reply.tone) == ("PAPER", Tone.GOOD)
    assert chat.desk.calls == ["close 1 1"]
    (row,) = await chat.audit()
    assert (row.before, row.after) == ("#1 SOLUSDT open 1", "#1 SOLUSDT closed 0")


async def test_a_share_is_closed(chat: FakeChat) -> None:
    reply = await chat.say("/close 1 25")
    assert "SOLUSDT long #1: 0.25 closed, 0.75 still open." in text_of(reply)
    assert chat.desk.calls == ["close 1 0.25"]


async def test_a_symbol_on_two_exchanges_closes_nothing_and_asks(chat: FakeChat) -> None:
    reply = await chat.say("/close eth 50%")
    assert "nothing was closed" in text_of(reply)
    assert commands_of(reply) == ["/close 2 50", "/close 3 50"]
    assert all(button.is_danger for button in reply.buttons[0])
    assert chat.desk.calls == []


@pytest.mark.parametrize(
    "words", ["/close", "/close 1 2 3", "/close 1 0", "/close 1 half", "/close 99", "/close BTCUSDT", "/close SLO"]
)
async def test_doubtful_words_close_nothing(chat: FakeChat, words: str) -> None:
    assert "Usage: /close <id|SYMBOL> [percent]" in text_of(await chat.say(words))
    assert chat.desk.calls == []


async def test_closing_twice_says_that_it_is_done(chat: FakeChat, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(position_id: int, **_: object) -> None:
        return None

    monkeypatch.setattr(chat.desk, "close", gone)
    assert "SOLUSDT long #1 is closed already." in text_of(await chat.say("/close 1"))


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
    assert said in text_of(await chat.say("/close 1"))


async def test_a_viewer_cannot_close(chat: FakeChat) -> None:
    assert "needs the role operator" in text_of(await chat.say("/close 1", by=VIC))
    assert chat.desk.calls == []
