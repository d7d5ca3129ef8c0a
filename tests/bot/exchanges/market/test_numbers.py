"""Raw figures: which are taken, which are refused; candles."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchanges.market.numbers import (
    amount,
    credible,
    dig,
    is_unbroken,
    moment,
    price,
    read_candles,
    spread,
    value_at,
)
from tests.builders import price as a_price
from tests.builders import ratio

FIVE = timedelta(minutes=5)
FROM_MS = 1_763_632_800_000


def row(place: int, *, opened: str = "10", close: str = "10", quote: str = "100", low: str = "9") -> list[object]:
    """A candle as Binance writes it; `place` counts five-minute candles."""
    return [FROM_MS + place * 300_000, opened, "12", low, close, "10.5", 0, quote, 5, "0", "0", "0"]


@pytest.mark.parametrize(
    "value", ["", None, "abc", "NaN", "Infinity", "-1", -0.5, float("nan"), math.inf, True, [], {}, "1e999999", "1e-50"]
)
def test_what_cannot_be_true_is_refused(value: object) -> None:
    assert amount(value) is None
    assert price(value) is None


def test_nothing_traded_is_a_fact_but_no_price_is_zero() -> None:
    assert amount("0") == 0
    assert price("0") is None
    assert price("0.00000000") is None


def test_figures_stay_exact() -> None:
    assert price("0.00004398") == Decimal("0.00004398")
    assert amount(13890060527.64) == Decimal("13890060527.64")


@pytest.mark.parametrize(
    ("last", "mark", "is_taken"),
    [("100", "100", True), ("150", "100", True), ("151", "100", False), ("50", "100", True), ("49", "100", False)],
)
def test_a_price_far_off_the_mark_is_refused(last: str, mark: str, is_taken: bool) -> None:
    assert credible(a_price(last), a_price(mark)) == (a_price(last) if is_taken else None)


def test_without_a_mark_price_nothing_can_be_said() -> None:
    assert credible(a_price(999_999), None) == 999_999
    assert credible(None, a_price(1)) is None


def test_the_spread_of_a_book() -> None:
    assert spread(a_price(99), a_price(101)) == ratio("0.02")
    assert spread(a_price(100), a_price(100)) == 0
    assert spread(a_price("100.1"), a_price(100)) is None  # crossed
    assert spread(None, a_price(100)) is None
    assert spread(a_price(100), None) is None


def test_coins_are_worth_nothing_known_without_a_price() -> None:
    assert value_at(Decimal(3), a_price(7)) == 21
    assert value_at(None, a_price(7)) is None
    assert value_at(Decimal(3), None) is None


@pytest.mark.parametrize("is_newest_first", [False, True])
def test_candles_come_oldest_first(is_newest_first: bool) -> None:
    rows: list[object] = [row(place, quote=str(place)) for place in range(3)]
    candles = read_candles(rows[::-1] if is_newest_first else rows, 7)
    assert candles is not None
    assert [candle.quote_volume for candle in candles] == [0, 1, 2]
    assert candles[0].opened_at == datetime.fromtimestamp(FROM_MS / 1000, tz=UTC)
    assert candles[0].volume == Decimal("10.5")


@pytest.mark.parametrize(
    "broken",
    [
        "nonsense",
        [],
        None,
        row(1)[:7],
        row(1, close="0"),
        row(1, close="NaN"),
        row(1, close="13"),  # above its high
        row(1, low="11"),  # above its opening
        row(1, quote="-1"),
        row(0),  # twice
        ["0", *row(1)[1:]],
    ],
)
def test_one_candle_that_cannot_be_true_spoils_the_answer(broken: object) -> None:
    assert read_candles([row(0), row(1)], 7) is not None
    assert read_candles([row(0), broken], 7) is None


def test_holes_between_candles() -> None:
    candles = read_candles([row(0), row(1), row(3)], 7)
    assert candles is not None
    assert is_unbroken(candles[:2], FIVE)
    assert not is_unbroken(candles, FIVE)
    assert not is_unbroken(candles[:2], FIVE / 5)


def test_digging() -> None:
    info = {"filters": [{"filterType": "A", "x": 1}, "odd", {"filterType": "B", "x": 2}], "plain": {"y": "3"}}
    assert dig(info, ("filters", "B", "x")) == 2
    assert dig(info, ("plain", "y")) == "3"
    assert dig(info, ("filters", "C", "x")) is None
    assert dig(None, ("filters",)) is None
    assert dig([1], ()) == [1]


def test_moments() -> None:
    assert moment("1763632800000") == datetime(2025, 11, 20, 10, tzinfo=UTC)
    assert moment("0") is None
    assert moment("") is None
    assert moment("9" * 25) is None


@given(st.decimals(min_value="0.00000001", max_value=10**9), st.decimals(min_value="0.00000001", max_value=10**9))
def test_a_spread_is_never_negative_nor_above_two(bid: Decimal, ask: Decimal) -> None:
    found = spread(a_price(bid), a_price(ask))
    assert (found is None) == (bid > ask)
    assert found is None or 0 <= found < 2
