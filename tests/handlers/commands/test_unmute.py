"""Letting muted alerts come again."""

from collections.abc import Sequence

import pytest

from core.domain.replies import Tone
from tests.fakes.chat import CHAT, FakeChat, commands_of, text_of


async def muted(chat: FakeChat) -> Sequence[str]:
    async with chat.units.reading() as unit:
        return [mute.kind for mute in await unit.mutes.active(chat.clock.now())]


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    await chat.say("/mute stop_moved for 1h")
    await chat.say("/mute started for 1h")
    return chat


@pytest.mark.parametrize("words", ["/unmute stop_moved", "/unmute Stop-Moved"])
async def test_one_kind_is_told_again(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words)
    assert await muted(chat) == ["started"]
    assert "Stop moved: told again." in text_of(reply)
    assert reply.title == "1 kind muted here"
    row = (await chat.audit())[-1]
    assert row.before is not None
    assert "stop_moved until" in row.before
    assert row.after is not None
    assert "stop_moved" not in row.after


async def test_all_are_told_again(chat: FakeChat) -> None:
    reply = await chat.say("/unmute all")
    assert await muted(chat) == []
    assert "Started, stop moved: told again." in text_of(reply)
    assert (reply.title, reply.tone) == ("Nothing is muted here", Tone.GOOD)


async def test_without_a_name_it_asks_which(chat: FakeChat) -> None:
    reply = await chat.say("/unmute")
    assert commands_of(reply) == ["/unmute all", "/unmute started", "/unmute stop_moved"]
    assert len(await muted(chat)) == 2


async def test_the_only_one_needs_no_name(chat: FakeChat) -> None:
    await chat.say("/unmute started")
    await chat.say("/unmute")
    assert await muted(chat) == []


async def test_nothing_muted_is_said_whatever_was_named() -> None:
    chat = FakeChat()
    for words in ("/unmute", "/unmute all", "/unmute stop_moved"):
        assert (await chat.say(words)).title == "Nothing is muted here"


async def test_other_chats_are_left_alone(chat: FakeChat) -> None:
    reply = await chat.hear("/unmute all", chat=f"{CHAT}/5")
    assert reply is not None
    assert reply.title == "Nothing is muted here"
    assert len(await muted(chat)) == 2


async def test_what_is_not_muted_gets_the_nearest(chat: FakeChat) -> None:
    assert "did you mean stop_moved?" in text_of(await chat.say("/unmute stop_move"))
    assert "One kind at a time" in text_of(await chat.say("/unmute stop_moved started"))
