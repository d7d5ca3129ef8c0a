"""Fills and net positions, worked by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchanges.paper.book import Holding, PaperBook, after_fill, slipped
from core.domain.orders import OrderState
from core.domain.signals import Side
from tests.builders import (
    Number,
    make_instrument,
    make_paper_order,
    make_request,
    make_stop_request,
    make_tick,
    money,
    price,
    quantity,
    ratio,
)


def holding(side: Side = Side.BUY, size: Number = 2, entry: Number = 100) -> Holding:
    return Holding(side=side, quantity=quantity(size), entry_price=price(entry))


@pytest.mark.parametrize(
    ("held", "fill", "after", "realised"),
    [
        (None, (Side.SELL, 2, 100), holding(Side.SELL, 2, 100), 0),
        (holding(), (Side.BUY, 2, 110), holding(Side.BUY, 4, 105), 0),
        (holding(), (Side.SELL, 1, 110), holding(Side.BUY, 1, 100), 10),
        (holding(), (Side.SELL, 2, 90), None, -20),
        (holding(), (Side.SELL, 5, 110), holding(Side.SELL, 3, 110), 20),
        (holding(Side.SELL), (Side.BUY, 1, 90), holding(Side.SELL, 1, 100), 10),
        (holding(Side.SELL), (Side.BUY, 3, 110), holding(Side.BUY, 1, 110), -20),
    ],
)
def test_a_fill_nets_with_what_is_held(
    held: Holding | None, fill: tuple[Side, int, int], after: Holding | None, realised: int
) -> None:
    side, size, at_price = fill
    assert after_fill(held, side, quantity(size), price(at_price)) == (after, money(realised))


@given(st.decimals("0.05", 200_000, places=4), st.sampled_from(list(Side)), st.decimals(0, "0.05", places=4))
def test_a_taker_never_gets_a_better_price_than_the_market(at_price: Decimal, side: Side, slippage: Decimal) -> None:
    instrument = make_instrument()
    filled = slipped(price(at_price), side, ratio(slippage), instrument)
    assert filled % instrument.price_step == 0
    if side is Side.BUY:
        assert filled >= at_price
        assert filled - at_price * (1 + slippage) < instrument.price_step
    else:
        assert filled <= at_price
        assert at_price * (1 - slippage) - filled < instrument.price_step


def test_the_same_fill_recorded_twice_counts_once() -> None:
    book = PaperBook(money(1_000))
    for _ in range(2):
        book.record(make_paper_order())
    assert book.held("SOLUSDT") == holding(Side.BUY, 1, 100)
    assert book.balance().total == Decimal("999.95")
    assert book.balance().free == Decimal("899.95")


def test_stops_are_met_in_the_order_of_the_way_the_price_took() -> None:
    book = PaperBook(money(1_000))
    book.record(make_paper_order())
    for name, trigger in (("far", 90), ("near", 97), ("beyond", 80)):
        request = make_stop_request(name, trigger)
        nothing = {"filled_quantity": quantity(0), "filled_price": None, "fee_quote": money(0)}
        book.record(make_paper_order(name, OrderState.RESTING, request=request, **nothing))
    assert [o.request.client_order_id for o in book.reached_stops(make_tick(85))] == ["near", "far"]
    assert book.reached_stops(make_tick(98)) == []
    assert book.reached_stops(make_tick(1, symbol="ETHUSDT")) == []


def test_leverage_of_an_entry_comes_back_with_its_order() -> None:
    book = PaperBook(money(1_000))
    book.restore([make_paper_order(detail="isolated 5x"), make_paper_order("x", request=make_request("x", symbol="A"))])
    assert book.leverage("SOLUSDT") == 5
    assert book.leverage("A") == 1
    assert book.balance().total - book.balance().free == 20 + 100
