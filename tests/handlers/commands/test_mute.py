"""Holding alerts back in a chat."""

from datetime import timedelta

import pytest

from core.domain.delivery import Alert, Destination, Mute
from core.domain.events import Event, OrderUnknown, Started, StopMoved
from core.domain.market import TradingMode
from core.domain.replies import Tone
from tests.builders import NOW, price
from tests.fakes.chat import CHAT, OLE, VIC, FakeChat, commands_of, text_of

HERE = Destination.parse(CHAT)


async def mutes(chat: FakeChat) -> list[Mute]:
    async with chat.units.reading() as unit:
        return list(await unit.mutes.active(chat.clock.now()))


def tell(chat: FakeChat, *events: Event) -> None:
    """Let alerts of `events` have been told."""
    for event in events:
        number = len(chat.units.store.alerts) + 1
        chat.units.store.alerts[number] = Alert(
            id=number,
            kind=event.kind,
            severity=event.severity,
            mode=TradingMode.PAPER,
            created_at=NOW,
            event=event,
        )


async def test_a_kind_is_muted_in_this_chat_for_a_time() -> None:
    chat = FakeChat()
    reply = await chat.say("/mute stop_moved for 1h", by=OLE)
    assert await mutes(chat) == [
        Mute(destination=HERE, kind="stop_moved", until_at=NOW + timedelta(hours=1), author="telegram:2 (Ole)")
    ]
    assert reply.title == "1 kind muted here"
    assert "stop moved: until 11:20 (1h left), by Ole" in text_of(reply)
    assert "critical alerts always come" in text_of(reply)
    assert commands_of(reply) == ["/unmute stop_moved"]
    (row,) = await chat.audit()
    assert (row.before, row.after) == ("nothing muted", "stop_moved until 2026-11-20T11:20:00+00:00")


@pytest.mark.parametrize("words", ["/mute STOP-MOVED 90m", "/mute Stop_Moved for 90 minutes"])
async def test_kinds_and_times_may_be_written_in_several_ways(words: str) -> None:
    chat = FakeChat()
    await chat.say(words)
    (mute,) = await mutes(chat)
    assert (mute.kind, mute.until_at) == ("stop_moved", NOW + timedelta(minutes=90))


async def test_a_topic_is_a_chat_of_its_own() -> None:
    chat = FakeChat()
    await chat.hear("/mute stop_moved for 1h", chat=f"{CHAT}/5")
    reply = await chat.say("/mute started for 1h")
    assert "stop moved" not in text_of(reply)
    assert {str(mute.destination) for mute in await mutes(chat)} == {CHAT, f"{CHAT}/5"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/mute stop_move for 1h", "did you mean stop_moved?"),
        ("/mute order_unknown for 1h", "Order unknown is critical, and what is critical is always told."),
        ("/mute stop_moved", "Say for how long: for 1h, for 7d at most."),
        ("/mute stop_moved for 8d", "8d is too long; 7d at most."),
        ("/mute stop_moved for 1h please", "“please” is too much"),
        ("/mute stop_moved for 1x", "no duration"),
        ("/mute", "No alert that could be muted has been told yet."),
    ],
)
async def test_what_cannot_be_meant_is_refused(words: str, said: str) -> None:
    chat = FakeChat()
    text = text_of(await chat.say(words))
    assert said in text
    assert "Usage: /mute [kind for 1h]" in text
    assert await mutes(chat) == []


async def test_a_shorter_time_does_not_shorten_a_longer_one() -> None:
    chat = FakeChat()
    await chat.say("/mute stop_moved for 2h")
    assert "until 12:20" in text_of(await chat.say("/mute stop_moved for 1h"))


async def test_without_a_kind_those_told_last_are_offered() -> None:
    chat = FakeChat()
    moved = StopMoved(at=NOW, exchange="binance", position_id=1, symbol="SOLUSDT", old_price=None, new_price=price(100))
    unknown = OrderUnknown(
        at=NOW, exchange="binance", symbol="SOLUSDT", side="BUY", leg="entry", client_order_id="e1", detail=""
    )
    tell(chat, Started(at=NOW, version="1", open_positions=0), moved, unknown, moved)
    reply = await chat.say("/mute")
    assert commands_of(reply) == ["/mute stop_moved for 1h", "/mute started for 1h"]
    assert "Which kind is to be muted here for an hour?" in text_of(reply)


async def test_where_no_alert_comes_nothing_is_muted() -> None:
    chat = FakeChat()
    reply = await chat.hear("/mute stop_moved for 1h", chat="socket")
    assert reply is not None
    assert "No alert comes here" in text_of(reply)
    assert await mutes(chat) == []


async def test_a_viewer_may_not() -> None:
    chat = FakeChat()
    reply = await chat.say("/mute stop_moved for 1h", by=VIC)
    assert reply.tone is Tone.NOTICE
    assert await mutes(chat) == []
