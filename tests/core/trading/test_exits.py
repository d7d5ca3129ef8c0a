"""Closing positions, and telling truly how they ended."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.domain.errors import RetryLater
from core.domain.events import ClosedOutside, OrderRefused, OrderUnknown, PositionClosed, PositionReduced
from core.domain.orders import (
    Cancelled,
    Filled,
    OrderLeg,
    OrderState,
    PartiallyFilled,
    RefusalReason,
    Refused,
    Unknown,
)
from core.domain.positions import ExitReason, Position, PositionSide, PositionState
from core.domain.signals import Side
from core.trading.exits import part_of
from tests.builders import make_fill, make_instrument, make_position, money, price, quantity, ratio
from tests.core.desk import Desk, short
from tests.core.venue_kinds import EVERY, with_stop_orders
from tests.fakes.exchange import HANG

VENUES = EVERY
GONE = Refused(reason=RefusalReason.POSITION_GONE)


@pytest.fixture
async def held(desk: Desk) -> Position:
    """A long of 1 at 100 with its stop at 96, at the venue as well."""
    return await desk.keep(make_position(fees_quote=money("0.05")))


async def close(desk: Desk, position: Position, **changes: object) -> Position:
    after, _ = await desk.exits.close(desk.venue, position, ExitReason.AGED, **changes)  # type: ignore[arg-type]
    return after


async def test_a_fill_closes_with_the_net_result(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 110)
    after = await close(desk, held, author="Ann")
    assert after == desk.position()
    assert (after.state, after.exit_reason) == (PositionState.CLOSED, ExitReason.AGED)
    assert after.pnl_quote == Decimal(10) - Decimal("0.05") - Decimal("0.055")
    (event,) = desk.events(PositionClosed)
    assert (event.pnl_quote, event.reason, event.author) == (after.pnl_quote, ExitReason.AGED, "Ann")
    assert await desk.venue.stops() == [], "its stop is taken back"
    assert desk.book.count == 0
    assert [leg.kind.value for leg in desk.units.store.legs.values()] == ["exit"]


async def test_a_short_gains_when_the_price_falls(desk: Desk) -> None:
    held = await desk.keep(make_position(**short(), fees_quote=money(0)))
    desk.venue.set_price("SOLUSDT", 90)
    after = await close(desk, held)
    assert after.pnl_quote == Decimal(10) - Decimal("0.045")
    assert (after.side, after.return_ratio) == (PositionSide.SHORT, Decimal("0.09955"))


async def test_a_part_leaves_the_rest_open_and_protected(desk: Desk, held: Position) -> None:
    after = await close(desk, held, quantity=quantity("0.3"))
    assert (after.state, after.quantity) == (PositionState.OPEN, quantity("0.7"))
    (event,) = desk.events(PositionReduced)
    assert (event.quantity, event.left) == (quantity("0.3"), quantity("0.7"))
    assert len(await desk.venue.stops()) == 1
    rest = await close(desk, after)
    assert (rest.state, rest.exit_quantity) == (PositionState.CLOSED, quantity(1))
    ids = [order.request.client_order_id for order in desk.orders(OrderLeg.EXIT)]
    assert len(set(ids)) == 2


async def test_a_partial_fill_leaves_the_rest_open(desk: Desk, held: Position) -> None:
    desk.venue.script(
        "place",
        PartiallyFilled(quantity=quantity("0.6"), price=price(99), fee_quote=money(0), filled_at=desk.clock.now()),
    )
    after = await close(desk, held)
    assert (after.state, after.quantity) == (PositionState.OPEN, quantity("0.4"))


async def test_closing_what_is_not_open_does_nothing(desk: Desk, held: Position) -> None:
    closed = await close(desk, held)
    again, outcome = await desk.exits.close(desk.venue, closed, ExitReason.AGED)
    assert (again, outcome) == (closed, Cancelled())
    assert len(desk.events(PositionClosed)) == 1


async def test_a_refusal_leaves_position_and_stop_as_they_were(desk: Desk, held: Position) -> None:
    desk.venue.script("place", Refused(reason=RefusalReason.PRICE_BAND, detail="too far"))
    after = await close(desk, held)
    assert (after.state, after.exit_reason) == (PositionState.OPEN, None)
    assert after.stop_order_id == held.stop_order_id
    (event,) = desk.events(OrderRefused)
    assert (event.leg, event.reason, event.detail) == ("exit", "price_band", "too far")
    assert len(await desk.venue.stops()) == 1


@pytest.mark.parametrize("answer", [Unknown(detail="503"), HANG])
async def test_silence_leaves_it_closing_until_it_is_settled(desk: Desk, held: Position, answer: Unknown | str) -> None:
    desk.venue.script("place", answer)
    after = await close(desk, held)
    assert (after.state, after.exit_reason) == (PositionState.CLOSING, ExitReason.AGED)
    (event,) = desk.events(OrderUnknown)
    assert event.leg == "exit"
    assert desk.unsettled.qsize() == 1
    assert desk.orders(OrderLeg.EXIT)[0].state is OrderState.UNKNOWN


async def test_a_stop_that_was_faster_is_what_closed_it(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 95)
    after = await close(desk, held)
    assert (after.state, after.exit_reason) == (PositionState.CLOSED, ExitReason.STOP_LOSS)
    assert after.exit_price == 96
    assert desk.orders(OrderLeg.EXIT)[0].state is OrderState.CANCELLED
    assert desk.orders(OrderLeg.STOP)[0].state is OrderState.FILLED
    assert desk.events(ClosedOutside) == []


async def test_a_position_that_vanished_was_closed_outside(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 103)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1)
    desk.venue.set_price("SOLUSDT", 110)
    after = await close(desk, held)
    assert (after.exit_reason, after.exit_price) == (ExitReason.CLOSED_OUTSIDE, price(103))
    assert len(desk.events(ClosedOutside)) == len(desk.events(PositionClosed)) == 1
    assert desk.orders(OrderLeg.EXIT)[0].state is OrderState.CANCELLED
    assert desk.orders(OrderLeg.STOP)[0].state is OrderState.CANCELLED, "it went with the position"


async def wait_for_a_guess(desk: Desk, position: Position) -> Position:
    """Let so many looks at a position that vanished without a trace explain nothing that the next one may guess."""
    for _ in range(2):
        position = await close(desk, position)
        assert (position.state, position.exit_reason) == (PositionState.OPEN, None)
        await desk.clock.advance(timedelta(seconds=15))
    return position


@pytest.mark.parametrize("answer", [RetryLater("busy", timedelta(seconds=1)), HANG])
async def test_a_venue_without_a_price_still_lets_it_end(desk: Desk, held: Position, answer: Exception | str) -> None:
    desk.venue.drop_position("SOLUSDT")
    after = await wait_for_a_guess(desk, held)
    desk.venue.script("market_facts", answer)
    after = await close(desk, after)
    assert (after.exit_reason, after.exit_price) == (ExitReason.CLOSED_OUTSIDE, price(96))


async def test_a_reason_is_not_guessed_while_the_venue_cannot_tell(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 95)
    desk.venue.script("find_order", RetryLater("busy", timedelta(seconds=1)))
    after = await close(desk, held)
    assert after.state is PositionState.OPEN
    again = await desk.exits.take_gone(desk.venue, after)
    assert (again.exit_reason, again.exit_price) == (ExitReason.STOP_LOSS, price(96))


@with_stop_orders
async def test_a_partial_stop_fill_and_a_rest_closed_by_hand_end_the_position(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    part = PartiallyFilled(quantity=quantity("0.5"), price=price(96), fee_quote=money(0), filled_at=desk.clock.now())
    request, _ = desk.venue._orders[held.stop_order_id]
    desk.venue._orders[held.stop_order_id] = (request, part)
    by_hand = desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.5", client_order_id="web-1")
    desk.venue.executed.append(replace(by_hand, client_order_id=held.stop_order_id, price=price(96)))
    after = await desk.exits.take_gone(desk.venue, held)
    assert (after.state, after.exit_reason) == (PositionState.CLOSED, ExitReason.CLOSED_OUTSIDE)
    assert (after.exit_quantity, after.exit_price) == (quantity(1), price(98))


async def test_a_stop_fill_is_taken_in_once(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    fill = make_fill(1, 96)
    after = await desk.exits.take_stop_fill(desk.venue, held, held.stop_order_id, fill)
    again = await desk.exits.take_stop_fill(desk.venue, after, held.stop_order_id, fill)
    assert again == after
    assert len(desk.events(PositionClosed)) == 1
    assert len(desk.units.store.legs) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ExitReason.STOP_LOSS),
        ({"is_breakeven": True}, ExitReason.BREAKEVEN),
        ({"is_trailing": True, "is_breakeven": True}, ExitReason.TRAILING_STOP),
    ],
)
async def test_a_stop_fill_names_what_the_stop_had_become(
    desk: Desk, changes: dict[str, Any], reason: ExitReason
) -> None:
    held = await desk.keep(make_position(**changes))
    assert held.stop_order_id is not None
    after = await desk.exits.take_stop_fill(desk.venue, held, held.stop_order_id, make_fill(1, 96))
    assert after.exit_reason is reason


@pytest.mark.parametrize("late", [GONE, Refused(reason=RefusalReason.NEVER_ARRIVED), make_fill(1, 95), Cancelled()])
async def test_an_exit_that_is_settled_after_the_end_changes_nothing(
    desk: Desk, held: Position, late: Filled | Refused | Cancelled
) -> None:
    desk.venue.script("place", Unknown(detail="503"))
    closing = await close(desk, held)
    assert held.stop_order_id is not None
    ended = await desk.exits.take_stop_fill(desk.venue, closing, held.stop_order_id, make_fill(1, 96))
    (order,) = desk.orders(OrderLeg.EXIT)
    assert await desk.exits.conclude(desk.venue, ended, order, late) == ended
    assert desk.position() == ended
    assert desk.orders(OrderLeg.EXIT)[0].state.is_settled
    assert len(desk.events(PositionClosed)) == 1


async def test_a_stop_that_cannot_be_taken_back_now_is_left_to_reconcile(desk: Desk, held: Position) -> None:
    desk.venue.script("cancel", RetryLater("busy", timedelta(seconds=1)))
    assert (await close(desk, held)).state is PositionState.CLOSED


@pytest.mark.parametrize(("share", "coins"), [("0.5", "0.7"), ("0.999", "1.4"), ("0.01", "0")])
def test_a_part_is_rounded_down_to_the_grid(share: str, coins: str) -> None:
    position = make_position(size="1.5")
    assert part_of(position, ratio(share), make_instrument()) == quantity(coins)
