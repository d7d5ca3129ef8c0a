"""Numbers, times and orders out of ccxt's answers."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchanges.orders.answers import above_zero, at, in_ms, inside, number, read_order, side_of, text, told_word
from bot.exchanges.orders.reads import READS
from core.domain.errors import RetryLater
from core.domain.signals import Side

BINANCE, BYBIT = READS["binance"], READS["bybit"]


@given(st.decimals(min_value="0.00000001", max_value="1e12", places=8))
def test_numbers_go_out_and_come_back_exactly(value: Decimal) -> None:
    assert "E" not in text(value)
    assert number(text(value)) == value


@pytest.mark.parametrize("nothing", [None, "", "nan", "none", [], True])
def test_what_is_no_number_is_none(nothing: object) -> None:
    assert number(nothing) is None


@pytest.mark.parametrize("zero", ["0", "0.000", 0, None, "", "-1"])
def test_zero_stands_for_none(zero: object) -> None:
    assert above_zero(zero) is None


def test_times_are_aware_and_come_back() -> None:
    then = datetime(2025, 10, 26, 12, 0, 1, 234000, tzinfo=UTC)
    assert at(in_ms(then)) == then
    assert at(str(in_ms(then))) == then
    assert at("0") is None


@pytest.mark.parametrize(
    ("word", "side"),
    [("buy", Side.BUY), ("Buy", Side.BUY), ("long", Side.BUY), ("sell", Side.SELL), ("short", Side.SELL)],
)
def test_sides(word: str, side: Side) -> None:
    assert side_of(word) is side


@pytest.mark.parametrize(
    ("path", "found"),
    [(("a", 0, "b"), 1), (("a", 1), None), (("x",), None), (("a", "b"), None), ((), {"a": [{"b": 1}]})],
)
def test_what_lies_inside(path: tuple[str | int, ...], found: object) -> None:
    assert inside({"a": [{"b": 1}]}, path) == found


def order(**fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "id": "1",
        "clientOrderId": "wh-1",
        "status": "closed",
        "side": "buy",
        "amount": 2.0,
        "filled": 2.0,
        "average": 100.5,
        "lastUpdateTimestamp": 1761480000000,
        "fee": None,
        "info": {},
    } | fields


def test_an_order_that_is_filled_is_final() -> None:
    facts = read_order(order(), BINANCE, "USDT")
    assert facts.is_final
    assert (facts.filled, facts.average) == (Decimal(2), Decimal("100.5"))
    assert facts.fee is None


@pytest.mark.parametrize(
    "fields",
    [
        # Only ids, as the venue answers an order that it has taken.
        {"status": None, "filled": None, "average": None},
        {"status": "open", "filled": 1.0},
        # It says that it is filled, and not yet how.
        {"filled": 0.0, "average": None},
        {"average": None, "cost": None},
        {"lastUpdateTimestamp": None},
    ],
)
def test_an_answer_is_believed_only_as_far_as_it_says_something(fields: dict[str, Any]) -> None:
    assert not read_order(order(**fields), BINANCE, "USDT").is_final


def test_an_average_that_is_not_told_follows_from_the_cost() -> None:
    assert read_order(order(average=None, cost="201"), BINANCE, "USDT").average == Decimal("100.5")


@pytest.mark.parametrize(
    ("fee", "info", "found"),
    [
        ({"cost": 0.1, "currency": "USDT"}, {}, Decimal("0.1")),
        ({"cost": 0.1, "currency": "BNB"}, {}, None),
        (None, {"cumExecFee": "0.11"}, Decimal("0.11")),
        (None, {"cumExecFee": ""}, None),
        ({"cost": -0.02, "currency": "USDT"}, {"cumExecFee": "9"}, Decimal("-0.02")),
    ],
)
def test_fees_count_in_the_settle_coin_only(fee: object, info: dict[str, str], found: Decimal | None) -> None:
    assert read_order(order(fee=fee, info=info), BYBIT, "USDT").fee == found


@pytest.mark.parametrize(("value", "expected"), [("wh-1", "wh-1"), ("", None), (None, None)])
def test_a_word_is_told_or_there_is_none(value: str | None, expected: str | None) -> None:
    assert told_word(value) == expected


@pytest.mark.parametrize("value", [{"a": 1}, [], 7, 0, False])
def test_an_unreadable_word_is_not_taken_for_none(value: object) -> None:
    with pytest.raises(RetryLater):
        told_word(value)
