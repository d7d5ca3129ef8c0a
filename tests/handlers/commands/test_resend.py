"""Telling an alert again."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from core.domain.delivery import Destination
from core.domain.replies import Tone
from tests.builders import NOW
from tests.fakes.chat import CHAT, OLE, FakeChat, text_of

BEFORE = (Destination.parse(CHAT), Destination.parse("terminal"))


class Queues:
    """An outbox that knows alert 17, which was told at two destinations, and alert 18, which was told nowhere."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, datetime, Destination | None]] = []

    async def resend(self, alert_id: int, at: datetime, to: Destination | None = None) -> Sequence[Destination]:
        self.asked.append((alert_id, at, to))
        told = {17: BEFORE, 18: ()}.get(alert_id)
        return () if told is None else (to,) if to else told


@pytest.fixture
def chat() -> FakeChat:
    return FakeChat()


@pytest.fixture
def queues(chat: FakeChat, monkeypatch: pytest.MonkeyPatch) -> Queues:
    queues = Queues()
    monkeypatch.setattr(chat.services.outbox, "resend", queues.resend, raising=False)
    return queues


@pytest.mark.parametrize("words", ["/resend 17", "/resend #17"])
async def test_an_alert_is_told_again_where_it_was_told(chat: FakeChat, queues: Queues, words: str) -> None:
    reply = await chat.say(words)
    assert queues.asked == [(17, NOW, None)]
    assert text_of(reply).strip() == "Alert #17 is told again: telegram:-1001, terminal."
    assert reply.tone is Tone.GOOD
    (row,) = await chat.audit()
    assert row.after == "#17 told again: telegram:-1001, terminal"


@pytest.mark.parametrize(
    ("word", "destination"), [("slack:C1", "slack:C1"), ("telegram:-1001/5", "telegram:-1001/5"), ("here", CHAT)]
)
async def test_an_alert_is_told_somewhere_else(chat: FakeChat, queues: Queues, word: str, destination: str) -> None:
    assert f"told again: {destination}." in text_of(await chat.say(f"/resend 18 {word}"))
    assert queues.asked == [(18, NOW, Destination.parse(destination))]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/resend 18", "No alert #18 is stored, or it was told nowhere: name a destination."),
        ("/resend 99 terminal", "No alert #99 is stored."),
    ],
)
async def test_what_there_is_not_is_told(chat: FakeChat, queues: Queues, words: str, said: str) -> None:
    assert said in text_of(await chat.say(words))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/resend", "Name one alert by its number"),
        ("/resend last", "“last” is no number of an alert"),
        ("/resend 17 a b", "one destination at most"),
        ("/resend 17 nowhere", "is no destination; write telegram:<chat id>"),
        ("/resend 17 slak:C1", "did you mean slack?"),
    ],
)
async def test_what_cannot_be_meant_is_refused(chat: FakeChat, queues: Queues, words: str, said: str) -> None:
    text = text_of(await chat.say(words))
    assert said in text
    assert "Usage: /resend <alert> [destination|here]" in text
    assert queues.asked == []


async def test_only_an_admin_may(chat: FakeChat, queues: Queues) -> None:
    await chat.say("/resend 17", by=OLE)
    assert queues.asked == []
