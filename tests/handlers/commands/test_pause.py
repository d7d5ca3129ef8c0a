"""Holding entries back."""

from datetime import timedelta

import pytest

from core.domain.people import Person, Role
from tests.builders import make_signal
from tests.fakes.chat import OLE, FakeChat, commands_of, text_of


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    await chat.keep(signals=[make_signal(1)])
    return chat


@pytest.mark.parametrize(
    ("words", "scope", "hours", "reason"),
    [
        ("/pause", "all", None, ""),
        ("/stop", "all", None, ""),
        ("/STOP NOW", "all", None, "NOW"),
        ("/pause don't like this", "all", None, "don't like this"),
        ("/pause all for 2h news", "all", 2, "news"),
        ("/pause for 2h", "all", 2, ""),
        ("/pause Binance", "binance", None, ""),
        ("/pause SOL for 1d listing", "SOLUSDT", 24, "listing"),
        ("/pause sol", "SOLUSDT", None, ""),
        ("/pause NEWUSDT", "NEWUSDT", None, ""),
        ("/pause binanse", "all", None, "binanse"),
    ],
)
async def test_every_way_to_ask_pauses(chat: FakeChat, words: str, scope: str, hours: int | None, reason: str) -> None:
    await chat.say(words, by=OLE)
    async with chat.units.reading() as unit:
        (pause,) = await unit.pauses.active(chat.clock.now())
    assert (pause.scope, pause.reason, pause.author) == (scope, reason, "telegram:2 (Ole)")
    assert pause.until_at == (chat.clock.now() + timedelta(hours=hours) if hours else None)


async def test_the_answer_is_the_resulting_state(chat: FakeChat) -> None:
    await chat.say("/pause bybit")
    reply = await chat.say("/pause for 2h news", by=OLE)
    assert reply.title == "Entries are paused"
    assert reply.lines[:2] == (
        "Everything: paused by Ole since 10:20, until 12:20 (2h left) (news)",
        "Bybit: paused by Ada since 10:20, until resumed",
    )
    assert commands_of(reply) == ["/resume all", "/resume bybit"]
    assert (await chat.say("/pause bybit")).lines == reply.lines


async def test_pausing_twice_changes_nothing(chat: FakeChat) -> None:
    first = await chat.say("/pause")
    assert await chat.say("/pause") == first
    async with chat.units.reading() as unit:
        assert len(await unit.pauses.active(chat.clock.now())) == 1


async def test_the_record_has_the_state_before_and_after(chat: FakeChat) -> None:
    await chat.say("/pause bybit")
    (row,) = await chat.audit()
    assert (row.before, row.after) == ("nothing paused", "bybit until resumed")


async def test_a_symbol_nobody_has_seen_is_paused_with_a_warning(chat: FakeChat) -> None:
    text = text_of(await chat.say("/pause SLOUSDT"))
    assert "No signal of SLOUSDT has been seen; did you mean SOLUSDT?" in text
    assert "SLOUSDT: paused by Ada" in text


async def test_a_wrong_duration_pauses_nothing_and_says_so(chat: FakeChat) -> None:
    text = text_of(await chat.say("/pause for 2x"))
    assert "write 90m, 2h or 1d" in text
    assert "Usage: /pause" in text
    assert chat.desk.calls == []


async def test_a_hostile_name_and_an_endless_reason_do_no_harm(chat: FakeChat) -> None:
    eve = Person(platform="telegram", id="9", name="Ann) <b>\n/resume")
    chat.access._roles[("telegram", "9")] = Role.OPERATOR
    reply = await chat.say("/pause " + "x" * 1500, by=eve)
    assert "Ann) <b>" in text_of(reply)
    async with chat.units.reading() as unit:
        (pause,) = await unit.pauses.active(chat.clock.now())
    assert len(pause.reason) == 200
