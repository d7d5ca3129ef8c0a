"""Saying that an alert is taken care of."""

from datetime import timedelta

import pytest

from core.domain.delivery import Alert
from core.domain.events import Event, FeedLost, Paused, TaskCrashed
from core.domain.market import TradingMode
from tests.builders import NOW
from tests.fakes.chat import OLE, VIC, FakeChat, commands_of, text_of

CRASH = TaskCrashed(at=NOW, task="guardian", error="KeyError", restarts=1)
LOST = FeedLost(at=NOW, source="signals", reason="refused", since_at=NOW)
PAUSED = Paused(at=NOW, scope="all", reason="", author="Ann", until_at=None)


def keep(chat: FakeChat, *events: Event) -> None:
    """Let these events be alerts 1, 2, ..."""
    for number, event in enumerate(events, start=len(chat.units.store.alerts) + 1):
        chat.units.store.alerts[number] = Alert(
            id=number,
            kind=event.kind,
            severity=event.severity,
            mode=TradingMode.PAPER,
            created_at=event.at,
            event=event,
        )


@pytest.fixture
def chat() -> FakeChat:
    chat = FakeChat()
    keep(chat, CRASH, PAUSED, LOST)
    return chat


@pytest.mark.parametrize("words", ["/ack 1", "/ack #1"])
async def test_whoever_says_so_takes_care(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words, by=OLE)
    assert reply.title == "Alert #1: task crashed"
    assert reply.lines == ("Ole takes care of it since 10:20.",)
    assert commands_of(reply) == ["/alerts #1"]
    assert chat.units.store.alerts[1].acked_by == "telegram:2 (Ole)"
    (row,) = await chat.audit()
    assert (row.before, row.after) == ("#1 open", "#1 acknowledged")


async def test_the_first_stays(chat: FakeChat) -> None:
    await chat.say("/ack 1", by=OLE)
    await chat.clock.advance(timedelta(minutes=5))
    for words in ("/ack 1", "/ack 1"):
        reply = await chat.say(words)
        assert reply.lines == ("Ole takes care of it already, since 10:20.",)
    assert (await chat.audit())[-1].after is None


async def test_without_a_number_the_newest_that_matter_are_offered(chat: FakeChat) -> None:
    picker = (await chat.say("/ack", by=OLE)).picker
    assert picker is not None
    assert [(option.label, option.command) for option in picker.options] == [
        ("#3 feed lost · 10:20", "/ack 3"),
        ("#1 task crashed · 10:20", "/ack 1"),
    ]
    for option in picker.options:
        await chat.say(option.command)
    reply = await chat.say("/ack")
    assert (reply.picker, reply.lines) == (None, ("Every warning has somebody who takes care of it.",))


async def test_many_that_wait_are_offered_ten_at_a_time(chat: FakeChat) -> None:
    keep(chat, *[CRASH] * 20)
    picker = (await chat.say("/ack")).picker
    assert picker is not None
    assert [option.command for option in picker.options] == [f"/ack {number}" for number in range(23, 13, -1)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("/ack 99", "No alert #99 is stored"),
        ("/ack x", "“x” is no number of an alert"),
        ("/ack -1", "is no number"),
        ("/ack 1 3", "One alert at a time"),
    ],
)
async def test_what_names_no_alert_is_explained(chat: FakeChat, words: str, why: str) -> None:
    text = text_of(await chat.say(words))
    assert why in text
    assert "Usage: /ack [alert]" in text


@pytest.mark.parametrize("words", ["/ack", "/ack 1"])
async def test_a_viewer_takes_care_of_nothing(chat: FakeChat, words: str) -> None:
    assert "needs the role operator" in text_of(await chat.say(words, by=VIC))
    assert chat.units.store.alerts[1].acked_by is None


async def test_a_late_word_still_counts(chat: FakeChat) -> None:
    reply = await chat.hear("/ack 1", by=OLE, age=timedelta(hours=1))
    assert reply is not None
    assert "Ole takes care of it" in text_of(reply)
