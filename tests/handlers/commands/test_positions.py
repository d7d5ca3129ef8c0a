"""What is open, as a table."""

from datetime import timedelta

import pytest

from core.domain.positions import PositionSide, PositionState
from handlers.texts import TABLE_WIDTH
from tests.builders import NOW, make_position
from tests.fakes.chat import FakeChat, commands_of, text_of


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    await chat.keep(
        positions=[
            make_position("SOLUSDT", opened_at=NOW - timedelta(hours=3, minutes=12)),
            make_position("1000000MOGUSDT", exchange="bybit", side=PositionSide.SHORT, opened_at=NOW),
            make_position("ADAUSDT", state=PositionState.OPENING),
        ]
    )
    chat.prices.set("binance", "SOLUSDT", 110)
    chat.prices.set("bybit", "1000000MOGUSDT", 90)
    return chat


async def test_every_position_has_a_row_and_the_totals_are_below(chat: FakeChat) -> None:
    reply = await chat.say("/positions")
    assert reply.title == "3 positions open"
    assert reply.banner == "PAPER"
    assert reply.table is not None
    assert reply.table.rows == (
        ("1", "SOL", "L", "Bi", "+9.90", "3h12m"),
        ("2", "1000000…", "S", "By", "+9.90", "0s"),
        ("3", "ADA", "L", "Bi", "-", "0s"),
    )
    text = text_of(reply)
    assert "Binance: +9.90 USDT (+9.90 %), 1 without a price" in text
    assert "Total: +19.80 USDT (+9.90 %), 1 without a price" in text
    assert commands_of(reply) == ["/position 1", "/position 2", "/position 3"]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("/pos", ["1", "2", "3"]),
        ("/pos bybit", ["2"]),
        ("/pos pnl", ["2", "1", "3"]),
        ("/pos symbol Binance", ["3", "1"]),
        ("/pos pnl 1", ["2"]),
        ("/pos SOL", ["1"]),
        ("/pos 2020-01-01..2020-01-02 bybit", []),
    ],
)
async def test_the_list_can_be_narrowed_and_sorted(chat: FakeChat, words: str, ids: list[str]) -> None:
    chat.prices.set("bybit", "1000000MOGUSDT", 80)
    reply = await chat.say(words)
    assert [row[0] for row in reply.table.rows] == ids if reply.table else ids == []


async def test_a_wrong_word_is_refused(chat: FakeChat) -> None:
    assert "no symbol seen here" in text_of(await chat.say("/pos kraken"))
    assert "One way to sort" in text_of(await chat.say("/pos pnl age"))


async def test_nothing_open_is_said_in_a_sentence() -> None:
    assert "No position is open, Bybit." in text_of(await FakeChat().say("/positions bybit"))


async def test_the_widest_rows_fit_a_phone() -> None:
    chat = FakeChat()
    positions = [
        make_position(f"{n}LONGCOINUSDT", entry=1, opened_at=NOW - timedelta(days=99, hours=23)) for n in range(1234)
    ]
    await chat.keep(positions=positions)
    for position in positions:
        chat.prices.set("binance", position.symbol, 3)
    reply = await chat.say("/positions")
    assert reply.table is not None
    rows = [tuple(column.title for column in reply.table.columns), *reply.table.rows]
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    assert sum(widths) + len(widths) - 1 <= TABLE_WIDTH
    assert "and 1194 more" in reply.footer
