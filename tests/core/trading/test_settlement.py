"""Orders whose answer was lost: looked up until the truth is known, never sent again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import RetryLater
from core.domain.events import OrderRefused, OrderSettled, OrderUnknown, PositionClosed, PositionOpened
from core.domain.orders import Accepted, Cancelled, OrderLeg, OrderState, RefusalReason, Refused, Unknown
from core.domain.positions import ExitReason, PositionState
from core.domain.verdicts import Verdict
from core.trading.entries import EntryResult
from core.trading.sending import submitted
from tests.builders import at, make_fill, make_position, make_request, make_signal, make_stop_request, price
from tests.core.desk import Desk
from tests.core.venue_kinds import EVERY, with_attached_stops

VENUES = EVERY
LOST = Unknown(detail="503")
BUSY = RetryLater("busy", timedelta(seconds=1))


async def lose_entry(desk: Desk, *, is_executed: bool) -> None:
    """Send an entry whose answer is lost."""
    desk.list_symbol("SOLUSDT")
    desk.venue.script("place", LOST, is_executed=is_executed)
    signal = make_signal()
    await desk.store([signal])
    assert await desk.entries.open(desk.venue, desk.entry(signal)) is EntryResult.UNKNOWN
    desk.spawn("settlement", desk.settlement.run())


async def test_a_lost_fill_becomes_a_protected_position(desk: Desk) -> None:
    await lose_entry(desk, is_executed=True)
    await desk.clock.advance(timedelta(seconds=1))
    position = desk.position()
    assert (position.state, position.stop_price) == (PositionState.OPEN, price(96))
    assert desk.verdicts() == {"1": Verdict.EXECUTED}
    (settled,) = desk.events(OrderSettled)
    assert settled.was_filled
    assert len(desk.events(PositionOpened)) == 1
    assert desk.sent(OrderLeg.ENTRY) == ["SOLUSDT"], "looked up, not sent again"


async def test_an_order_the_venue_never_had_is_refused_at_the_last_look(desk: Desk) -> None:
    await lose_entry(desk, is_executed=False)
    await desk.clock.advance(timedelta(seconds=59))
    assert desk.verdicts() == {"1": Verdict.ORDER_UNKNOWN}
    await desk.clock.advance(timedelta(seconds=2))
    assert desk.verdicts() == {"1": Verdict.ORDER_REFUSED}
    assert desk.units.store.verdicts[1, "1"].facts["reason"] == "never_arrived"
    assert desk.position().state is PositionState.FAILED
    assert [event.reason for event in desk.events(OrderRefused)] == ["never_arrived"]
    assert [event.was_filled for event in desk.events(OrderSettled)] == [False]
    assert [call for call, _ in desk.venue.calls].count("find_order") == 6


async def test_a_venue_that_cannot_tell_is_asked_for_as_long_as_it_takes(desk: Desk) -> None:
    await lose_entry(desk, is_executed=True)
    desk.venue.script("find_order", BUSY, times=20)
    await desk.clock.advance(timedelta(minutes=5))
    assert desk.verdicts() == {"1": Verdict.ORDER_UNKNOWN}
    await desk.clock.advance(timedelta(minutes=10))
    assert desk.verdicts() == {"1": Verdict.EXECUTED}
    assert len(desk.events(OrderUnknown)) == 1


async def test_a_venue_without_its_contracts_is_asked_again(desk: Desk) -> None:
    await lose_entry(desk, is_executed=True)
    desk.venue.script("instruments", BUSY)
    await desk.clock.advance(timedelta(seconds=1))
    assert desk.position().state is PositionState.OPENING
    await desk.clock.advance(timedelta(seconds=2))
    assert desk.position().state is PositionState.OPEN


async def test_a_cancelled_entry_is_settled_once(desk: Desk) -> None:
    await lose_entry(desk, is_executed=False)
    (order,) = desk.orders(OrderLeg.ENTRY)
    desk.venue._orders[order.request.client_order_id] = (order.request, Cancelled())
    await desk.clock.advance(timedelta(minutes=10))
    assert desk.verdicts() == {"1": Verdict.ORDER_REFUSED}
    assert len(desk.events(OrderSettled)) == len(desk.events(OrderUnknown)) == 1


async def test_a_market_order_still_at_work_is_waited_for(desk: Desk) -> None:
    await lose_entry(desk, is_executed=False)
    (order,) = desk.orders(OrderLeg.ENTRY)
    desk.venue._orders[order.request.client_order_id] = (order.request, Accepted())
    await desk.clock.advance(timedelta(minutes=3))
    assert desk.verdicts() == {"1": Verdict.ORDER_UNKNOWN}
    desk.venue._orders[order.request.client_order_id] = (order.request, make_fill())
    desk.venue.hold("SOLUSDT", order.request.side, 1, 100)
    await desk.clock.advance(timedelta(minutes=1))
    assert desk.position().state is PositionState.OPEN


async def test_a_new_lost_order_does_not_queue_behind_an_old_one(desk: Desk) -> None:
    await lose_entry(desk, is_executed=False)
    desk.venue.script("find_order", BUSY, times=50, symbol="SOLUSDT")
    await desk.clock.advance(timedelta(seconds=31))  # From here on the old one is asked for every 30 s.
    desk.list_symbol("ADAUSDT", 1)
    desk.venue.script("place", LOST, symbol="ADAUSDT", is_executed=True)
    signal = make_signal(2, symbol="ADAUSDT")
    await desk.store([signal])
    await desk.entries.open(desk.venue, desk.entry(signal, 100))
    await desk.clock.advance(timedelta(seconds=2))
    assert desk.position(2).state is PositionState.OPEN


async def test_what_waits_survives_a_crash_of_the_task(desk: Desk) -> None:
    await lose_entry(desk, is_executed=True)
    desk.venue.script("find_order", RuntimeError("a bug"))
    await desk.clock.advance(timedelta(seconds=1))
    assert [str(crash) for crash in desk.crashes] == ["a bug"]
    desk.crashes.clear()
    desk.spawn("settlement", desk.settlement.run())
    await desk.clock.advance(timedelta(seconds=5))
    assert desk.position().state is PositionState.OPEN


async def test_a_lost_exit_that_was_filled_closes_with_its_reason(desk: Desk) -> None:
    held = await desk.keep(make_position())
    desk.venue.script("place", LOST, is_executed=True)
    await desk.exits.close(desk.venue, held, ExitReason.AGED)
    desk.spawn("settlement", desk.settlement.run())
    await desk.clock.advance(timedelta(seconds=1))
    assert (desk.position().state, desk.position().exit_reason) == (PositionState.CLOSED, ExitReason.AGED)
    assert len(desk.events(OrderSettled)) == 1


async def test_a_lost_exit_that_never_arrived_leaves_it_open(desk: Desk) -> None:
    held = await desk.keep(make_position())
    desk.venue.script("place", LOST)
    await desk.exits.close(desk.venue, held, ExitReason.AGED)
    desk.spawn("settlement", desk.settlement.run())
    await desk.clock.advance(timedelta(minutes=2))
    assert desk.position().state is PositionState.OPEN
    assert len(await desk.venue.stops()) == 1


async def test_a_lost_exit_that_the_stop_made_idle_is_settled_quietly(desk: Desk) -> None:
    held = await desk.keep(make_position())
    desk.venue.script("place", LOST)
    await desk.exits.close(desk.venue, held, ExitReason.AGED)
    desk.spawn("settlement", desk.settlement.run())
    desk.spawn("reports", desk.guardian.listen(desk.venue))
    desk.spawn("notices", desk.notices.run(desk.venue))
    desk.venue.set_price("SOLUSDT", 95)
    await desk.clock.advance(timedelta(minutes=5))
    assert (desk.position().state, desk.position().exit_reason) == (PositionState.CLOSED, ExitReason.STOP_LOSS)
    assert desk.crashes == []
    assert desk.orders(OrderLeg.EXIT)[0].state is OrderState.REFUSED


async def test_a_stop_without_an_answer_is_looked_up_again(desk: Desk) -> None:
    held = await desk.keep(make_position())
    desk.venue.script("replace_stop", LOST, is_executed=True)
    desk.venue.script("find_order", BUSY)
    unsure, _ = await desk.stops.put(desk.venue, held, price(97))
    assert unsure.stop_price == 96
    desk.spawn("settlement", desk.settlement.run())
    await desk.clock.advance(timedelta(seconds=1))
    assert desk.position().stop_price == 97
    (stop,) = await desk.venue.stops()
    assert stop.client_order_id in {desk.position().stop_order_id, None}
    assert stop.trigger_price == 97
    assert desk.events(OrderSettled) == [], "nobody was told that it was unknown"


# --- at the start -------------------------------------------------------------------------------------------------


async def leave_submitting(desk: Desk, *, was_filled: bool, age: timedelta) -> Desk:
    """Leave what a process leaves that dies between the order and its answer; return the next process."""
    signal = make_signal()
    await desk.store([signal])
    desk.list_symbol("SOLUSDT")
    opening = make_position(state=PositionState.OPENING, signal_id="1")
    async with desk.units.writing() as unit:
        opening = await unit.positions.add(opening)
        order = submitted(make_request(), opening.id, desk.clock.now() - age)
        await unit.orders.add(order)
    if was_filled:
        await desk.venue.place(order.request)
    return desk.restarted()


@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=5)])
async def test_a_crash_after_the_fill_ends_protected(desk: Desk, age: timedelta) -> None:
    after = await leave_submitting(desk, was_filled=True, age=age)
    found = await after.finish(after.recover())
    assert any("settled" in line for line in found)
    assert (after.position().state, after.position().stop_price) == (PositionState.OPEN, price(96))
    assert after.verdicts() == {"1": Verdict.EXECUTED}
    assert len(await after.venue.stops()) == 1
    assert after.events(OrderSettled) == [], "nobody was told that it was unknown"


async def test_an_old_order_that_was_never_sent_is_refused_at_once(desk: Desk) -> None:
    after = await leave_submitting(desk, was_filled=False, age=timedelta(minutes=5))
    await after.finish(after.recover())
    assert after.position().state is PositionState.FAILED
    assert after.verdicts() == {"1": Verdict.ORDER_REFUSED}
    assert after.book.count == 0


async def test_a_young_one_may_still_turn_up(desk: Desk) -> None:
    after = await leave_submitting(desk, was_filled=False, age=timedelta(0))
    found = await after.finish(after.recover())
    assert any("still unknown" in line for line in found)
    assert after.verdicts() == {"1": Verdict.ORDER_UNKNOWN}
    assert len(after.events(OrderUnknown)) == 1
    after.spawn("settlement", after.settlement.run())
    await after.clock.advance(timedelta(minutes=2))
    assert after.verdicts() == {"1": Verdict.ORDER_REFUSED}


async def test_a_dead_venue_does_not_keep_the_process_from_starting(desk: Desk) -> None:
    after = await leave_submitting(desk, was_filled=True, age=timedelta(minutes=5))
    for call in ("find_order", "positions", "instruments"):
        after.venue.script(call, BUSY)
    await after.finish(after.recover())
    assert after.verdicts() == {"1": Verdict.ORDER_UNKNOWN}
    after.spawn("settlement", after.settlement.run())
    await after.clock.advance(timedelta(seconds=5))
    assert after.verdicts() == {"1": Verdict.EXECUTED}


async def test_recovering_twice_changes_nothing(desk: Desk) -> None:
    after = await leave_submitting(desk, was_filled=True, age=timedelta(minutes=5))
    await after.finish(after.recover())
    events, orders = len(after.units.events), len(after.venue.requests)
    again = after.restarted()
    assert await again.finish(again.recover()) == ()
    assert (len(again.units.events), len(again.venue.requests)) == (events, orders)


async def leave_stop(desk: Desk, *, is_standing: bool) -> Desk:
    """Leave a position whose first stop was being sent when the process died."""
    held = await desk.keep(make_position(stop_price=None, stop_order_id=None))
    request = make_stop_request("wh-s1-lost")
    async with desk.units.writing() as unit:
        await unit.orders.add(submitted(request, held.id, at(-5)))
    if is_standing:
        await desk.venue.place(request)
    return desk.restarted()


async def test_a_stop_that_stands_is_taken_over(desk: Desk) -> None:
    after = await leave_stop(desk, is_standing=True)
    await after.finish(after.recover())
    assert (after.position().stop_order_id, after.position().stop_price) == ("wh-s1-lost", price(96))
    assert len(await after.venue.stops()) == 1


async def test_a_stop_that_was_never_sent_is_placed_at_once(desk: Desk) -> None:
    after = await leave_stop(desk, is_standing=False)
    await after.finish(after.recover())
    (resting,) = await after.venue.stops()
    assert resting.client_order_id in {after.position().stop_order_id, None}
    assert after.position().stop_price == resting.trigger_price == 96


async def test_a_stop_that_filled_while_nobody_looked_closes_the_position(desk: Desk) -> None:
    after = await leave_stop(desk, is_standing=True)
    after.venue.set_price("SOLUSDT", 90)
    await after.finish(after.recover())
    position = after.position()
    assert (position.state, position.exit_reason) == (PositionState.CLOSED, ExitReason.STOP_LOSS)
    assert position.exit_price == 96
    assert len(after.events(PositionClosed)) == 1


@with_attached_stops
async def test_a_stop_that_was_taken_over_under_another_order_is_settled_when_that_one_ended_it(desk: Desk) -> None:
    after = await leave_stop(desk, is_standing=True)
    after.venue.script("find_order", BUSY)
    await after.finish(after.recover())
    first, second = after.orders(OrderLeg.STOP)
    assert after.position().stop_order_id == second.request.client_order_id
    after.venue.set_price("SOLUSDT", 90)
    await after.reconcile.run()
    assert after.position().state is PositionState.CLOSED
    assert await after.settlement.attempt(first, is_last=False)
    assert [order.state for order in after.orders(OrderLeg.STOP)] == [OrderState.CANCELLED, OrderState.FILLED]
    assert len(after.events(PositionClosed)) == 1


async def test_a_lost_exit_of_a_dead_process_is_settled(desk: Desk) -> None:
    held = await desk.keep(make_position())
    async with desk.units.writing() as unit:
        await unit.positions.save(replace(held, state=PositionState.CLOSING, exit_reason=ExitReason.TAKE_PROFIT))
        request = make_stop_request("wh-x1-lost", leg=OrderLeg.EXIT, trigger_price=None)
        await unit.orders.add(submitted(request, held.id, at(-5)))
    desk.venue.set_price("SOLUSDT", 105)
    await desk.venue.place(request)
    after = desk.restarted()
    await after.finish(after.recover())
    assert (after.position().state, after.position().exit_reason) == (PositionState.CLOSED, ExitReason.TAKE_PROFIT)


async def test_a_refused_order_of_a_dead_process_is_refused(desk: Desk) -> None:
    after = await leave_submitting(desk, was_filled=False, age=timedelta(0))
    (order,) = after.orders(OrderLeg.ENTRY)
    no = Refused(reason=RefusalReason.PRICE_BAND, detail="too far")
    after.venue._orders[order.request.client_order_id] = (order.request, no)
    await after.finish(after.recover())
    assert after.units.store.verdicts[1, "1"].facts["detail"] == "too far"
