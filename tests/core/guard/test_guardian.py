"""The loop that guards: what it sends on which price, and what it takes in from people and venues."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import NotPossible, OutcomeUnknown, RetryLater
from core.domain.events import OrderRefused, PositionClosed, PositionReduced, StopMoved
from core.domain.orders import (
    Filled,
    OrderLeg,
    OrderReport,
    OrderRequest,
    PartiallyFilled,
    RefusalReason,
    Refused,
    Unknown,
)
from core.domain.positions import ExitReason, Position, PositionSide, PositionState
from core.domain.settings import GuardSettings
from core.domain.signals import Side
from tests.builders import make_fill, make_position, make_tick, money, price, quantity, ratio
from tests.core.desk import Desk, short
from tests.core.venue_kinds import EVERY, with_stop_orders

VENUES = EVERY
NO = Refused(reason=RefusalReason.RATE_LIMITED, detail="slow down")
BUSY = RetryLater("busy", timedelta(seconds=1))


@pytest.fixture
async def held(desk: Desk) -> Position:
    """A long of 1 at 100 with its stop at 96, at the venue as well; activation 102, distance 0.5 %."""
    return await desk.keep(make_position())


async def see(desk: Desk, value: Decimal | int | str, *, at_venue: bool = True, symbol: str = "SOLUSDT") -> None:
    """Let a price come, at the venue first, and everything that follows from it happen."""
    if at_venue:
        desk.venue.set_price(symbol, value)
    desk.guardian.see(make_tick(value, symbol=symbol, received_at=desk.clock.now()))
    await desk.clock.settle()


async def pass_time(desk: Desk, seconds: float = 31) -> None:
    await desk.clock.advance(timedelta(seconds=seconds))


async def test_a_price_within_the_band_costs_nothing(desk: Desk, held: Position) -> None:
    await see(desk, 100)
    calls, commits = len(desk.venue.calls), desk.units.commits
    for value in ("99", "101.9", "96.1", "100.5"):
        await see(desk, value)
    assert (len(desk.venue.calls), desk.units.commits) == (calls, commits)


async def test_prices_of_unheld_symbols_are_ignored(desk: Desk) -> None:
    await see(desk, 1, symbol="XRPUSDT")
    assert desk.venue.requests == []


async def test_the_stop_at_the_venue_has_the_first_word(desk: Desk, held: Position) -> None:
    await see(desk, 95)
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.STOP_LOSS, price(96))
    assert desk.sent(OrderLeg.EXIT) == [], "no order of ours beside the stop"


async def test_a_stop_that_did_not_trigger_is_helped(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    desk.venue.drop_stop(held.stop_order_id)
    await see(desk, 95)
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.STOP_LOSS, price(95))
    assert desk.sent(OrderLeg.EXIT) == ["SOLUSDT"]


@with_stop_orders
async def test_the_rest_of_a_partly_filled_stop_is_closed(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    part = PartiallyFilled(quantity=quantity("0.4"), price=price(96), fee_quote=money(0), filled_at=desk.clock.now())
    request, _ = desk.venue._orders[held.stop_order_id]
    desk.venue._orders[held.stop_order_id] = (request, part)
    desk.venue.hold("SOLUSDT", held.side.entry_side, "0.6", 100)
    await see(desk, 95)
    position = desk.position()
    assert (position.state, position.exit_reason) == (PositionState.CLOSED, ExitReason.STOP_LOSS)
    assert position.exit_price == Decimal("0.4") * 96 + Decimal("0.6") * 95


@pytest.mark.parametrize(
    ("changes", "peak", "stop", "back"),
    [({}, "103", "102.485", "102.4"), (short(), "97", "97.485", "97.6")],
)
async def test_the_trail_follows_and_ends_the_position(
    desk: Desk, changes: dict[str, PositionSide], peak: str, stop: str, back: str
) -> None:
    await desk.keep(make_position(side=changes.get("side", PositionSide.LONG)))
    await pass_time(desk)
    await see(desk, peak)
    (resting,) = await desk.venue.stops()
    assert resting.trigger_price == Decimal(stop)
    assert [event.new_price for event in desk.events(StopMoved)] == [Decimal(stop)]
    await see(desk, back)
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.TRAILING_STOP, price(stop))
    (closed,) = desk.events(PositionClosed)
    assert closed.pnl_quote > 0


async def test_the_stop_waits_for_its_interval_and_then_takes_the_best(desk: Desk, held: Position) -> None:
    await pass_time(desk)
    await see(desk, 103)
    for value in ("104", "106", "105.8"):
        await pass_time(desk, 1)
        await see(desk, value, at_venue=False)
    assert len(desk.events(StopMoved)) == 1
    await pass_time(desk, 30)
    desk.venue.set_price("SOLUSDT", "105.9")
    await see(desk, "105.9", at_venue=False)
    assert [event.new_price for event in desk.events(StopMoved)] == [Decimal("102.485"), Decimal("105.47")]


async def test_the_peak_survives_a_restart(desk: Desk, held: Position) -> None:
    await pass_time(desk, 1)
    await see(desk, 110)  # Too soon after the stop was placed for a move at the venue.
    assert desk.events(StopMoved) == []
    assert (desk.position().best_price, desk.position().is_trailing) == (price(110), True)
    after = desk.restarted()
    await after.recover()
    await see(after, "109.4", at_venue=False)
    assert after.position().exit_reason is ExitReason.TRAILING_STOP


async def test_small_gains_of_the_peak_are_not_written_each(desk: Desk, held: Position) -> None:
    await pass_time(desk, 1)
    await see(desk, 110, at_venue=False)
    commits = desk.units.commits
    for tenth in range(1, 5):
        await see(desk, Decimal(110) + Decimal(tenth) / 100, at_venue=False)
    assert desk.units.commits == commits


async def test_breakeven_moves_the_stop_once(desk: Desk) -> None:
    desk = Desk(clock=desk.clock, guard=GuardSettings(breakeven_at=ratio("0.01")))
    await desk.keep(make_position())
    await pass_time(desk)
    await see(desk, 101)
    assert (desk.position().is_breakeven, desk.position().stop_price) == (True, price("100.1"))
    await see(desk, 100)
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.BREAKEVEN, price("100.1"))


# --- what venues refuse -------------------------------------------------------------------------------------------


async def refused_calls(desk: Desk, leg: OrderLeg, hours: int, value: str) -> int:
    """Let the same price come every second for hours and count how often the venue was asked."""
    before = len(desk.sent(leg))
    for _ in range(hours * 3600 // 5):
        await see(desk, value, at_venue=False)
        await desk.clock.advance(timedelta(seconds=5))
    return len(desk.sent(leg)) - before


async def test_a_refused_stop_is_not_sent_again_and_again(desk: Desk, held: Position) -> None:
    await pass_time(desk)
    desk.venue.set_price("SOLUSDT", 103)
    desk.venue.script("replace_stop", NO, times=10_000)
    calls = await refused_calls(desk, OrderLeg.STOP, 2, "103")
    assert 60 < calls <= 2 * 60 + 6
    assert desk.position().state is PositionState.OPEN


async def test_a_refused_exit_is_spaced_out_however_long_it_lasts(desk: Desk, held: Position) -> None:
    desk.venue.script("place", NO, times=10_000)
    calls = await refused_calls(desk, OrderLeg.EXIT, 2, "95")
    assert 60 < calls <= 2 * 60 + 6
    desk.venue._scripts.clear()
    await pass_time(desk, 61)
    await see(desk, 95, at_venue=False)
    assert desk.position().exit_reason is ExitReason.STOP_LOSS


async def test_prices_during_the_call_do_not_wipe_out_what_failed(desk: Desk, held: Position) -> None:
    place = desk.venue.place

    async def slowly(request: OrderRequest) -> object:
        await desk.clock.sleep(timedelta(milliseconds=100))
        return await place(request)

    desk.venue.place = slowly  # type: ignore[assignment, method-assign]
    desk.venue.script("place", NO, times=10_000)
    for _ in range(600):
        await see(desk, 95, at_venue=False)
        await desk.clock.advance(timedelta(milliseconds=50))
    assert len(desk.sent(OrderLeg.EXIT)) <= 5, "2, 4, 8, 16 seconds between them"


async def test_a_refused_move_of_the_stop_holds_no_exit_up(desk: Desk, held: Position) -> None:
    await pass_time(desk)
    desk.venue.script("replace_stop", NO, times=100)
    await see(desk, 110)
    await pass_time(desk, 1)
    await see(desk, 109)
    assert desk.position().exit_reason is ExitReason.TRAILING_STOP
    assert desk.position().exit_price == 109


async def test_an_exit_that_fails_waits_no_longer_for_moves_that_failed_before(desk: Desk, held: Position) -> None:
    await pass_time(desk)
    desk.venue.script("replace_stop", NO, times=10_000)
    desk.venue.set_price("SOLUSDT", 103)
    await refused_calls(desk, OrderLeg.STOP, 1, "103")
    desk.venue.script("place", NO)
    await see(desk, 101)
    assert desk.position().state is PositionState.OPEN
    await pass_time(desk, 2)
    await see(desk, 101)
    assert desk.position().exit_reason is ExitReason.TRAILING_STOP


async def test_a_refused_move_is_made_good_when_the_wait_is_over(desk: Desk, held: Position) -> None:
    await pass_time(desk)
    desk.venue.script("replace_stop", NO)
    await see(desk, 103)
    await pass_time(desk, 1)
    await see(desk, "102.9")
    assert desk.events(StopMoved) == []
    await pass_time(desk, 2)
    await see(desk, "102.8")
    assert [event.new_price for event in desk.events(StopMoved)] == [Decimal("102.485")]


@pytest.mark.parametrize("call", ["instruments", "market_facts"])
async def test_a_venue_that_does_not_answer_is_waited_for(desk: Desk, held: Position, call: str) -> None:
    await pass_time(desk)
    desk.venue.script(call, BUSY, times=100)
    for _ in range(10):
        await see(desk, 103)
        await pass_time(desk, 0.1)
    assert desk.crashes == []
    assert [name for name, _ in desk.venue.calls].count(call) <= 1


async def test_a_crossed_move_closes_at_market(desk: Desk, held: Position) -> None:
    await pass_time(desk)
    desk.venue.script("replace_stop", Refused(reason=RefusalReason.STOP_CROSSED))
    await see(desk, 103)
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.TRAILING_STOP, price(103))


async def test_a_move_for_a_position_that_is_gone_ends_it(desk: Desk, held: Position) -> None:
    await pass_time(desk)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1)
    await see(desk, 103)
    assert desk.position().exit_reason is ExitReason.CLOSED_OUTSIDE


# --- what venues report -------------------------------------------------------------------------------------------


async def test_a_reported_stop_fill_closes(desk: Desk, held: Position) -> None:
    desk.spawn("reports", desk.guardian.listen(desk.venue))
    desk.spawn("notices", desk.notices.run(desk.venue))
    desk.venue.set_price("SOLUSDT", 95)
    await pass_time(desk, 1)
    assert (desk.position().exit_reason, desk.book.count) == (ExitReason.STOP_LOSS, 0)
    assert len(desk.events(PositionClosed)) == 1
    await see(desk, 94)
    assert desk.sent(OrderLeg.EXIT) == []


def report(client_order_id: str, outcome: Filled) -> OrderReport:
    return OrderReport(client_order_id=client_order_id, exchange="binance", symbol="SOLUSDT", outcome=outcome)


async def test_reports_of_orders_of_others_are_ignored(desk: Desk, held: Position) -> None:
    await desk.guardian.take(report("by-hand", make_fill()))
    assert desk.position() == held


async def test_a_reported_entry_is_left_to_settlement(desk: Desk) -> None:
    desk.list_symbol("SOLUSDT")
    desk.venue.script("place", Unknown(detail="503"), is_executed=True)
    await desk.entries.open(desk.venue, desk.entry())
    (order,) = desk.orders(OrderLeg.ENTRY)
    await desk.guardian.take(report(order.request.client_order_id, make_fill()))
    assert desk.position().state is PositionState.OPENING


async def test_a_reported_exit_is_no_stop(desk: Desk, held: Position) -> None:
    desk.venue.script("place", Unknown(detail="503"), is_executed=True)
    await desk.exits.close(desk.venue, held, ExitReason.AGED)
    (order,) = desk.orders(OrderLeg.EXIT)
    await desk.guardian.take(report(order.request.client_order_id, make_fill()))
    desk.spawn("settlement", desk.settlement.run())
    await pass_time(desk, 2)
    assert desk.position().exit_reason is ExitReason.AGED


# --- a person's word ----------------------------------------------------------------------------------------------


async def test_a_person_closes(desk: Desk, held: Position) -> None:
    after = await desk.guardian.close(held.id, share=ratio(1), author="Ann")
    assert after is not None
    assert (after.state, after.exit_reason) == (PositionState.CLOSED, ExitReason.CLOSED_BY_PERSON)
    assert [event.author for event in desk.events(PositionClosed)] == ["Ann"]
    assert await desk.guardian.close(held.id, share=ratio(1), author="Ann") is None


async def test_a_person_closes_a_part(desk: Desk, held: Position) -> None:
    after = await desk.guardian.close(held.id, share=ratio("0.25"), author="Ann")
    assert after is not None
    assert (after.state, after.quantity) == (PositionState.OPEN, quantity("0.75"))
    assert len(desk.events(PositionReduced)) == 1
    with pytest.raises(NotPossible, match="smallest quantity"):
        await desk.guardian.close(held.id, share=ratio("0.0001"), author="Ann")


async def test_closing_all_needs_no_list_of_contracts(desk: Desk, held: Position) -> None:
    desk.venue.script("instruments", BUSY)
    after = await desk.guardian.close(held.id, share=ratio(1), author="Ann")
    assert after is not None
    assert after.state is PositionState.CLOSED


async def test_a_refused_close_says_so(desk: Desk, held: Position) -> None:
    desk.venue.script("place", NO)
    with pytest.raises(RetryLater, match="slow down"):
        await desk.guardian.close(held.id, share=ratio(1), author="Ann")
    assert desk.position().state is PositionState.OPEN
    assert len(desk.events(OrderRefused)) == 1


async def test_an_unanswered_close_says_so_and_is_not_sent_twice(desk: Desk, held: Position) -> None:
    desk.venue.script("place", Unknown(detail="503"))
    with pytest.raises(OutcomeUnknown):
        await desk.guardian.close(held.id, share=ratio(1), author="Ann")
    with pytest.raises(NotPossible, match="settled"):
        await desk.guardian.close(held.id, share=ratio(1), author="Ann")
    assert desk.sent(OrderLeg.EXIT) == ["SOLUSDT"]


async def test_the_guard_runs_on_the_prices_of_its_source(desk: Desk, held: Position) -> None:
    desk.prices.watch("binance", ["SOLUSDT"])
    desk.spawn("guardian", desk.guardian.run())
    assert held.stop_order_id is not None
    desk.venue.drop_stop(held.stop_order_id)
    desk.prices.set("binance", "SOLUSDT", 95)
    await desk.clock.settle()
    assert desk.position().state is PositionState.CLOSED


async def test_a_new_position_of_the_symbol_starts_afresh(desk: Desk, held: Position) -> None:
    await pass_time(desk)
    await see(desk, 110)
    await desk.guardian.close(held.id, share=ratio(1), author="Ann")
    fresh = await desk.keep(replace(make_position(entry=110), group_id="another"))
    await see(desk, "109.3")
    assert desk.position(fresh.id).state is PositionState.OPEN
