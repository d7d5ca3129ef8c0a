"""What is a price and what is none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.venue_prices.sanity import is_off, price_of
from core.domain.money import Price, Ratio


@pytest.mark.parametrize("text", ["61800.30", "0.00000001", "1E-7", "999999", "1"])
def test_a_price_is_exact(text: str) -> None:
    assert price_of(text) == Decimal(text)
    assert str(price_of(text)) == str(Decimal(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.00",
        "-1",
        "-0",
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "abc",
        "1,5",
        "1_000",
        "9e999999",
        "1e12",
        "1" * 41,
    ],
)
def test_what_is_none(text: str) -> None:
    assert price_of(text) is None


@given(st.text())
def test_any_text_is_a_price_above_zero_or_none(text: str) -> None:
    price = price_of(text)
    assert price is None or 0 < price < 10**12


@pytest.mark.parametrize(("last", "off"), [("70", False), ("69.99", True), ("130", False), ("130.01", True)])
def test_off_its_mark_begins_above_the_share(last: str, off: bool) -> None:
    assert is_off(Price(Decimal(last)), Price(Decimal(100)), Ratio(Decimal("0.3"))) is off
