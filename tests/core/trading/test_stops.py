"""The protective stop: placed, replaced, looked up when nobody says whether it stands."""

from decimal import Decimal

import pytest

from core.domain.errors import RetryLater
from core.domain.events import PositionClosed, StopMoved
from core.domain.orders import Accepted, Filled, OrderLeg, OrderState, RefusalReason, Refused, Unknown
from core.domain.positions import ExitReason, PositionSide, PositionState
from core.trading.stops import initial_stop, rounded_stop
from tests.builders import at, make_instrument, make_plan, make_position, price, ratio
from tests.core.desk import Desk
from tests.core.venue_kinds import EVERY
from tests.fakes.exchange import HANG

VENUES = EVERY


@pytest.mark.parametrize(("side", "stop"), [("long", "96.93"), ("short", "98.98")])
def test_the_first_stop_is_on_the_grid_and_never_wider_than_planned(side: str, stop: str) -> None:
    position = make_position(side=PositionSide(side), entry="97.9555", plan=make_plan(stop_loss=ratio("0.0105")))
    found = initial_stop(position, make_instrument())
    assert found == Decimal(stop)
    assert abs(found / position.entry - 1) <= Decimal("0.0105")


@pytest.mark.parametrize(("side", "stop"), [("long", "1.24"), ("short", "1.23")])
def test_a_moved_stop_is_rounded_to_the_tighter_side(side: str, stop: str) -> None:
    position = make_position(side=PositionSide(side), entry=1)
    assert rounded_stop(position, price("1.2345"), make_instrument()) == Decimal(stop)


async def test_a_replacement_leaves_exactly_one_stop(desk: Desk) -> None:
    held = await desk.keep(make_position())
    await desk.clock.advance(at(1) - at(0))
    after, outcome = await desk.stops.put(desk.venue, held, price(97))
    assert outcome == Accepted()
    (resting,) = await desk.venue.stops()
    assert resting.client_order_id in {after.stop_order_id, None}
    assert resting.trigger_price == 97
    assert (after.stop_price, after.stop_moved_at) == (price(97), at(1))
    old, new = desk.orders(OrderLeg.STOP)
    assert (old.state, new.state) == (OrderState.CANCELLED, OrderState.RESTING)
    (moved,) = desk.events(StopMoved)
    assert (moved.old_price, moved.new_price) == (price(96), price(97))
    assert desk.book.get("binance", "SOLUSDT") == after == desk.position()


async def test_a_refused_replacement_leaves_the_old_one(desk: Desk) -> None:
    held = await desk.keep(make_position())
    desk.venue.script("replace_stop", Refused(reason=RefusalReason.RATE_LIMITED))
    after, outcome = await desk.stops.put(desk.venue, held, price(97))
    assert isinstance(outcome, Refused)
    assert (after.stop_price, after.stop_order_id) == (held.stop_price, held.stop_order_id)
    assert after.stop_version == held.stop_version + 1, "the next attempt has an id of its own"
    assert [stop.trigger_price for stop in await desk.venue.stops()] == [96]


@pytest.mark.parametrize("answer", [Unknown(detail="503"), HANG])
async def test_an_unknown_replacement_is_looked_up(desk: Desk, answer: Unknown | str) -> None:
    held = await desk.keep(make_position())
    desk.venue.script("replace_stop", answer, is_executed=True)
    after, outcome = await desk.stops.put(desk.venue, held, price(97))
    assert outcome == Accepted()
    assert after.stop_price == 97
    assert [name for name, _ in desk.venue.calls].count("find_order") == 1


async def test_what_cannot_be_looked_up_stays_unknown(desk: Desk) -> None:
    held = await desk.keep(make_position())
    desk.venue.script("replace_stop", Unknown(detail="503"))
    desk.venue.script("find_order", RetryLater("busy", at(1) - at(0)))
    after, outcome = await desk.stops.put(desk.venue, held, price(97))
    assert isinstance(outcome, Unknown)
    assert after.stop_order_id == held.stop_order_id
    assert desk.orders(OrderLeg.STOP)[-1].state is OrderState.UNKNOWN


async def test_a_stop_that_filled_before_its_answer_is_an_exit(desk: Desk) -> None:
    held = await desk.keep(make_position())
    fill = Filled(quantity=held.quantity, price=price(97), fee_quote=held.fees_quote, filled_at=at(1))
    desk.venue.script("replace_stop", fill)
    after, _ = await desk.stops.put(desk.venue, held, price(97))
    assert (after.state, after.exit_reason) == (PositionState.CLOSED, ExitReason.STOP_LOSS)
    assert desk.book.count == 0
    assert len(desk.events(PositionClosed)) == 1


async def test_an_older_stop_found_late_does_not_take_the_place_of_a_better_one(desk: Desk) -> None:
    held = await desk.keep(make_position())
    desk.venue.script("replace_stop", Unknown(detail="503"))
    desk.venue.script("find_order", RetryLater("busy", at(1) - at(0)))
    unsure, _ = await desk.stops.put(desk.venue, held, price(97))
    lost = desk.orders(OrderLeg.STOP)[-1]
    better, _ = await desk.stops.put(desk.venue, unsure, price(98))
    after = await desk.stops.conclude(better, lost, Accepted())
    assert (after.stop_price, after.stop_order_id) == (price(98), better.stop_order_id)
    assert [event.new_price for event in desk.events(StopMoved)] == [98]
