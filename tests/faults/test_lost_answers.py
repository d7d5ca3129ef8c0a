"""What the kills found, each without a process: stops and exits whose answers were lost, and the last order of all."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.errors import RetryLater
from core.domain.events import OrderSettled
from core.domain.orders import Accepted, OrderLeg, OrderState, Unknown
from core.domain.positions import ExitReason, PositionState
from core.trading.book import PositionBook
from tests.builders import make_position, price
from tests.core.desk import Desk
from tests.fakes.clock import FakeClock

LOST = Unknown(detail="the connection was lost")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A desk whose venue lists SOLUSDT at 100."""
    desk = Desk()
    desk.list_symbol("SOLUSDT")
    yield desk
    await desk.end()
    assert not desk.crashes


async def settle(desk: Desk) -> None:
    """Let the settlement run until nothing waits for it."""
    desk.spawn("settlement", desk.settlement.run())
    assert isinstance(desk.clock, FakeClock)
    stops = desk.orders(OrderLeg.STOP)
    await desk.clock.run_until(lambda: all(order.state.is_settled for order in desk.orders(OrderLeg.STOP)))
    assert stops


async def test_a_stop_that_never_arrived_does_not_stay_unknown_for_ever(desk: Desk) -> None:
    position = await desk.open()
    desk.venue.script("replace_stop", LOST)
    _, outcome = await desk.stops.put(desk.venue, position, price(97))
    assert outcome == LOST
    await settle(desk)
    first, lost = desk.orders(OrderLeg.STOP)
    assert (first.state, lost.state) == (OrderState.RESTING, OrderState.REFUSED)
    assert desk.position().stop_order_id == first.request.client_order_id
    assert not desk.events(OrderSettled)


async def test_a_stop_that_stands_unseen_is_found(desk: Desk) -> None:
    position = await desk.open()
    desk.venue.script("replace_stop", LOST, is_executed=True)
    desk.venue.script("find_order", RetryLater("maintenance", desk.trading.order_timeout))
    await desk.stops.put(desk.venue, position, price(97))
    await settle(desk)
    _, found = desk.orders(OrderLeg.STOP)
    assert desk.position().stop_order_id == found.request.client_order_id
    assert desk.position().stop_price == 97


async def test_a_stop_that_is_found_after_the_end_leaves_the_position_as_it_ended(desk: Desk) -> None:
    position = await desk.open()
    after, _ = await desk.exits.close(desk.venue, position, ExitReason.CLOSED_BY_PERSON)
    bare = replace(after, stop_order_id=None, stop_price=None)
    (stop,) = desk.orders(OrderLeg.STOP)
    assert await desk.stops.conclude(bare, stop, Accepted()) == bare


async def test_a_stop_left_beside_the_one_that_stands_is_cancelled_at_its_second_sighting(desk: Desk) -> None:
    position = await desk.open()
    (order,) = desk.orders(OrderLeg.STOP)
    # As if a process had died between placing a better stop and taking the one before it away.
    await desk.venue.place(replace(order.request, client_order_id="wh-s0-left", trigger_price=price(90)))
    assert await desk.reconcile.run() == ()
    assert len(await desk.venue.stops()) == 2
    assert len(await desk.reconcile.run()) == 1
    (stop,) = await desk.venue.stops()
    assert stop.client_order_id == position.stop_order_id


async def test_the_only_stop_at_the_venue_is_kept_whatever_our_books_say(desk: Desk) -> None:
    position = await desk.open()
    desk.venue.script("replace_stop", LOST, is_executed=True)
    desk.venue.script("find_order", RetryLater("maintenance", desk.trading.order_timeout))
    await desk.stops.put(desk.venue, position, price(97))
    desk.venue.script("place", LOST, times=20)
    for _ in range(2):
        await desk.finish(desk.reconcile.run())
        assert [stop.trigger_price for stop in await desk.venue.stops()] == [Decimal(97)]


async def test_a_stop_that_fired_while_an_exit_was_unknown_ends_the_position_at_the_restart(desk: Desk) -> None:
    position = await desk.open()
    desk.venue.script("place", LOST)
    await desk.exits.close(desk.venue, position, ExitReason.TIME_EXIT)
    desk.venue.set_price("SOLUSDT", 95)
    restarted = desk.restarted()
    found = await restarted.finish(restarted.recover())
    assert "SOLUSDT on binance is gone there: stop loss" in found
    ended = desk.position()
    assert (ended.state, ended.exit_reason) == (PositionState.CLOSED, ExitReason.STOP_LOSS)
    assert ended.exit_price == 96


async def test_an_exit_that_is_unknown_is_left_to_settlement_while_the_stop_rests(desk: Desk) -> None:
    position = await desk.open()
    desk.venue.script("place", LOST, is_executed=True)
    await desk.exits.close(desk.venue, position, ExitReason.TIME_EXIT)
    assert await desk.reconcile.run() == ()
    assert desk.position().state is PositionState.CLOSING


async def test_a_sealed_book_waits_for_the_order_in_flight_and_lets_none_follow() -> None:
    book = PositionBook([make_position("SOLUSDT"), make_position("ADAUSDT")])
    steps = []

    async def send(symbol: str) -> None:
        async with book.lock("binance", symbol):
            steps.append(f"{symbol} sent")
            await asyncio.sleep(0)
            steps.append(f"{symbol} stored")

    first = asyncio.create_task(send("SOLUSDT"))
    await asyncio.sleep(0)
    await book.seal()
    assert steps == ["SOLUSDT sent", "SOLUSDT stored"]
    late = [asyncio.create_task(send(symbol)) for symbol in ("SOLUSDT", "ADAUSDT")]
    await asyncio.wait(late, timeout=0.01)
    assert len(steps) == 2
    for task in late:
        task.cancel()
    await asyncio.gather(first, *late, return_exceptions=True)
