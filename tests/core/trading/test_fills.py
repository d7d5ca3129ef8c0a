"""Which fills of a venue are missing in the books: each counts once, whoever executed it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.domain.orders import OrderState, VenueFill
from core.domain.positions import LegKind
from core.domain.signals import Side
from core.trading.fills import leg_id, merged, missing_fills, newest, total_of
from tests.builders import at, make_leg, make_order, make_stop_request, money, price, quantity


def fill(size: str, *, client_order_id: str | None = None, minutes: float = 0, at_price: int = 100) -> VenueFill:
    return VenueFill(
        client_order_id=client_order_id,
        symbol="SOLUSDT",
        side=Side.SELL,
        quantity=quantity(size),
        price=price(at_price),
        fee_quote=money(size) / 10,  # type: ignore[arg-type]
        filled_at=at(minutes),
    )


def test_fills_of_the_other_side_are_not_asked_for() -> None:
    bought = replace(fill("1"), side=Side.BUY)
    assert missing_fills("binance", Side.SELL, [bought], [], []).others == ()


def test_an_order_of_ours_misses_what_it_executed_beyond_its_books() -> None:
    order = make_order("wh-1", OrderState.PARTIALLY_FILLED, filled_quantity=quantity("0.4"))
    found = missing_fills("binance", Side.SELL, [fill("1", client_order_id="wh-1")], [order], [])
    assert [(o.request.client_order_id, f.quantity, f.fee_quote) for o, f in found.own] == [
        ("wh-1", Decimal("0.6"), Decimal("0.06"))
    ]
    done = replace(order, filled_quantity=quantity(1))
    assert missing_fills("binance", Side.SELL, [fill("1", client_order_id="wh-1")], [done], []).own == ()


def test_what_is_booked_under_its_id_is_not_missing() -> None:
    first, second = fill("0.5", client_order_id="web-1"), fill("0.5", minutes=1)
    leg = make_leg(client_order_id=leg_id("binance", first), kind=LegKind.EXIT)
    assert missing_fills("binance", Side.SELL, [first, second], [], [leg]).others == (second,)
    assert missing_fills("bybit", Side.SELL, [first], [], [leg]).others == (first,), "of another exchange"


def test_a_stop_whose_fill_has_no_id_of_ours_takes_one_of_its_size_and_time() -> None:
    order = make_order("wh-s1", OrderState.FILLED, request=make_stop_request("wh-s1"), filled_quantity=quantity("0.6"))
    leg = make_leg(client_order_id="wh-s1", kind=LegKind.EXIT, quantity=quantity("0.6"), filled_at=at(5))
    by_hand, stopped, later = fill("0.6"), fill("0.6", minutes=5.1), fill("0.6", minutes=9)
    found = missing_fills("bybit", Side.SELL, [by_hand, stopped, later], [order], [leg])
    assert found.others == (by_hand, later)
    twin = fill("0.6", minutes=5.05)
    assert missing_fills("bybit", Side.SELL, [stopped, twin], [order], [leg]).others == (twin,), "one each"


def test_the_newest_explain_what_is_gone() -> None:
    old, new = fill("1", at_price=90), fill("0.5", minutes=5, at_price=110)
    assert newest([old, new], Decimal("0.5")) == (new,)
    part, whole = newest([old, new], Decimal("0.75"))
    assert (part.quantity, part.fee_quote, whole) == (Decimal("0.25"), Decimal("0.025"), new)
    assert newest([old, new], Decimal(5)) == (old, new)
    assert newest([old, new], Decimal(0)) == ()


SIZES = st.decimals(Decimal("0.001"), Decimal(1000), places=3).map(str)
FILLS = st.lists(st.tuples(SIZES, st.integers(1, 10_000)), min_size=1, max_size=6).map(
    lambda pairs: [fill(size, minutes=n, at_price=at_price) for n, (size, at_price) in enumerate(pairs)]
)


@given(FILLS, SIZES)
def test_parts_and_sums_lose_nothing(fills: list[VenueFill], asked: str) -> None:
    taken = newest(fills, Decimal(asked))
    assert total_of(taken) == min(Decimal(asked), total_of(fills))
    whole = merged(fills)
    assert whole.quantity == total_of(fills)
    assert abs(whole.fee_quote - sum(f.fee_quote for f in fills)) < Decimal("1e-20")
    assert min(f.price for f in fills) <= whole.price <= max(f.price for f in fills)
    assert whole.filled_at - fills[0].filled_at == timedelta(minutes=len(fills) - 1)
