"""Numbers as people read them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.market import TradingMode
from handlers import texts

NOW = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("63421.57", "63421.57"),
        ("143.2", "143.20"),
        ("143.256789", "143.257"),
        ("1", "1.00"),
        ("1.23456789", "1.23457"),
        ("0.5", "0.50"),
        ("0.00001234", "0.00001234"),
        ("0.0000123456789", "0.000012346"),
        ("1E-8", "0.00000001"),
        ("1E+6", "1000000.00"),
        ("0", "0"),
    ],
)
def test_prices_have_the_digits_that_matter(value: str, text: str) -> None:
    assert texts.price(Decimal(value)) == text


@given(st.decimals(min_value="0.00000001", max_value="10000000", places=8))
def test_prices_never_use_exponents_and_stay_close(value: Decimal) -> None:
    text = texts.price(value)
    assert "E" not in text.upper()
    assert abs(Decimal(text) - value) <= value * Decimal("0.0001")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12.345", "+12.34 USDT"),
        ("-3", "-3.00 USDT"),
        ("0", "0.00 USDT"),
        ("-0.0000001", "0.00 USDT"),
        ("0.0035", "+0.0035 USDT"),
        ("-1234567.891", "-1,234,567.89 USDT"),
    ],
)
def test_money_has_sign_and_unit(value: str, text: str) -> None:
    assert texts.money(Decimal(value)) == text


def test_magnitudes_have_no_sign() -> None:
    assert texts.size(Decimal(100)) == "100 USDT"
    assert texts.size(Decimal("99.5")) == "99.50 USDT"
    assert texts.size(Decimal(820_000)) == "820,000 USDT"
    assert texts.cost(Decimal("0.11")) == "0.11 USDT"


@pytest.mark.parametrize(("value", "text"), [("0.0125", "+1.25 %"), ("-0.04", "-4.00 %"), ("-0.000001", "0.00 %")])
def test_ratios_are_shown_in_percent(value: str, text: str) -> None:
    assert texts.percent(Decimal(value)) == text


def test_numbers_lose_their_trailing_zeros() -> None:
    assert texts.percent_value(Decimal("2.50")) == "2.5 %"
    assert texts.number(Decimal("1E+2")) == "100"
    assert texts.quantity(Decimal("1234567.100")) == "1,234,567.1"
    assert texts.quantity(Decimal("0.00000012")) == "0.00000012"
    assert texts.score(Decimal(61)) == "61.0"


@pytest.mark.parametrize(
    ("duration", "long", "short"),
    [
        (timedelta(seconds=45), "45s", "45s"),
        (timedelta(minutes=12, seconds=30), "12m", "12m"),
        (timedelta(hours=3, minutes=12), "3h 12m", "3h12m"),
        (timedelta(hours=10, minutes=12), "10h 12m", "10h"),
        (timedelta(days=2, hours=4), "2d 4h", "2d4h"),
        (timedelta(days=2), "2d", "2d"),
        (timedelta(0), "0s", "0s"),
        (-timedelta(minutes=1), "0s", "0s"),
    ],
)
def test_ages_have_two_units_at_most(duration: timedelta, long: str, short: str) -> None:
    assert (texts.age(duration), texts.short_age(duration)) == (long, short)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=999)))
def test_short_ages_fit_five_columns(duration: timedelta) -> None:
    assert 0 < len(texts.short_age(duration)) <= 5


def test_spans_are_exact_while_they_are_short() -> None:
    assert texts.span(timedelta(milliseconds=350)) == "0.35 s"
    assert texts.span(timedelta(seconds=4, milliseconds=250)) == "4.2 s"
    assert texts.span(timedelta(minutes=2)) == "2m"


@pytest.mark.parametrize(
    ("at", "text", "table"),
    [
        (datetime(2026, 11, 20, 10, 15, tzinfo=UTC), "10:15", "10:15"),
        (datetime(2026, 11, 19, 10, 15, tzinfo=UTC), "19 Nov 10:15", "11-19 10:15"),
        (datetime(2024, 11, 19, 10, 15, tzinfo=UTC), "2024-11-19 10:15", "11-19 10:15"),
    ],
)
def test_times_carry_their_date_unless_it_is_today(at: datetime, text: str, table: str) -> None:
    assert (texts.time(at, NOW), texts.table_time(at, NOW)) == (text, table)


def test_lists_counts_and_cuts() -> None:
    assert texts.count(1, "position") == "1 position"
    assert texts.count(1204, "signal") == "1,204 signals"
    assert texts.listing(["a", "b", "c"], limit=2) == "a, b and 1 more"
    assert texts.cut("abcdef", 4) == "abc…"
    assert texts.sentence(" the stop is set") == "The stop is set."
    assert texts.sentence("Why?") == "Why?"
    assert texts.banner(TradingMode.LIVE) == "LIVE"
