"""A position from intent to result: the table of its states, and arithmetic to the last digit."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Bug
from core.domain.money import Money
from core.domain.positions import TRANSITIONS, ExitReason, PositionSide, PositionState
from core.domain.signals import Side
from tests.builders import at, make_fill, make_position, money, price, quantity, ratio

SIDES = st.sampled_from(PositionSide)
PRICES = st.decimals(Decimal("0.01"), Decimal(10_000), places=2)
SIZES = st.lists(st.decimals(Decimal("0.1"), Decimal(50), places=1), min_size=1, max_size=5)


@pytest.mark.parametrize("before", PositionState)
@pytest.mark.parametrize("after", PositionState)
def test_only_what_the_table_allows(before: PositionState, after: PositionState) -> None:
    position = make_position(state=before)
    if after in TRANSITIONS[before]:
        assert position.moved_to(after).state is after
    else:
        with pytest.raises(Bug, match="cannot go"):
            position.moved_to(after)


def test_what_has_ended_stays_ended_and_frees_its_symbol() -> None:
    for state in PositionState:
        assert state.is_live is bool(TRANSITIONS[state])


@given(SIDES, PRICES, SIZES, PRICES, st.decimals(0, 1, places=4))
def test_the_result_is_the_sum_of_its_parts(
    side: PositionSide, entry: Decimal, sizes: list[Decimal], exit_price: Decimal, fee: Decimal
) -> None:
    total = sum(sizes, Decimal(0))
    opening = make_position(state=PositionState.OPENING, side=side)
    position = opening.opened(make_fill(total, entry, fee=fee))
    prices = [exit_price + n for n in range(len(sizes))]
    for size, at_price in zip(sizes, prices, strict=True):
        position = position.reduced(make_fill(size, at_price, fee=fee), ExitReason.AGED)
    sign = 1 if side is PositionSide.LONG else -1
    gross = sum((sign * (p - entry) * s for p, s in zip(prices, sizes, strict=True)), Decimal(0))
    fees = fee * (len(sizes) + 1)
    assert position.state is PositionState.CLOSED
    assert (position.quantity, position.fees_quote) == (quantity(0), Money(fees))
    assert position.pnl_quote is not None
    assert abs(position.pnl_quote - (gross - fees)) < Decimal("1e-15")
    assert position.return_ratio is not None
    assert abs(position.return_ratio - (gross - fees) / (entry * total)) < Decimal("1e-12")


@given(SIDES, PRICES, st.decimals(Decimal("-0.5"), Decimal("0.5"), places=4))
def test_a_price_at_a_profit_has_that_profit(side: PositionSide, entry: Decimal, gain: Decimal) -> None:
    position = make_position(side=side, entry=entry)
    there = position.price_at_profit(ratio(gain))
    assert abs(position.profit_ratio(there) - gain) < Decimal("1e-20")
    assert position.unrealised_quote(there) * gain >= 0
    assert position.is_better(there, position.entry) is (gain > 0)


@given(st.lists(PRICES, min_size=2, max_size=6), SIDES)
def test_better_means_more_profit(prices: list[Decimal], side: PositionSide) -> None:
    position = make_position(side=side)
    for one, other in pairwise(prices):
        more = position.profit_ratio(price(one)) > position.profit_ratio(price(other))
        assert position.is_better(price(one), price(other)) is more


def test_funding_is_part_of_the_result() -> None:
    position = make_position(funding_quote=money("-0.3"), fees_quote=money(0))
    closed = position.reduced(make_fill(1, 110, fee=0), ExitReason.AGED)
    assert closed.pnl_quote == Decimal("9.7")


def test_a_fill_beyond_what_is_open_closes_no_more_than_that() -> None:
    closed = make_position(fees_quote=money(0)).reduced(make_fill(3, 110, fee=0), ExitReason.STOP_LOSS)
    assert (closed.exit_quantity, closed.pnl_quote) == (quantity(1), money(10))


def test_a_part_of_a_closing_position_opens_the_rest_again() -> None:
    closing = make_position(size=2).moved_to(PositionState.CLOSING)
    part = closing.reduced(make_fill(1, 110), ExitReason.AGED)
    assert (part.state, part.quantity, part.realised_quote) == (PositionState.OPEN, quantity(1), money(10))


def test_opening_takes_the_fill() -> None:
    opened = make_position(state=PositionState.OPENING).opened(make_fill(2, 50, fee="0.1", filled_at=at(3)))
    assert (opened.quantity, opened.entry_quantity) == (quantity(2), quantity(2))
    assert (opened.entry, opened.best_price) == (price(50), price(50))
    assert (opened.opened_at, opened.fees_quote) == (at(3), money("0.1"))


def test_an_entry_that_is_not_filled_has_no_price() -> None:
    with pytest.raises(Bug, match="no entry price"):
        _ = make_position(state=PositionState.OPENING).entry


@pytest.mark.parametrize(("side", "entry", "ending"), [("long", Side.BUY, Side.SELL), ("short", Side.SELL, Side.BUY)])
def test_sides(side: str, entry: Side, ending: Side) -> None:
    position_side = PositionSide(side)
    assert (position_side.entry_side, position_side.exit_side) == (entry, ending)
    assert PositionSide.opened_by(entry) is position_side
