"""Contracts of a venue that lists everything."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchanges.paper.simulated_venue import SimulatedInstruments, SimulatedVenue, instrument_of, is_symbol
from core.domain.market import MarketFacts
from tests.builders import price


@pytest.mark.parametrize(
    ("reference", "price_step", "quantity_step"),
    [
        ("108000", "1", "0.000001"),
        ("3900.5", "0.01", "0.0001"),
        ("1.787", "0.00001", "0.1"),
        ("0.02", "0.0000001", "10"),
        ("0.000787", "0.000000001", "1000"),
    ],
)
def test_steps_follow_the_price(reference: str, price_step: str, quantity_step: str) -> None:
    instrument = instrument_of("XUSDT", Decimal(reference))
    assert instrument.price_step == Decimal(price_step)
    assert instrument.quantity_step == Decimal(quantity_step)
    assert str(instrument.round_quantity(Decimal(12_345))).isdigit() or instrument.quantity_step < 1


@given(st.decimals("0.0000001", 500_000, allow_nan=False).filter(lambda value: value > 0))
def test_a_step_of_quantity_is_worth_little_and_a_hundred_dollars_are_hit_closely(reference: Decimal) -> None:
    instrument = instrument_of("XUSDT", reference)
    assert Decimal("0.1") <= instrument.quantity_step * reference < 1
    assert instrument.round_quantity(100 / reference) * reference > 99


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("BTCUSDT", True),
        ("1000PEPEUSDT", True),
        ("币安USDT", True),
        ("BTCUSDC", True),
        ("USDT", False),
        ("btcusdt", False),
        ("BTC-USDT", False),
        ("BTC", False),
        ("", False),
        ("no such thing", False),
    ],
)
def test_what_is_written_like_a_symbol_is_listed(text: str, is_one: bool) -> None:
    assert is_symbol(text) is is_one
    assert (text in SimulatedInstruments(lambda _: None)) is is_one


def test_a_contract_stays_what_it_was_when_it_first_had_a_price() -> None:
    costs = iter([None, price(100), price("0.001")])
    instruments = SimulatedInstruments(lambda _: next(costs))
    assert instruments["AUSDT"].price_step == Decimal("0.00001")
    assert list(instruments) == []
    assert instruments["AUSDT"].price_step == Decimal("0.001")
    assert instruments["AUSDT"] is instruments["AUSDT"]
    assert list(instruments) == ["AUSDT"]
    assert len(instruments) == 1
    with pytest.raises(KeyError):
        instruments["what?"]


async def test_facts_are_asked_for_symbols_only() -> None:
    known = MarketFacts(price=price(3))
    venue = SimulatedVenue(reference_price=lambda _: None, facts=lambda _: known)
    assert await venue.market_facts("SOLUSDT") is known
    assert await venue.market_facts("what?") == MarketFacts()
    assert (await venue.instruments())["SOLUSDT"].price_step == Decimal("0.00001")
