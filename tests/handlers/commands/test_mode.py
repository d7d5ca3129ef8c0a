"""`/mode`: seen by everybody who is listed, released by admins after a question, held back by operators at once."""

from dataclasses import replace

import pytest

from core.domain.market import Balance, TradingMode
from core.domain.settings import TradingSettings
from handlers.confirming.approvals import ApprovalSettings
from tests.builders import make_pause, money
from tests.fakes.chat import ADA, OLE, VIC, FakeChat, commands_of, text_of

KEYS = {"binance": "3f2a0001", "bybit": "99aa0002"}


def on(chat: FakeChat, mode: TradingMode, **trading: object) -> FakeChat:
    """Let the chat be of a process in `mode`."""
    chosen = replace(TradingSettings(mode=mode, size_quote=money(50), leverage=2), **trading)  # type: ignore[arg-type]
    services = replace(chat.services, mode=mode, trading=chosen, keys=KEYS)
    chat.dispatch._runs._services = services
    chat.desk.keys = KEYS
    return chat


@pytest.fixture
def live() -> FakeChat:
    chat = on(FakeChat(), TradingMode.LIVE)
    chat.funds = {"binance": Balance(total=money("1234.5"), free=money(1000))}
    return chat


async def test_everybody_sees_the_mode_and_who_let_it_begin(live: FakeChat) -> None:
    shown = await live.say("/mode", by=VIC)
    assert shown.banner == "LIVE"
    told = text_of(shown)
    for words in ("held back; /mode live", "Binance (key 3f2a0001), Bybit (key 99aa0002)", "50 USDT a position"):
        assert words in told
    assert "Leverage: 2" in told
    assert "/mode live" in commands_of(shown)
    await live.act("/mode live")
    shown = await live.say("/mode", by=VIC)
    assert "released by Ada, 10:20" in text_of(shown)
    assert commands_of(shown) == ["/mode hold"]


async def test_the_question_tells_what_is_at_stake(live: FakeChat) -> None:
    async with live.units.writing() as unit:
        await unit.pauses.add(make_pause("binance"))
    question = await live.say("/mode live")
    assert question.confirmation is not None
    told = text_of(question)
    for words in (
        "Let live trading begin?",
        "made with money",
        "Binance: paused",
        "Balance Binance: 1,234 USDT, 1,000 USDT free",
        "Balance Bybit: does not answer",
        "50 USDT a position",
    ):
        assert words in told
    assert live.desk.calls == []
    live.show(question)
    answer = await live.press(question)
    assert answer is not None
    assert "traded with money from now on" in text_of(answer)
    assert live.desk.calls == ["release"]
    last = (await live.audit())[-1]
    assert last.before == "held back; /mode live lets them begin"
    assert last.after is not None
    assert last.after.startswith("released by Ada")
    again = await live.say("/mode live")
    assert again.confirmation is None
    assert "released already, by Ada" in text_of(again)


@pytest.mark.parametrize("by", [OLE, VIC])
async def test_only_admins_let_it_begin(live: FakeChat, by: object) -> None:
    refusal = await live.say("/mode live", by=by)  # type: ignore[arg-type]
    assert "admin" in text_of(refusal)
    assert refusal.confirmation is None
    assert live.desk.calls == []


async def test_operators_hold_it_at_once_and_viewers_do_not(live: FakeChat) -> None:
    await live.act("/mode live")
    assert "operator" in text_of(await live.say("/mode hold", by=VIC))
    assert live.desk.calls == ["release"]
    held = await live.say("/mode hold", by=OLE)
    assert held.confirmation is None
    assert "nothing is entered" in text_of(held)
    assert live.desk.calls == ["release", "hold"]
    assert "held back already" in text_of(await live.say("/mode hold", by=OLE))
    assert [entry.outcome for entry in await live.audit()][-2:] == ["answered", "answered"]


async def test_a_release_for_other_keys_counts_no_more(live: FakeChat) -> None:
    await live.act("/mode live")
    on(live, TradingMode.LIVE)
    live.dispatch._runs._services = replace(live.dispatch._runs._services, keys={**KEYS, "bybit": "0000"})
    shown = text_of(await live.say("/mode"))
    assert "held back: the release by Ada, 10:20 was for other keys" in shown
    assert "held back" in text_of(await live.say("/status"))
    assert (await live.say("/mode live")).confirmation is not None


async def test_a_size_that_changes_meanwhile_is_asked_about_anew(live: FakeChat) -> None:
    question = await live.say("/mode live")
    live.show(question)
    on(live, TradingMode.LIVE, size_quote=money(5000))
    answer = await live.press(question)
    assert answer is not None
    assert "5,000 USDT a position" in text_of(answer)
    assert live.desk.calls == []


async def test_a_second_person_must_be_an_admin_too_but_nobody_is_needed_to_look_or_to_hold() -> None:
    chat = on(FakeChat(approvals=ApprovalSettings(second_person=True)), TradingMode.LIVE)
    assert (await chat.say("/mode")).confirmation is None
    question = await chat.say("/mode live")
    assert "Somebody else with the role admin" in text_of(question)
    chat.show(question)
    for person, words in ((ADA, "not enough"), (VIC, "needs the role admin"), (OLE, "needs the role admin")):
        answer = await chat.press(question, by=person)
        assert answer is not None
        assert words in text_of(answer)
    assert chat.desk.calls == []
    assert "held back already" in text_of(await chat.say("/mode hold", by=OLE))


async def test_one_time_codes_that_somebody_lacks_do_not_keep_them_from_looking_or_holding() -> None:
    codes = {("telegram", "99"): "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
    chat = on(FakeChat(approvals=ApprovalSettings(totp=codes)), TradingMode.LIVE)
    assert "Trading mode" in text_of(await chat.say("/mode"))
    assert "held back already" in text_of(await chat.say("/mode hold", by=OLE))
    assert (await chat.say("/mode live")).confirmation is None
    assert chat.desk.calls == ["hold"]


@pytest.mark.parametrize("mode", [TradingMode.PAPER, TradingMode.TESTNET])
async def test_without_money_at_stake_it_tells_what_to_change(mode: TradingMode) -> None:
    chat = on(FakeChat(), mode)
    chat.dispatch._runs._services = replace(chat.dispatch._runs._services, keys={"binance": "3f2a"})
    told = text_of(await chat.say("/mode live"))
    for words in (f"trades on {mode}", "trading.mode: live", "size_quote", "the keys of Bybit", "database.url"):
        assert words in told
    assert "/pause holds its entries back" in text_of(await chat.say("/mode hold"))
    assert chat.desk.calls == []
    assert f"no money at stake ({mode})" in text_of(await chat.say("/mode"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("/mode paper", "trading.mode: paper"),
        ("/mode hodl", "did you mean hold"),
        ("/mode live now", "One word at most"),
    ],
)
async def test_other_words_are_refused_with_what_works(live: FakeChat, words: str, told: str) -> None:
    assert told in text_of(await live.say(words))
    assert live.desk.calls == []


async def test_status_and_resume_do_not_promise_what_is_not_released(live: FakeChat) -> None:
    assert "live trading is not released (/mode live)" in text_of(await live.say("/status"))
    assert "as long as live trading is released" in text_of(await live.say("/resume"))
    await live.act("/mode live")
    assert "Entries: running" in text_of(await live.say("/status"))
