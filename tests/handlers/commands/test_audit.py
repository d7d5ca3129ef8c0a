"""What people asked for, and whether the record of it is whole."""

from dataclasses import replace

import pytest

from core.domain.people import Person, Role
from core.domain.replies import Tone
from tests.fakes.chat import EVE, OLE, VIC, FakeChat, commands_of, text_of


async def test_the_newest_requests_first() -> None:
    chat = FakeChat()
    await chat.say("/stoplist add SOLUSDT", by=OLE)
    await chat.say("/pause", by=VIC)
    await chat.hear("/status", by=EVE)
    reply = await chat.say("/audit")
    assert reply.title == "Last 3 requests"
    assert reply.lines == (
        "10:20 Ada (telegram, nobody), refused: /status",
        "10:20 Vic (telegram, viewer), refused: /pause",
        "10:20 Ole (telegram, operator), answered (SOLUSDT not listed → SOLUSDT until removed): /stoplist add SOLUSDT",
    )
    assert commands_of(reply) == ["/audit verify"]


async def test_a_count_limits_the_rows() -> None:
    chat = FakeChat()
    for _ in range(15):
        await chat.say("/version")
    assert len((await chat.say("/audit")).lines) == 10
    assert len((await chat.say("/audit 3")).lines) == 3
    assert "1 to 40" in text_of(await chat.say("/audit 41"))


async def test_an_untouched_record_is_whole() -> None:
    chat = FakeChat()
    assert "Nobody has asked for anything yet." in text_of(await chat.say("/audit"))
    reply = await chat.say("/audit verify")
    assert (reply.title, reply.tone) == ("The audit is whole", Tone.GOOD)


async def test_a_changed_row_is_named() -> None:
    chat = FakeChat()
    for _ in range(3):
        await chat.say("/version", by=OLE)
    rows = chat.units.store.audit
    rows[1] = replace(rows[1], entry=replace(rows[1].entry, words="/close 1"))
    reply = await chat.say("/audit VERIFY")
    assert (reply.title, reply.tone) == ("The audit was changed", Tone.CRITICAL)
    assert "Row 2 is not as it was written" in text_of(reply)


@pytest.mark.parametrize("words", ["/audit", "/audit 5", "/audit verify"])
async def test_only_an_admin_looks(words: str) -> None:
    assert "needs the role admin" in text_of(await FakeChat().say(words, by=OLE))


@pytest.mark.parametrize("words", ["/audit all", "/audit 5 5", "/audit 0", "/audit -1", "/audit ²"])
async def test_what_is_not_understood_gets_the_usage(words: str) -> None:
    assert "Usage: /audit [n|verify]" in text_of(await FakeChat().say(words))


async def test_hostile_names_and_words_stay_in_their_line() -> None:
    chat = FakeChat()
    eve = Person(platform="telegram", id="9", name="Ann\n10:20 Ada (telegram, admin), answered: /resume" + "x" * 99)
    chat.access._roles[("telegram", "9")] = Role.VIEWER
    await chat.say("/pause\n\n10:21 <b>Ada</b> " + "y" * 400, by=eve)
    (line,) = (await chat.say("/audit 1")).lines
    assert "\n" not in line
    assert line.startswith("10:20 Ann 10:20 Ada (tele… (telegram, viewer), ")
    assert len(line) < 180
