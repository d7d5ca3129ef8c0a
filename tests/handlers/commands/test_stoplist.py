"""Symbols that people take off trading."""

from datetime import timedelta

import pytest

from core.domain.people import StopListing
from tests.builders import NOW, make_signal
from tests.fakes.chat import OLE, VIC, FakeChat, commands_of, text_of

HINT = "did you mean SOLUSDT?"


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    await chat.keep(signals=[make_signal(1), make_signal(2, symbol="ETHUSDT")])
    return chat


async def listed(chat: FakeChat) -> list[str]:
    async with chat.units.reading() as unit:
        return [listing.symbol for listing in await unit.stop_list.active(chat.clock.now())]


async def test_an_empty_list_says_so(chat: FakeChat) -> None:
    assert (await chat.say("/stoplist", by=VIC)).title == "The stop list is empty"


@pytest.mark.parametrize(
    ("words", "symbol", "hours", "reason"),
    [
        ("add SOL", "SOLUSDT", None, ""),
        ("ADD sol/usdt for 1d listing soon", "SOLUSDT", 24, "listing soon"),
        ("add SOL 2h", "SOLUSDT", 2, ""),
        ("add NEWUSDT because of news", "NEWUSDT", None, "because of news"),
    ],
)
async def test_every_way_to_add(chat: FakeChat, words: str, symbol: str, hours: int | None, reason: str) -> None:
    await chat.say(f"/stoplist {words}", by=OLE)
    async with chat.units.reading() as unit:
        (listing,) = await unit.stop_list.active(chat.clock.now())
    assert (listing.symbol, listing.reason, listing.author) == (symbol, reason, "telegram:2 (Ole)")
    assert listing.until_at == (chat.clock.now() + timedelta(hours=hours) if hours else None)


async def test_the_answer_is_the_resulting_list(chat: FakeChat) -> None:
    await chat.say("/stoplist add SOL", by=OLE)
    reply = await chat.say("/stoplist add eth for 2h news")
    assert reply.title == "2 symbols on the stop list"
    assert reply.lines == (
        "No new position in ETHUSDT, until 12:20 (2h left). What is open stays open.",
        "ETHUSDT: by Ada since 10:20, until 12:20 (2h left) (news)",
        "SOLUSDT: by Ole since 10:20, until removed",
    )
    assert commands_of(reply) == ["/stoplist remove ETHUSDT", "/stoplist remove SOLUSDT"]


async def test_adding_twice_keeps_one_with_the_newer_end(chat: FakeChat) -> None:
    await chat.say("/stoplist add SOL")
    await chat.say("/stoplist add SOL for 1h")
    assert await listed(chat) == ["SOLUSDT"]
    await chat.clock.advance(timedelta(hours=1))
    assert await listed(chat) == []


async def test_the_record_has_what_changed(chat: FakeChat) -> None:
    await chat.say("/stoplist add SOL for 1h")
    await chat.say("/stoplist remove SOL")
    added, removed = await chat.audit()
    assert (added.before, added.after) == ("SOLUSDT not listed", "SOLUSDT until 2026-11-20T11:20:00+00:00")
    assert (removed.before, removed.after) == (added.after, added.before)


async def test_removing(chat: FakeChat) -> None:
    await chat.say("/stoplist add SOL")
    reply = await chat.say("/stoplist remove sol", by=OLE)
    assert (reply.title, reply.lines) == ("The stop list is empty", ("SOLUSDT may be traded again.",))
    assert await listed(chat) == []
    assert "“sol” is not on the list." in text_of(await chat.say("/stoplist remove sol"))


async def test_removing_a_misspelt_symbol_removes_nothing(chat: FakeChat) -> None:
    await chat.say("/stoplist add SOL")
    assert HINT in text_of(await chat.say("/stoplist remove SLO"))
    assert await listed(chat) == ["SOLUSDT"]


async def test_a_missing_symbol_is_asked_for(chat: FakeChat) -> None:
    assert (await chat.say("/stoplist remove")).title == "The stop list is empty"
    await chat.say("/stoplist add SOL")
    picker = (await chat.say("/stoplist remove")).picker
    assert picker is not None
    assert [option.command for option in picker.options] == ["/stoplist remove SOLUSDT"]
    picker = (await chat.say("/stoplist add")).picker
    assert picker is not None
    assert {option.command for option in picker.options} == {"/stoplist add SOLUSDT", "/stoplist add ETHUSDT"}
    assert "Usage: /stoplist" in text_of(await FakeChat().say("/stoplist add"))


@pytest.mark.parametrize("words", ["add SOL", "add", "remove SOL", "remove"])
async def test_a_viewer_sees_but_does_not_change(chat: FakeChat, words: str) -> None:
    await chat.say("/stoplist add ETH")
    reply = await chat.say(f"/stoplist {words}", by=VIC)
    assert text_of(reply).strip() == "/stoplist needs the role operator for that; you are viewer."
    assert reply.picker is None
    assert await listed(chat) == ["ETHUSDT"]
    assert (await chat.audit())[-1].outcome == "refused"
    shown = await chat.say("/stoplist", by=VIC)
    assert "ETHUSDT: by Ada" in text_of(shown)
    assert shown.buttons == ()


async def test_a_symbol_nobody_has_seen_is_listed_with_a_warning(chat: FakeChat) -> None:
    text = text_of(await chat.say("/stoplist add SLOUSDT"))
    assert f"No signal of SLOUSDT has been seen; {HINT}" in text
    assert await listed(chat) == ["SLOUSDT"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("SOL", "neither add nor remove"),
        ("add SLO", HINT),
        ("add !?", "write it in full, like SOLUSDT"),
        ("add SOL for 2x", "write 90m, 2h or 1d"),
        ("remove SOL ETH", "One symbol at a time"),
    ],
)
async def test_what_is_not_understood_changes_nothing(chat: FakeChat, words: str, why: str) -> None:
    text = text_of(await chat.say(f"/stoplist {words}"))
    assert why in text
    assert "Usage: /stoplist" in text
    assert await listed(chat) == []


async def test_a_long_list_and_an_endless_hostile_reason_do_no_harm(chat: FakeChat) -> None:
    for number in range(30):
        await chat.say(f"/stoplist add C{number:02d}USDT <b>&`*_ " + "x" * 1500)
    reply = await chat.say("/stoplist")
    assert reply.title == "30 symbols on the stop list"
    assert (len(reply.lines), reply.lines[-1], len(commands_of(reply))) == (26, "and 5 more", 6)
    assert all(len(line) < 130 for line in reply.lines)
    assert "<b>&`*_ x" in reply.lines[0]


# --- the list of the configuration --------------------------------------------------------------------------------


@pytest.fixture
async def fixed() -> FakeChat:
    """The configuration lists two symbols."""
    chat = FakeChat(fixed_stop_list=frozenset({"USDCUSDT", "BTCUSDT"}))
    await chat.keep(signals=[make_signal(1)])
    return chat


async def test_what_the_configuration_lists_is_shown_without_a_press(fixed: FakeChat) -> None:
    reply = await fixed.say("/stoplist", by=VIC)
    assert reply.title == "2 symbols on the stop list"
    assert reply.lines == ("For good, by config.yaml: BTCUSDT, USDCUSDT.",)
    reply = await fixed.say("/stoplist add SOL")
    assert reply.title == "3 symbols on the stop list"
    assert reply.lines[-1] == "For good, by config.yaml: BTCUSDT, USDCUSDT."
    assert commands_of(reply) == ["/stoplist remove SOLUSDT"]


@pytest.mark.parametrize("word", ["BTC", "btcusdt"])
async def test_no_command_takes_off_what_the_configuration_lists(fixed: FakeChat, word: str) -> None:
    reply = await fixed.say(f"/stoplist remove {word}")
    assert reply.lines[0] == (
        "BTCUSDT stays on the list: take it out of validation.stop_list in config.yaml and restart."
    )
    assert (await fixed.audit())[-1].after is None


async def test_what_the_configuration_lists_need_not_be_added(fixed: FakeChat) -> None:
    reply = await fixed.say("/stoplist add btc for 1d")
    assert reply.lines[0] == "BTCUSDT is on the list of the configuration already, for good."
    assert await listed(fixed) == []


async def test_a_symbol_on_both_lists_stays_on_one(fixed: FakeChat) -> None:
    async with fixed.units.writing() as unit:
        listing = StopListing(symbol="BTCUSDT", reason="", author="Ann", created_at=NOW, until_at=None)
        await unit.stop_list.add(listing)
    assert (await fixed.say("/stoplist")).title == "2 symbols on the stop list"
    reply = await fixed.say("/stoplist remove BTC")
    assert reply.lines[0].startswith("BTCUSDT stays on the list")
    assert await listed(fixed) == []
