"""One position against the venue: stops that stand elsewhere, cover too little, or are missing under an exit."""

from datetime import timedelta

import pytest

from core.domain.errors import RetryLater
from core.domain.events import PositionClosed, ReconcileReport, StopMoved, UnprotectedPosition
from core.domain.orders import OrderLeg, OrderState, PartiallyFilled, RefusalReason, Refused, Unknown
from core.domain.positions import ExitReason, Position, PositionSide, PositionState
from core.domain.signals import Side
from tests.builders import make_position, make_stop_request, money, price, quantity
from tests.core.desk import Desk
from tests.core.venue_kinds import EVERY, with_attached_stops, with_stop_orders

VENUES = EVERY
BUSY = RetryLater("maintenance", timedelta(seconds=1))


@pytest.fixture
async def held(desk: Desk) -> Position:
    """A long of 1 at 100 with its stop at 96, at the venue as well."""
    return await desk.keep(make_position())


async def triggers(desk: Desk) -> list[object]:
    return [stop.trigger_price for stop in await desk.venue.stops()]


@pytest.mark.parametrize(("side", "tighter"), [(PositionSide.LONG, "98"), (PositionSide.SHORT, "102")])
async def test_a_stop_that_was_tightened_there_is_taken_over(desk: Desk, side: PositionSide, tighter: str) -> None:
    await desk.keep(make_position(side=side))
    calls = len(desk.venue.requests)
    desk.venue.move_stop("SOLUSDT", tighter)
    (finding,) = await desk.reconcile.run()
    assert f"stands at {tighter} there" in finding
    assert desk.position().stop_price == price(tighter)
    assert [event.new_price for event in desk.events(StopMoved)] == [price(tighter)]
    assert len(desk.venue.requests) == calls
    assert await desk.reconcile.run() == ()
    desk.venue.set_price("SOLUSDT", 90 if side is PositionSide.LONG else 110)
    await desk.reconcile.run()
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.STOP_LOSS, price(tighter))


@pytest.mark.parametrize(("side", "looser"), [(PositionSide.LONG, "90"), (PositionSide.SHORT, "110")])
async def test_a_stop_that_was_loosened_there_is_put_back(desk: Desk, side: PositionSide, looser: str) -> None:
    held = await desk.keep(make_position(side=side))
    desk.venue.move_stop("SOLUSDT", looser)
    (finding,) = await desk.reconcile.run()
    assert f"stood at {looser} there" in finding
    assert await triggers(desk) == [held.stop_price]
    assert desk.position().stop_price == held.stop_price
    assert desk.events(StopMoved) == []
    assert desk.events(UnprotectedPosition) == []
    assert await desk.reconcile.run() == ()
    states = [order.state for order in desk.orders(OrderLeg.STOP)]
    assert states == [OrderState.CANCELLED, OrderState.RESTING]


async def test_a_loosened_stop_that_is_crossed_by_now_ends_the_position(desk: Desk, held: Position) -> None:
    desk.venue.move_stop("SOLUSDT", 90)
    desk.venue.set_price("SOLUSDT", 95)
    (finding,) = await desk.reconcile.run()
    assert "crossed already, now closed" in finding
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.STOP_LOSS, price(95))


@pytest.mark.parametrize("answer", [Refused(reason=RefusalReason.RATE_LIMITED), Unknown(detail="503")])
async def test_a_stop_that_cannot_be_put_back_now_is_put_back_next_time(
    desk: Desk, held: Position, answer: Refused | Unknown
) -> None:
    desk.venue.move_stop("SOLUSDT", 90)
    desk.venue.script("replace_stop", answer)
    (finding,) = await desk.reconcile.run()
    assert "not placed" in finding
    assert desk.position().state is PositionState.OPEN
    await desk.reconcile.run()
    assert await triggers(desk) == [96]


@with_attached_stops
@pytest.mark.parametrize(
    ("there", "then", "word"), [("98", "98", "taken over"), ("96", "96", "belongs"), ("90", "96", "placed")]
)
async def test_a_stop_that_we_did_not_know_of(desk: Desk, there: str, then: str, word: str) -> None:
    await desk.keep(make_position(stop_price=None, stop_order_id=None))
    await desk.venue.place(make_stop_request("somebody", there))
    (finding,) = await desk.reconcile.run()
    assert word in finding
    assert await triggers(desk) == [price(then)]
    assert desk.position().stop_price == price(then)
    assert desk.position().stop_order_id is not None
    assert desk.events(UnprotectedPosition) == []
    assert await desk.reconcile.run() == ()


@with_attached_stops
async def test_a_death_while_the_stop_was_being_moved_leaves_the_better_one(desk: Desk, held: Position) -> None:
    desk.venue.script("replace_stop", Unknown(detail="503"), is_executed=True)
    desk.venue.script("find_order", BUSY, times=2)
    await desk.stops.put(desk.venue, held, price(97))
    after = desk.restarted()
    await after.finish(after.recover())
    assert after.position().stop_price == 97
    assert await triggers(after) == [97]
    after.spawn("settlement", after.settlement.run())
    await after.clock.advance(timedelta(minutes=2))
    assert [order.state for order in after.orders(OrderLeg.STOP)] == [OrderState.CANCELLED, OrderState.RESTING]
    assert await after.reconcile.run() == ()


@with_attached_stops
async def test_the_stop_of_an_earlier_position_at_the_same_price_says_nothing(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 95)
    await desk.reconcile.run()
    assert desk.position().state is PositionState.CLOSED
    await desk.clock.advance(timedelta(minutes=15))
    fresh = await desk.keep(make_position(group_id="later", opened_at=desk.clock.now()))
    desk.venue.drop_stop(fresh.stop_order_id or "")
    await desk.reconcile.run()
    assert desk.position(fresh.id).state is PositionState.OPEN
    assert await triggers(desk) == [96]


# --- an exit whose outcome is unknown ---------------------------------------------------------------------------------


async def leave_exit(desk: Desk, *, is_executed: bool = False) -> Desk:
    """Leave a position without a stop whose exit was sent and not answered when the process died."""
    held = await desk.keep(make_position(stop_price=None, stop_order_id=None))
    desk.venue.script("place", Unknown(detail="503"), is_executed=is_executed)
    await desk.exits.close(desk.venue, held, ExitReason.UNPROTECTED)
    return desk.restarted()


@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=5)])
async def test_an_exit_that_never_arrived_leaves_no_position_bare(desk: Desk, age: timedelta) -> None:
    after = await leave_exit(desk)
    await after.clock.advance(age)
    await after.finish(after.recover())
    assert await triggers(after) == [96]
    assert (after.position().state, after.position().stop_price) == (PositionState.OPEN, price(96))
    assert after.orders(OrderLeg.EXIT)[0].state is OrderState.REFUSED


async def test_an_exit_that_was_executed_is_found_at_the_start(desk: Desk) -> None:
    after = await leave_exit(desk, is_executed=True)
    await after.finish(after.recover())
    assert (after.position().state, after.position().exit_reason) == (PositionState.CLOSED, ExitReason.UNPROTECTED)


@pytest.mark.parametrize("is_executed", [False, True])
async def test_while_the_venue_cannot_tell_a_stop_stands_under_the_exit(desk: Desk, is_executed: bool) -> None:
    after = await leave_exit(desk)
    after.venue.script("find_order", BUSY, times=50)
    await after.finish(after.recover())
    assert await triggers(after) == [96]
    position = after.position()
    assert (position.state, position.stop_price) == (PositionState.CLOSING, price(96))
    assert len(after.events(UnprotectedPosition)) == 1
    assert await after.reconcile.run() == ()
    after.venue._scripts.clear()
    if is_executed:
        await after.venue.place(after.orders(OrderLeg.EXIT)[0].request)
    after.spawn("settlement", after.settlement.run())
    await after.clock.advance(timedelta(minutes=3))
    assert after.position().state is (PositionState.CLOSED if is_executed else PositionState.OPEN)
    assert await triggers(after) == ([] if is_executed else [96])
    assert len(after.events(PositionClosed)) == int(is_executed)


async def test_an_exit_that_is_settled_as_refused_leaves_no_position_bare(desk: Desk) -> None:
    held = await desk.keep(make_position(stop_price=None, stop_order_id=None))
    desk.venue.script("place", Unknown(detail="503"))
    await desk.exits.close(desk.venue, held, ExitReason.UNPROTECTED)
    desk.spawn("settlement", desk.settlement.run())
    await desk.clock.advance(timedelta(minutes=2))
    assert await triggers(desk) == [96]
    assert desk.position().stop_price == 96
    assert desk.events(ReconcileReport) == []


async def test_a_stop_under_an_unknown_exit_that_cannot_stand_is_said(desk: Desk) -> None:
    held = await desk.keep(make_position(stop_price=None, stop_order_id=None))
    desk.venue.script("place", Unknown(detail="503"))
    await desk.exits.close(desk.venue, held, ExitReason.UNPROTECTED)
    desk.venue.set_price("SOLUSDT", 95)
    (finding,) = await desk.reconcile.run()
    assert "not placed" in finding
    assert desk.position().state is PositionState.CLOSING


async def test_a_larger_position_without_any_stop_gets_one_for_all_of_it(desk: Desk) -> None:
    await desk.keep(make_position(stop_price=None, stop_order_id=None))
    desk.venue.trade_by_hand("SOLUSDT", Side.BUY, 1)
    await desk.reconcile.run()
    (stop,) = await desk.venue.stops()
    assert stop.quantity == quantity(2)


@with_stop_orders
@pytest.mark.parametrize("is_known", [False, True])
async def test_what_a_stop_left_of_a_position_gets_a_stop_again(desk: Desk, held: Position, is_known: bool) -> None:
    assert held.stop_order_id is not None
    desk.venue.set_price("SOLUSDT", 97)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.6", client_order_id=held.stop_order_id)
    part = PartiallyFilled(quantity=quantity("0.6"), price=price(97), fee_quote=money(0), filled_at=desk.clock.now())
    request, _ = desk.venue._orders[held.stop_order_id]
    desk.venue._orders[held.stop_order_id] = (request, part)
    if is_known:
        await desk.exits.take_stop_fill(desk.venue, held, held.stop_order_id, part)
    await desk.finish(desk.reconcile.run())
    assert (desk.position().state, desk.position().quantity) == (PositionState.OPEN, quantity("0.4"))
    assert [(stop.trigger_price, stop.quantity) for stop in await desk.venue.stops()] == [(price(96), quantity("0.4"))]
    assert await desk.reconcile.run() == ()
