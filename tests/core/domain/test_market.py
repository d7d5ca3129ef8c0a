"""An instrument owns the rounding of its prices and quantities."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.market import Instrument
from tests.builders import make_instrument

STEPS = st.sampled_from([Decimal(text) for text in ("1e-8", "0.00001", "0.005", "0.1", "1", "5", "100")])
INSTRUMENTS = st.builds(lambda price, quantity: make_instrument(price_step=price, quantity_step=quantity), STEPS, STEPS)
AMOUNTS = st.decimals(Decimal("1e-8"), Decimal("1e8"), places=8)


@given(INSTRUMENTS, AMOUNTS)
def test_a_quantity_is_never_more_than_asked(instrument: Instrument, quantity: Decimal) -> None:
    rounded = instrument.round_quantity(quantity)
    assert 0 <= rounded <= quantity < rounded + instrument.quantity_step
    assert rounded % instrument.quantity_step == 0


@given(INSTRUMENTS, AMOUNTS)
def test_prices_enclose_what_was_asked_and_are_valid(instrument: Instrument, price: Decimal) -> None:
    below, above = instrument.price_below(price), instrument.price_above(price)
    step = instrument.price_step
    assert below % step == above % step == 0
    assert price <= above < price + step
    if price >= step:
        assert price - step < below <= price
    else:
        assert below == step, "no price is zero"


@given(INSTRUMENTS, AMOUNTS)
def test_a_price_on_the_grid_stays(instrument: Instrument, price: Decimal) -> None:
    on_grid = instrument.price_above(price)
    assert instrument.price_below(on_grid) == instrument.price_above(on_grid) == on_grid


@pytest.mark.parametrize("name", ["price_step", "quantity_step"])
@pytest.mark.parametrize("step", ["0", "-0.1"])
def test_a_step_must_be_above_zero(name: str, step: str) -> None:
    with pytest.raises(ValueError, match="SOLUSDT"):
        make_instrument("SOLUSDT", **{name: Decimal(step)})
