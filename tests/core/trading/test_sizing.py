"""How many coins an entry buys."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.trading.sizing import size_entry
from tests.builders import make_instrument, money, price, quantity

STEPS = st.sampled_from([Decimal(text) for text in ("1e-6", "0.001", "0.1", "1", "10")])


@given(
    st.decimals(Decimal(1), Decimal(100_000), places=2),
    st.decimals(Decimal("0.00001"), Decimal(150_000), places=5),
    STEPS,
    st.sampled_from([Decimal(1), Decimal("0.5"), Decimal("0.7")]),
)
def test_an_entry_never_costs_more_than_was_asked_for(
    size: Decimal, at_price: Decimal, step: Decimal, multiplier: Decimal
) -> None:
    instrument = make_instrument(quantity_step=step, min_quantity=quantity(step))
    sized = size_entry(money(size), price(at_price), instrument, multiplier=multiplier)
    wanted = size * multiplier
    assert sized.notional_quote == sized.quantity * at_price <= wanted
    assert sized.notional_quote + step * at_price > wanted - Decimal("1e-15")
    assert sized.quantity % step == 0
    enough = sized.quantity >= step and sized.notional_quote >= instrument.min_notional
    assert sized.is_tradable is enough


def test_the_venues_minimum_is_enough() -> None:
    assert size_entry(money(5), price(50), make_instrument()).is_tradable
    assert not size_entry(money(4), price(40), make_instrument()).is_tradable
