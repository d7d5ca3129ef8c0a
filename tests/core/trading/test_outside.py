"""What others did to our positions: booked by the venue's fills, each once, guessed only when nothing is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import RetryLater
from core.domain.events import ClosedOutside, PositionClosed, PositionLiquidated, PositionReduced
from core.domain.orders import OrderLeg, OrderState, PartiallyFilled, RefusalReason, Refused, Unknown, VenuePosition
from core.domain.positions import ExitReason, LegKind, Position, PositionState
from core.domain.signals import Side
from core.trading.outside import Booking
from tests.builders import make_position, money, price, quantity
from tests.core.desk import Desk
from tests.core.venue_kinds import EVERY, with_attached_stops, with_stop_orders
from tests.fakes.exchange import HANG

VENUES = EVERY
BUSY = RetryLater("busy", timedelta(seconds=1))


@pytest.fixture
async def held(desk: Desk) -> Position:
    """A long of 1 at 100 with its stop at 96, at the venue as well."""
    return await desk.keep(make_position(fees_quote=money("0.05")))


async def test_several_fills_of_others_end_it_at_their_true_price(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 110)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.5", client_order_id="web-1")
    await desk.clock.advance(timedelta(seconds=5))
    desk.venue.set_price("SOLUSDT", 106)
    ended = desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.5")
    desk.venue.set_price("SOLUSDT", 90)
    await desk.clock.advance(timedelta(minutes=5))
    after = await desk.exits.take_gone(desk.venue, held)
    assert (after.exit_reason, after.exit_price, after.closed_at) == (
        ExitReason.CLOSED_OUTSIDE,
        price(108),
        ended.filled_at,
    )
    fees = Decimal("0.05") + Decimal("0.0275") + Decimal("0.0265")
    assert (after.fees_quote, after.pnl_quote) == (fees, 8 - fees)
    assert [leg.quantity for leg in desk.units.store.legs.values()] == [quantity("0.5"), quantity("0.5")]
    (event,) = desk.events(ClosedOutside)
    assert not event.is_estimate
    assert len(desk.events(PositionClosed)) == 1
    assert desk.events(PositionReduced) == []


@pytest.mark.parametrize("answer", [BUSY, HANG])
async def test_fills_that_cannot_be_read_are_waited_for(desk: Desk, held: Position, answer: Exception | str) -> None:
    desk.venue.set_price("SOLUSDT", 103)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1)
    desk.venue.script("fills", answer, times=2)
    for _ in range(2):
        assert await desk.exits.take_gone(desk.venue, held) == held
        await desk.clock.advance(timedelta(minutes=5))
    after = await desk.exits.take_gone(desk.venue, held)
    assert (after.exit_price, after.exit_reason) == (price(103), ExitReason.CLOSED_OUTSIDE)


async def test_fills_that_never_come_are_guessed_after_a_while_and_said_to_be(desk: Desk, held: Position) -> None:
    desk.venue.drop_position("SOLUSDT")
    desk.venue.set_price("SOLUSDT", 103)
    for _ in range(5):
        assert (await desk.exits.take_gone(desk.venue, held)).state is PositionState.OPEN
        await desk.clock.advance(timedelta(seconds=6))
    after = await desk.exits.take_gone(desk.venue, held)
    assert (after.state, after.exit_price) == (PositionState.CLOSED, price(103))
    assert [event.is_estimate for event in desk.events(ClosedOutside)] == [True]


async def test_what_the_fills_tell_is_booked_truly_and_only_the_rest_guessed(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 110)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.5")
    desk.venue.drop_position("SOLUSDT")
    desk.venue.set_price("SOLUSDT", 100)
    for _ in range(3):
        after = await desk.exits.take_gone(desk.venue, held)
        await desk.clock.advance(timedelta(seconds=15))
    assert (after.exit_price, after.exit_quantity) == (price(105), quantity(1))
    assert [event.is_estimate for event in desk.events(ClosedOutside)] == [True]


@pytest.mark.parametrize(("taken", "left"), [("1", "0"), ("0.6", "0.4")])
async def test_a_liquidation_is_critical_and_named(desk: Desk, held: Position, taken: str, left: str) -> None:
    desk.venue._prices["SOLUSDT"] = price(80)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, taken, is_liquidation=True)
    await desk.finish(desk.reconcile.run())
    (event,) = desk.events(PositionLiquidated)
    assert event.severity.name == "CRITICAL"
    assert (event.quantity, event.left, event.price) == (quantity(taken), quantity(left), price(80))
    assert desk.position().exit_reason is ExitReason.LIQUIDATED
    assert desk.events(ClosedOutside) == []
    closed = [closing.reason for closing in desk.events(PositionClosed)]
    assert closed == ([ExitReason.LIQUIDATED] if taken == "1" else [])


async def test_a_part_closed_by_hand_is_booked_and_the_rest_goes_on(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 104)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.4")
    assert len(await desk.reconcile.run()) == 1
    (event,) = desk.events(PositionReduced)
    assert (event.quantity, event.left, event.price) == (quantity("0.4"), quantity("0.6"), price(104))
    assert event.reason is ExitReason.CLOSED_OUTSIDE
    assert await desk.reconcile.run() == ()
    desk.venue.set_price("SOLUSDT", 106)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.6")
    await desk.reconcile.run()
    after = desk.position()
    assert (after.exit_price, after.exit_quantity) == (Decimal("0.4") * 104 + Decimal("0.6") * 106, quantity(1))
    assert len(desk.units.store.legs) == 2


async def test_a_part_by_hand_and_the_stop_for_the_rest_count_once_each(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 110)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.4")
    await desk.clock.advance(timedelta(seconds=5))
    desk.venue.set_price("SOLUSDT", 95)
    after = await desk.exits.take_gone(desk.venue, held)
    assert after.state is PositionState.CLOSED
    assert (after.exit_price, after.exit_quantity) == (Decimal("0.4") * 110 + Decimal("0.6") * 96, quantity(1))
    fees = Decimal("0.05") + (Decimal("0.4") * 110 + Decimal("0.6") * 96) * desk.venue.fee
    assert after.fees_quote == fees
    assert after.pnl_quote == desk.venue.realised - Decimal("0.05")


async def test_a_part_at_the_venue_that_no_fill_explains_yet_changes_nothing(desk: Desk, held: Position) -> None:
    desk.venue.hold("SOLUSDT", Side.BUY, "0.6", 100)
    (finding,) = await desk.reconcile.run()
    assert "not known yet" in finding
    assert desk.position().quantity == 1
    for _ in range(2):
        await desk.clock.advance(timedelta(minutes=5))
        told = await desk.reconcile.run()
    assert "estimated" in told[0]
    assert desk.position().quantity == quantity("0.6")
    assert len(desk.events(PositionReduced)) == 1


# --- orders of ours that executed more than we know -----------------------------------------------------------------


async def test_an_exit_given_up_that_was_executed_after_all_is_taken_through_its_order(
    desk: Desk, held: Position
) -> None:
    desk.venue.script("place", Refused(reason=RefusalReason.NEVER_ARRIVED))
    after, _ = await desk.exits.close(desk.venue, held, ExitReason.AGED)
    (order,) = desk.orders(OrderLeg.EXIT)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1, client_order_id=order.request.client_order_id)
    after = await desk.exits.take_gone(desk.venue, after)
    assert (after.state, after.exit_price) == (PositionState.CLOSED, price(100))
    (order,) = desk.orders(OrderLeg.EXIT)
    assert (order.state, order.filled_quantity) == (OrderState.FILLED, quantity(1))
    assert desk.events(ClosedOutside) == [], "it was us"


@with_stop_orders
async def test_a_stop_left_behind_that_fires_ends_it_as_a_stop(desk: Desk, held: Position) -> None:
    """The process died between placing a better stop and taking the one before it away; the former fired first."""
    (first,) = desk.orders(OrderLeg.STOP)
    after, _ = await desk.stops.put(desk.venue, held, price(97))
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1, client_order_id=first.request.client_order_id)
    after = await desk.exits.take_gone(desk.venue, after)
    assert (after.state, after.exit_reason) == (PositionState.CLOSED, ExitReason.STOP_LOSS)
    assert desk.orders(OrderLeg.STOP)[0].state is OrderState.FILLED


@with_stop_orders
async def test_an_order_that_went_on_executing_is_booked_to_its_end(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    now = desk.clock.now()
    part = PartiallyFilled(quantity=quantity("0.4"), price=price(96), fee_quote=money("0.02"), filled_at=now)
    after = await desk.exits.take_stop_fill(desk.venue, held, held.stop_order_id, part)
    assert after.quantity == quantity("0.6")
    whole = desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1, client_order_id=held.stop_order_id)
    desk.venue.executed[-1] = replace(whole, price=price(95))
    after, booking = await desk.exits.outside.take_reduced(desk.venue, after, quantity(0))
    assert booking is Booking.TRUE
    assert (after.state, after.exit_reason, after.exit_quantity) == (
        PositionState.CLOSED,
        ExitReason.STOP_LOSS,
        quantity(1),
    )
    assert len(desk.units.store.legs) == 2
    assert desk.orders(OrderLeg.STOP)[0].filled_quantity == 1


@with_attached_stops
async def test_a_stop_without_an_id_at_the_venue_counts_once(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    now = desk.clock.now()
    part = PartiallyFilled(quantity=quantity("0.6"), price=price(96), fee_quote=money("0.03"), filled_at=now)
    after = await desk.exits.take_stop_fill(desk.venue, held, held.stop_order_id, part)
    desk.venue.set_price("SOLUSDT", 97)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.4")
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.6")  # The stop's own, as the venue tells it.
    after, booking = await desk.exits.outside.take_reduced(desk.venue, after, quantity(0))
    assert booking is Booking.TRUE
    assert after.exit_price == Decimal("0.6") * 96 + Decimal("0.4") * 97


# --- more at the venue ----------------------------------------------------------------------------------------------


async def test_what_was_added_by_hand_counts_in_entry_fees_and_result(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 106)
    desk.venue.trade_by_hand("SOLUSDT", Side.BUY, "0.5")
    finding = (await desk.reconcile.run())[0]
    assert "1 here, 1.5 there: taken over" in finding
    after = desk.position()
    assert (after.quantity, after.entry_quantity, after.entry_price) == (quantity("1.5"), quantity("1.5"), price(102))
    assert after.fees_quote == Decimal("0.05") + Decimal("0.0265")
    assert [leg.kind for leg in desk.units.store.legs.values()] == [LegKind.ENTRY]
    (stop,) = await desk.venue.stops()
    assert stop.quantity == quantity("1.5"), "a smaller stop protects only part"
    assert (stop.trigger_price, after.stop_price) == (price(96), price(96))
    assert await desk.reconcile.run() == ()
    closed, _ = await desk.exits.close(desk.venue, after, ExitReason.AGED)
    assert closed.pnl_quote == desk.venue.realised - Decimal("0.05")


async def test_without_fills_the_venues_own_entry_says_what_was_added(desk: Desk, held: Position) -> None:
    theirs = VenuePosition(symbol="SOLUSDT", side=Side.BUY, quantity=quantity(2), entry_price=price(103))
    desk.venue.script("fills", BUSY, times=3)
    for _ in range(2):
        assert await desk.exits.outside.take_added(desk.venue, held, theirs) == (held, Booking.NOT_YET)
        await desk.clock.advance(timedelta(seconds=15))
    after, booking = await desk.exits.outside.take_added(desk.venue, held, theirs)
    assert booking is Booking.ESTIMATED
    assert (after.quantity, after.entry_price, after.fees_quote) == (quantity(2), price(103), held.fees_quote)


async def test_an_added_part_after_a_closed_one_keeps_the_result_whole(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 110)
    reduced, _ = await desk.exits.close(desk.venue, held, ExitReason.CLOSED_BY_PERSON, quantity=quantity("0.5"))
    desk.venue.trade_by_hand("SOLUSDT", Side.BUY, 1)
    await desk.reconcile.run()
    assert desk.position().quantity == quantity("1.5")
    desk.venue.set_price("SOLUSDT", 120)
    closed, _ = await desk.exits.close(desk.venue, desk.position(), ExitReason.AGED)
    assert closed.pnl_quote is not None
    assert reduced.id == closed.id
    assert abs(closed.pnl_quote - (desk.venue.realised - Decimal("0.05"))) < Decimal("1e-20")


async def test_an_exit_refused_for_want_of_a_position_stays_open_until_that_is_explained(
    desk: Desk, held: Position
) -> None:
    desk.venue.drop_position("SOLUSDT")
    after, outcome = await desk.exits.close(desk.venue, held, ExitReason.AGED)
    assert isinstance(outcome, Refused)
    assert (after.state, after.exit_reason) == (PositionState.OPEN, None)
    assert desk.orders(OrderLeg.EXIT)[0].state is OrderState.REFUSED


async def test_an_exit_that_is_unknown_is_settled_by_its_fill(desk: Desk, held: Position) -> None:
    desk.venue.script("place", Unknown(detail="503"), is_executed=True)
    closing, _ = await desk.exits.close(desk.venue, held, ExitReason.AGED)
    after, booking = await desk.exits.outside.take_reduced(desk.venue, closing, quantity(0))
    assert booking is Booking.TRUE
    assert (after.state, after.exit_reason) == (PositionState.CLOSED, ExitReason.AGED)
    assert desk.orders(OrderLeg.EXIT)[0].state is OrderState.FILLED


async def test_sizes_that_were_right_in_between_are_no_reason_to_guess(desk: Desk, held: Position) -> None:
    positions = desk.venue.positions

    async def none_yet() -> Sequence[VenuePosition]:
        return ()

    for _ in range(4):
        desk.venue.positions = none_yet  # type: ignore[method-assign]
        await desk.reconcile.run()
        desk.venue.positions = positions  # type: ignore[method-assign]
        assert desk.position() == held
        await desk.reconcile.run()
        await desk.clock.advance(timedelta(minutes=5))
    assert [stop.symbol for stop in await desk.venue.stops()] == ["SOLUSDT"]
