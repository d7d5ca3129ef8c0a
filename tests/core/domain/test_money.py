"""Exact numbers, and rounding that never gives more than was asked."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.money import exact, percent_of_ratio, ratio_of_percent, round_ceiling, round_down, round_floor

STEPS = st.sampled_from([Decimal(text) for text in ("1e-8", "0.001", "0.0125", "0.5", "1", "3", "10", "1000")])
VALUES = st.decimals(Decimal("-1e9"), Decimal("1e9"), places=8)


def is_on_grid(value: Decimal, step: Decimal) -> bool:
    return value % step == 0


@given(VALUES, STEPS)
def test_rounding_down_goes_towards_zero_within_one_step(value: Decimal, step: Decimal) -> None:
    rounded = round_down(value, step)
    assert abs(rounded) <= abs(value) < abs(rounded) + step
    assert is_on_grid(rounded, step)
    assert rounded * value >= 0


@given(VALUES, STEPS)
def test_floor_and_ceiling_enclose_the_value_within_one_step(value: Decimal, step: Decimal) -> None:
    low, high = round_floor(value, step), round_ceiling(value, step)
    assert low <= value <= high
    assert high - low == (0 if is_on_grid(value, step) else step)
    assert is_on_grid(low, step)
    assert is_on_grid(high, step)


@given(VALUES, STEPS)
def test_floor_and_ceiling_are_mirrors(value: Decimal, step: Decimal) -> None:
    assert round_ceiling(-value, step) == -round_floor(value, step)


@given(VALUES, STEPS)
def test_rounding_twice_is_rounding_once(value: Decimal, step: Decimal) -> None:
    for rounded in (round_down(value, step), round_floor(value, step), round_ceiling(value, step)):
        assert round_down(rounded, step) == round_floor(rounded, step) == round_ceiling(rounded, step) == rounded


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_is_what_it_is_written_as(value: Decimal) -> None:
    assert exact(str(value)) == exact(value) == value
    assert exact(f" {value} ") == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_its_shortest_text(value: float) -> None:
    assert exact(value) == Decimal(repr(value))
    assert float(exact(value)) == value


@pytest.mark.parametrize("nothing", ["", " ", "x", "1,5", "nan", "inf", "-Infinity", float("nan"), Decimal("inf")])
def test_what_is_no_finite_number_is_refused(nothing: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        exact(nothing)


@pytest.mark.parametrize("nothing", [None, True, False, [1], b"1", {}])
def test_other_things_are_refused(nothing: object) -> None:
    with pytest.raises(ValueError, match="not a number"):
        exact(nothing)


@given(st.decimals(Decimal(-1000), Decimal(1000), places=6))
def test_percents_and_ratios_are_each_others_inverse(percent: Decimal) -> None:
    assert percent_of_ratio(ratio_of_percent(percent)) == percent
    assert ratio_of_percent(Decimal("2.5")) == Decimal("0.025")
