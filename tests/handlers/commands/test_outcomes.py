"""Positions that ended."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.positions import ExitReason, Position, PositionState
from tests.builders import NOW, make_position, money, price, quantity
from tests.fakes.chat import FakeChat, text_of


def ended(symbol: str, pnl: str, ago: timedelta, reason: ExitReason, exchange: str = "binance") -> Position:
    return make_position(
        symbol,
        exchange=exchange,
        state=PositionState.CLOSED,
        exit_price=price(100 + Decimal(pnl)),
        exit_quantity=quantity(1),
        exit_reason=reason,
        pnl_quote=money(pnl),
        opened_at=NOW - ago - timedelta(hours=1),
        closed_at=NOW - ago,
    )


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    await chat.keep(
        positions=[
            ended("SOLUSDT", "4", timedelta(hours=1), ExitReason.TRAILING_STOP),
            ended("ETHUSDT", "-1.5", timedelta(hours=2), ExitReason.STOP_LOSS, "bybit"),
            ended("SOLUSDT", "-2", timedelta(days=3), ExitReason.LIQUIDATION_NEAR),
        ]
    )
    return chat


async def test_the_last_day_is_shown_with_its_sum(chat: FakeChat) -> None:
    reply = await chat.say("/outcomes")
    assert reply.title == "2 closed, last 24h"
    assert reply.table is not None
    assert reply.table.rows == (("SOL", "L", "+4.00", "trail", "1h"), ("ETH", "L", "-1.50", "stop", "1h"))
    assert "Result: +2.50 USDT (+1.25 %)" in text_of(reply)
    assert "Won: 1 of 2" in text_of(reply)


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("/outcomes 7d SOL", "2 closed, last 7d, SOLUSDT"),
        ("/outcomes bybit", "1 closed, last 24h, Bybit"),
        ("/outcomes 2026-11-17", "1 closed, 2026-11-17"),
        ("/outcomes 2026-11-17..2026-11-20 2", "3 closed, 2026-11-17..2026-11-20"),
    ],
)
async def test_the_list_can_be_narrowed(chat: FakeChat, words: str, title: str) -> None:
    assert (await chat.say(words)).title == title


async def test_a_count_cuts_the_rows_not_the_sums(chat: FakeChat) -> None:
    reply = await chat.say("/outcomes 7d 1")
    assert reply.table is not None
    assert len(reply.table.rows) == 1
    assert reply.footer == "and 2 more; the sums have all"


async def test_nothing_closed_is_said() -> None:
    assert "Nothing was closed: last 1h." in text_of(await FakeChat().say("/outcomes 1h"))


async def test_a_misspelt_symbol_gets_the_nearest(chat: FakeChat) -> None:
    assert "did you mean SOLUSDT?" in text_of(await chat.say("/outcomes SLOUSDT"))
