"""Our positions against the venue's: each difference mended or told, and told once."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.domain.errors import RetryLater
from core.domain.events import ClosedOutside, PositionClosed, PositionReduced, ReconcileReport, UnprotectedPosition
from core.domain.orders import Accepted, OrderLeg, OrderState, RefusalReason, Refused, Unknown, VenueStop
from core.domain.positions import ExitReason, Position, PositionState
from core.domain.signals import Side
from tests.builders import make_position, make_stop_request, money, price, quantity
from tests.core.desk import Desk
from tests.core.venue_kinds import EVERY, with_stop_orders

VENUES = EVERY
BUSY = RetryLater("maintenance", timedelta(seconds=1))


@pytest.fixture
async def held(desk: Desk) -> Position:
    """A long of 1 at 100 with its stop at 96, at the venue as well."""
    return await desk.keep(make_position())


def findings(desk: Desk) -> list[str]:
    return [finding for report in desk.events(ReconcileReport) for finding in report.findings]


async def test_what_matches_is_left_alone_and_not_told(desk: Desk, held: Position) -> None:
    calls = len(desk.venue.requests)
    assert await desk.reconcile.run() == ()
    assert desk.events(ReconcileReport) == []
    assert (desk.position(), len(desk.venue.requests)) == (held, calls)


async def test_the_size_of_the_venue_is_taken_over(desk: Desk, held: Position) -> None:
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.4")
    (finding,) = await desk.reconcile.run()
    assert "1 here, 0.6 there" in finding
    assert len(desk.events(PositionReduced)) == 1
    assert desk.position().quantity == quantity("0.6")
    assert desk.book.get("binance", "SOLUSDT") == desk.position()
    assert await desk.reconcile.run() == ()


async def test_a_position_that_is_gone_ends_with_the_fill_of_its_stop(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 90)
    (finding,) = await desk.reconcile.run()
    assert "stop loss" in finding
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.STOP_LOSS, price(96))
    assert desk.events(ClosedOutside) == []


async def test_a_position_that_is_gone_without_a_fill_of_ours_was_closed_outside(desk: Desk, held: Position) -> None:
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1)
    await desk.reconcile.run()
    assert desk.position().exit_reason is ExitReason.CLOSED_OUTSIDE
    assert len(desk.events(ClosedOutside)) == len(desk.events(PositionClosed)) == 1
    assert "closed outside" in findings(desk)[0]
    assert await desk.reconcile.run() == ()


async def test_the_other_side_there_means_that_ours_is_gone(desk: Desk, held: Position) -> None:
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 2)
    (finding,) = await desk.reconcile.run()
    assert (desk.position().state, desk.position().exit_quantity) == (PositionState.CLOSED, quantity(1))
    assert desk.position().fees_quote == money("0.1"), "of the fill that turned it round, half the fee"
    assert "closed outside" in finding
    (other,) = await desk.reconcile.run()
    assert "1 SOLUSDT that is not ours" in other


async def test_a_position_that_is_not_ours_is_told_once_and_never_touched(desk: Desk) -> None:
    desk.venue.hold("XRPUSDT", Side.BUY, 5, 2)
    (finding,) = await desk.reconcile.run()
    assert "5 XRPUSDT that is not ours" in finding
    assert await desk.reconcile.run() == ()
    assert desk.venue.requests == []
    assert desk.book.count == 0


async def test_a_finding_that_comes_back_is_told_again(desk: Desk) -> None:
    desk.venue.hold("XRPUSDT", Side.BUY, 5, 2)
    assert len(await desk.reconcile.run()) == 1
    desk.venue.drop_position("XRPUSDT")
    assert await desk.reconcile.run() == ()
    desk.venue.hold("XRPUSDT", Side.BUY, 5, 2)
    assert len(await desk.reconcile.run()) == 1


@pytest.mark.parametrize("trail", ["96", "109.45"])
async def test_a_missing_stop_is_placed_at_once_where_it_stood(desk: Desk, trail: str) -> None:
    held = await desk.keep(make_position(stop_price=price(trail), is_trailing=trail != "96"), has_stop=False)
    desk.venue.set_price("SOLUSDT", 110)
    (finding,) = await desk.finish(desk.reconcile.run())
    (resting,) = await desk.venue.stops()
    assert resting.trigger_price == price(trail)
    assert resting.client_order_id in {desk.position().stop_order_id, None}
    assert desk.position().stop_price == price(trail)
    assert f"placed at {trail}" in finding
    (event,) = desk.events(UnprotectedPosition)
    assert event.position_id == held.id
    assert await desk.reconcile.run() == ()


async def test_a_position_without_any_stop_gets_its_first(desk: Desk) -> None:
    await desk.keep(make_position(stop_price=None, stop_order_id=None))
    await desk.reconcile.run()
    assert desk.position().stop_price == 96


async def test_a_missing_stop_that_is_refused_is_tried_again(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    desk.venue.drop_stop(held.stop_order_id)
    desk.venue.script("place", Refused(reason=RefusalReason.RATE_LIMITED), times=2)
    await desk.finish(desk.reconcile.run())
    assert len(await desk.venue.stops()) == 1


async def test_a_missing_stop_that_cannot_be_placed_ends_the_position(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    desk.venue.drop_stop(held.stop_order_id)
    desk.venue.script("place", Refused(reason=RefusalReason.RATE_LIMITED), times=5)
    (finding,) = await desk.finish(desk.reconcile.run())
    assert desk.position().exit_reason is ExitReason.UNPROTECTED
    assert "not placed" in finding
    assert await desk.venue.positions() == []


@pytest.mark.parametrize("is_trailing", [False, True])
async def test_a_missing_stop_that_was_crossed_is_an_exit_with_its_true_reason(desk: Desk, is_trailing: bool) -> None:
    await desk.keep(make_position(is_trailing=is_trailing), has_stop=False)
    desk.venue.set_price("SOLUSDT", 95)
    await desk.finish(desk.reconcile.run())
    expected = ExitReason.TRAILING_STOP if is_trailing else ExitReason.STOP_LOSS
    assert (desk.position().exit_reason, desk.position().exit_price) == (expected, price(95))


@with_stop_orders
@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_an_orphan_stop_of_ours_is_cancelled_at_its_second_sighting(desk: Desk, name: str) -> None:
    venue = desk.exchanges[name]
    desk.list_symbol("SOLUSDT", exchange=name)
    venue.hold("SOLUSDT", Side.BUY, 1, 100)
    await venue.place(make_stop_request("wh-s1-orphan"))
    await venue.place(make_stop_request("mine"))
    venue._held.clear()
    await desk.reconcile.run()
    assert len(await venue.stops()) == 2
    (finding,) = await desk.reconcile.run()
    assert "protected nothing" in finding
    assert [stop.client_order_id for stop in await venue.stops()] == ["mine"], "never anybody else's"
    assert await desk.reconcile.run() == ()


@with_stop_orders
async def test_a_stop_left_behind_beside_the_one_that_stands_is_an_orphan(desk: Desk, held: Position) -> None:
    await desk.venue.place(make_stop_request("wh-s9-left", trigger=95))
    await desk.reconcile.run()
    assert len(await desk.venue.stops()) == 2
    await desk.reconcile.run()
    assert [stop.client_order_id for stop in await desk.venue.stops()] == [held.stop_order_id]


@with_stop_orders
async def test_the_row_of_a_cancelled_orphan_says_so(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    desk.venue.script("cancel", BUSY)
    after, _ = await desk.exits.close(desk.venue, held, ExitReason.AGED)
    request, _ = desk.venue._orders[held.stop_order_id]
    desk.venue._orders[held.stop_order_id] = (request, Accepted())  # As where stops outlive their position.
    (order,) = desk.orders(OrderLeg.STOP)
    assert (after.state, order.state) == (PositionState.CLOSED, OrderState.RESTING)
    await desk.reconcile.run()
    assert desk.orders(OrderLeg.STOP)[0].state is OrderState.RESTING
    (finding,) = await desk.reconcile.run()
    assert "protected nothing" in finding
    assert desk.orders(OrderLeg.STOP)[0].state is OrderState.CANCELLED
    assert await desk.venue.stops() == []


async def test_a_stop_that_was_faster_than_an_unanswered_exit_ends_the_position(desk: Desk, held: Position) -> None:
    desk.venue.script("place", Unknown(detail="503"))
    await desk.exits.close(desk.venue, held, ExitReason.AGED)
    assert await desk.reconcile.run() == ()
    desk.venue.set_price("SOLUSDT", 95)
    (finding,) = await desk.reconcile.run()
    assert "stop loss" in finding
    assert (desk.position().state, desk.position().exit_price) == (PositionState.CLOSED, price(96))
    desk.spawn("settlement", desk.settlement.run())
    await desk.clock.advance(timedelta(minutes=5))
    assert len(desk.events(PositionClosed)) == 1


async def test_a_stop_that_protects_a_position_is_no_orphan(desk: Desk, held: Position) -> None:
    for _ in range(3):
        await desk.reconcile.run()
    assert len(await desk.venue.stops()) == 1


async def test_an_exchange_that_does_not_answer_is_told_and_hurts_no_other(desk: Desk) -> None:
    desk.venue.script("positions", BUSY, times=2)
    desk.exchanges["bybit"].hold("XRPUSDT", Side.BUY, 5, 2)
    assert len(await desk.reconcile.run()) == 2
    assert await desk.reconcile.run() == ()
    assert any("binance does not answer" in finding for finding in findings(desk))


async def test_what_was_mended_is_told_even_if_the_venue_falls_silent_then(desk: Desk, held: Position) -> None:
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.4")
    await desk.keep(make_position("ADAUSDT", stop_price=None, stop_order_id=None))
    desk.venue.script("instruments", BUSY)
    told = await desk.reconcile.run()
    assert any("0.6 there" in line for line in told)
    assert any("does not answer" in line for line in told)


async def test_a_position_that_moves_meanwhile_is_left_to_the_next_round(desk: Desk, held: Position) -> None:
    positions = desk.venue.positions

    async def moving() -> object:
        answer = await positions()
        desk.venue.positions = positions  # type: ignore[method-assign]
        await desk.exits.close(desk.venue, held, ExitReason.CLOSED_BY_PERSON)
        return answer

    desk.venue.positions = moving  # type: ignore[assignment, method-assign]
    assert await desk.reconcile.run() == ()
    assert desk.position().exit_reason is ExitReason.CLOSED_BY_PERSON


async def test_a_stop_that_moves_meanwhile_is_not_missed(desk: Desk, held: Position) -> None:
    stops = desk.venue.stops

    async def moving() -> object:
        answer = await stops()
        desk.venue.stops = stops  # type: ignore[method-assign]
        await desk.stops.put(desk.venue, held, price(97))
        return answer

    desk.venue.stops = moving  # type: ignore[assignment, method-assign]
    assert await desk.reconcile.run() == ()
    assert desk.events(UnprotectedPosition) == []
    assert [stop.trigger_price for stop in await desk.venue.stops()] == [97]


async def test_what_ended_it_is_not_guessed_while_the_venue_cannot_tell(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 90)
    desk.venue.script("find_order", BUSY)
    (finding,) = await desk.reconcile.run()
    assert "not known yet" in finding
    assert desk.position().state is PositionState.OPEN
    await desk.reconcile.run()
    assert desk.position().exit_reason is ExitReason.STOP_LOSS


async def test_a_stop_that_fires_between_the_venues_answers_is_no_missing_stop(
    desk: Desk, held: Position, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = desk.venue.stops

    async def stops_after_a_fall() -> Sequence[VenueStop]:
        desk.venue.set_price("SOLUSDT", 90)
        return await answer()

    monkeypatch.setattr(desk.venue, "stops", stops_after_a_fall)
    (finding,) = await desk.finish(desk.reconcile.run())
    assert "stop loss" in finding
    assert desk.events(UnprotectedPosition) == []
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.STOP_LOSS, price(96))
