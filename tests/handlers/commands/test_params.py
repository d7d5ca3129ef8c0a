"""Params in force and their history."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.builders import NOW, make_param_change, make_param_override, make_stored_params
from tests.fakes.chat import FakeChat, commands_of, text_of


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    async with chat.units.writing() as unit:
        stored = make_stored_params(1, stop_loss=Decimal("2.5"), score_week=Decimal(60), trailing_distance=None)
        change = make_param_change(old=Decimal(4), new=Decimal("2.5"), changed_at=NOW - timedelta(hours=2))
        await unit.params.save(stored, [change])
    return chat


async def test_all_exchanges_side_by_side_with_marks(chat: FakeChat) -> None:
    reply = await chat.say("/params")
    assert reply.table is not None
    assert reply.table.rows == (
        ("max trades", "3", "3*"),
        ("stop loss", "2.5 %", "4 %*"),
        ("trail from", "2 %", "2 %*"),
        ("trail by", "0.5 %*", "0.5 %*"),
        ("week score", "60", "-"),
        ("month score", "-", "-"),
    )
    assert reply.footer == "* default, nothing stored"
    assert commands_of(reply) == ["/params binance", "/params bybit", "/params history"]


async def test_one_exchange_has_source_and_age(chat: FakeChat) -> None:
    reply = await chat.say("/params binance")
    assert reply.title == "Params · Binance"
    assert reply.table is not None
    assert reply.table.rows[:2] == (("max trades", "3", "stored", "0s"), ("stop loss", "2.5 %", "wave", "2h"))
    assert commands_of(reply) == ["/params history binance"]


async def test_an_override_wins(chat: FakeChat, monkeypatch: pytest.MonkeyPatch) -> None:
    async with chat.units.reading() as unit:
        kind = type(unit.params)

    async def overrides(self: object, exchange_id: int, at: object) -> list[object]:
        return [make_param_override("stop_loss", "1.5")] if exchange_id == 1 else []

    monkeypatch.setattr(kind, "overrides", overrides)
    reply = await chat.say("/params")
    assert reply.table is not None
    assert reply.table.rows[1] == ("stop loss", "1.5 %!", "4 %*")
    assert reply.footer.startswith("! a person's override")


@pytest.mark.parametrize("words", ["/params history", "/params HISTORY binance"])
async def test_the_history_tells_what_moved(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words)
    assert reply.lines == ("08:20 Binance stop loss: 4 % → 2.5 % (wave 10:00)",)


async def test_a_person_is_named_in_the_history(chat: FakeChat) -> None:
    async with chat.units.writing() as unit:
        change = make_param_change(
            "max_trades", old=None, new=Decimal(5), source="person", author="slack:U1 (Bo)", wave_at=None, exchange_id=2
        )
        await unit.params.save(make_stored_params(2, max_trades=5), [change])
    assert "10:20 Bybit max trades: - → 5 (Bo)" in text_of(await chat.say("/params history bybit"))


async def test_an_empty_history_is_said() -> None:
    assert "Nothing was ever changed." in text_of(await FakeChat().say("/params history"))


async def test_wrong_words_are_refused(chat: FakeChat) -> None:
    assert "one of binance, bybit" in text_of(await chat.say("/params kraken"))
    assert "One exchange at most." in text_of(await chat.say("/params binance bybit"))
