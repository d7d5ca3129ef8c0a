"""Taking entries again."""

import pytest

from core.domain.replies import Tone
from tests.fakes.chat import OLE, FakeChat, commands_of, text_of


async def paused(*scopes: str) -> FakeChat:
    chat = FakeChat()
    for scope in scopes:
        await chat.say(f"/pause {scope}")
    chat.desk.calls.clear()
    return chat


async def test_the_only_pause_needs_no_name() -> None:
    chat = await paused("bybit")
    reply = await chat.say("/resume", by=OLE)
    assert (reply.title, reply.tone) == ("Entries run", Tone.GOOD)
    assert "The pause of Bybit is over." in text_of(reply)
    (_, row) = await chat.audit()
    assert (row.before, row.after) == ("bybit until resumed", "nothing paused")


async def test_several_pauses_ask_which() -> None:
    chat = await paused("all", "bybit")
    reply = await chat.say("/resume")
    assert reply.title == "Resume what?"
    assert commands_of(reply) == ["/resume all", "/resume bybit"]
    assert chat.desk.calls == []


@pytest.mark.parametrize(("words", "left"), [("/resume all", 0), ("/resume BYBIT", 2), ("/resume sol", 2)])
async def test_a_scope_is_resumed_by_name(words: str, left: int) -> None:
    chat = await paused("all", "bybit", "SOLUSDT")
    await chat.say(words)
    async with chat.units.reading() as unit:
        assert len(await unit.pauses.active(chat.clock.now())) == left


async def test_what_is_still_held_back_by_a_wider_pause_is_said() -> None:
    chat = await paused("all", "bybit")
    reply = await chat.say("/resume bybit")
    assert "The pause of Bybit is over. It is still held back by the pause of everything." in text_of(reply)
    assert reply.title == "Entries are paused"


async def test_resuming_what_runs_changes_nothing() -> None:
    chat = await paused()
    assert "There was no pause of everything." in text_of(await chat.say("/resume"))
    assert "There was no pause of Binance." in text_of(await chat.say("/resume binance"))


@pytest.mark.parametrize("words", ["/resume nonsense", "/resume all now"])
async def test_what_names_no_scope_resumes_nothing(words: str) -> None:
    chat = await paused("all")
    assert "Usage: /resume" in text_of(await chat.say(words))
    assert chat.desk.calls == []
