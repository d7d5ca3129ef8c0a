"""Closing many: the list first, one after another, nothing left out of the answer."""

from datetime import timedelta

import pytest

from core.domain.errors import NotPossible, OutcomeUnknown, RetryLater, Unreachable
from core.domain.positions import PositionSide, PositionState
from core.domain.replies import Tone
from handlers.texts import TABLE_WIDTH
from tests.builders import make_position, make_signal
from tests.fakes.chat import FakeChat, commands_of, text_of


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    await chat.keep(
        positions=[
            make_position(),
            make_position("ETHUSDT", side=PositionSide.SHORT),
            make_position("ETHUSDT", exchange="bybit"),
            make_position("LINKUSDT"),
        ]
    )
    chat.prices.set("binance", "SOLUSDT", 110)
    chat.prices.set("binance", "ETHUSDT", 110)
    chat.prices.set("bybit", "ETHUSDT", 90)
    return chat


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("/closeall", "1 2 3 4"),
        ("/closeall all", "1 2 3 4"),
        ("/closeall binance", "1 2 4"),
        ("/closeall Bybit", "3"),
        ("/closeall profitable", "1"),
        ("/closeall losing", "2 3"),
        ("/closeall eth", "2 3"),
        ("/closeall SOL link", "1 4"),
        ("/closeall #3 1", "1 3"),
    ],
)
async def test_exactly_what_was_listed_is_closed(chat: FakeChat, words: str, ids: str) -> None:
    question = await chat.say(words)
    assert question.table is not None
    assert [row[0] for row in question.table.rows] == ids.split()
    assert chat.desk.calls == []
    chat.show(question)
    reply = await chat.press(question)
    assert reply is not None
    assert chat.desk.calls == [f"close {number} 1" for number in ids.split()]
    assert "Checked: none of them is open any more." in text_of(reply)
    row = (await chat.audit())[-1]
    assert row.outcome == "answered"
    assert (row.before or "").count("open 1") == len(ids.split())
    assert (row.after or "").startswith("none of them is open; /closeall #")


async def test_the_list_has_count_and_total(chat: FakeChat) -> None:
    question = await chat.say("/closeall")
    assert "4 positions would be closed at market: -10.30 USDT (-3.44 %), 1 without a price now." in text_of(question)
    assert (question.banner, question.tone) == ("PAPER", Tone.WARNING)
    assert commands_of(question) == [f"/confirm {question.confirmation}", f"/cancel {question.confirmation}"]


async def test_what_is_only_opening_is_left_out_and_named(chat: FakeChat) -> None:
    await chat.keep(positions=[make_position("XRPUSDT", state=PositionState.OPENING)])
    question = await chat.say("/closeall")
    assert question.table is not None
    assert [row[0] for row in question.table.rows] == ["1", "2", "3", "4"]
    assert "Not among them: 1 position still opening." in question.lines
    assert "nothing to close" in text_of(await chat.say("/closeall XRP"))


async def test_the_table_fits_a_phone() -> None:
    chat = FakeChat()
    names = [f"1000PEPE{number}USDT" for number in range(45)]
    await chat.keep(positions=[make_position(name, size=10**6) for name in names])
    for name in names:
        chat.prices.set("binance", name, 90)
    question = await chat.say("/closeall")
    assert question.table is not None
    assert len(question.table.rows) == 40
    assert "and 5 more" in question.footer
    columns = zip(*question.table.rows, strict=True)
    assert sum(max(map(len, column)) for column in columns) + len(question.table.columns) - 1 <= TABLE_WIDTH


async def test_a_failure_does_not_keep_the_next_from_being_closed(chat: FakeChat) -> None:
    chat.desk.refusals = {
        1: RetryLater("maintenance", timedelta(minutes=1)),
        2: OutcomeUnknown("no answer"),
        3: Unreachable("away"),
    }
    reply = await chat.act("/closeall")
    assert chat.desk.calls == ["close 1 1", "close 2 1", "close 3 1", "close 4 1"]
    text = text_of(reply)
    assert "Not all is closed" in text
    assert "1 position closed" in text
    for line in (
        "SOLUSDT long #1: Maintenance.",
        "ETHUSDT short #2: Not known yet, it is being looked up (no answer).",
        "ETHUSDT long #3: Away.",
        "STILL OPEN: SOLUSDT long #1, 1.",
    ):
        assert line in text.splitlines()
    assert reply.tone is Tone.CRITICAL
    row = (await chat.audit())[-1]
    assert (row.after or "").startswith("#1 SOLUSDT open 1; #2 ETHUSDT open 1; #3 ETHUSDT open 1; /closeall")


async def test_what_was_closed_meanwhile_by_the_venue_is_counted_apart(
    chat: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = chat.desk.close

    async def close(position_id: int, **told: object) -> object:
        after = await original(position_id, **told)  # type: ignore[arg-type]
        return None if position_id == 1 else after

    monkeypatch.setattr(chat.desk, "close", close)
    text = text_of(await chat.act("/closeall"))
    assert "3 positions closed" in text
    assert "1 position had been closed already." in text


async def test_a_closed_one_changes_the_question_and_a_new_one_does_not(chat: FakeChat) -> None:
    question = await chat.say("/closeall binance")
    chat.show(question)
    await chat.keep(positions=[make_position("XRPUSDT")])
    await chat.act("/close 4")
    again = await chat.press(question)
    assert again is not None
    assert again.confirmation not in {None, question.confirmation}
    assert again.table is not None
    assert [row[0] for row in again.table.rows] == ["1", "2"]
    chat.show(again)
    await chat.press(again)
    assert chat.desk.calls == ["close 4 1", "close 1 1", "close 2 1"]


@pytest.mark.parametrize("words", ["/closeall 99", "/closeall BTC", "/closeall binance"])
async def test_nothing_to_close_is_said_without_a_question(words: str) -> None:
    chat = FakeChat()
    await chat.keep(signals=[make_signal(symbol="BTCUSDT")])
    reply = await chat.say(words)
    assert "nothing to close" in text_of(reply)
    assert reply.confirmation is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/closeall loosing", "did you mean losing?"),
        ("/closeall binance losing", "did you mean binance? It stands alone"),
        ("/closeall SLO", "did you mean SOLUSDT?"),
        ("/closeall ?", "is no symbol"),
    ],
)
async def test_doubtful_words_close_nothing(chat: FakeChat, words: str, said: str) -> None:
    assert said in text_of(await chat.say(words))
    assert chat.desk.calls == []


async def test_a_refusal_of_the_desk_is_told_with_its_reason(chat: FakeChat) -> None:
    chat.desk.refusal = NotPossible("the last order is still being settled")
    assert "The last order is still being settled." in text_of(await chat.act("/closeall bybit"))
