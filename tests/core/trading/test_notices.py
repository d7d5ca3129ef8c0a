"""Hints of a venue: a burst is one look, soon; what is known costs nothing; silence is asked again for a while."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import RetryLater
from core.domain.events import ClosedOutside, PositionClosed, ReconcileReport, UnprotectedPosition
from core.domain.orders import OrderLeg, OrderRequest, Unknown
from core.domain.positions import ExitReason, Position, PositionState
from core.domain.signals import Side
from tests.builders import make_position, make_signal, price, quantity
from tests.core.desk import TRADING, Desk
from tests.core.venue_kinds import EVERY, with_stop_orders

VENUES = EVERY
BUSY = RetryLater("busy", timedelta(seconds=1))


@pytest.fixture
async def held(desk: Desk) -> Position:
    """A long of 1 at 100 with its stop at 96, at the venue as well; the guard listens."""
    return await listen(desk)


@pytest.fixture
def patient_desk(make_desk: Callable[..., Desk]) -> Desk:
    """A desk that waits for slow answers, however busy the machine is."""
    return make_desk(trading=replace(TRADING, order_timeout=timedelta(seconds=30)))


async def listen(desk: Desk) -> Position:
    for exchange in desk.exchanges.values():
        desk.spawn(f"reports of {exchange.name}", desk.guardian.listen(exchange))
        desk.spawn(f"notices of {exchange.name}", desk.notices.run(exchange))
    return await desk.keep(make_position())


def calls(desk: Desk, name: str) -> int:
    return [call for call, _ in desk.venue.calls].count(name)


async def wait(desk: Desk, seconds: float = 2) -> None:
    await desk.clock.advance(timedelta(seconds=seconds))


async def test_a_position_closed_by_hand_is_noticed_within_seconds(desk: Desk, held: Position) -> None:
    desk.venue.set_price("SOLUSDT", 104)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1)
    desk.venue.notice("SOLUSDT")
    await wait(desk)
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.CLOSED_OUTSIDE, price(104))
    assert len(desk.events(ClosedOutside)) == 1
    assert desk.events(ReconcileReport) == [], "its end has events of its own"


async def test_many_notices_of_one_fill_are_one_look(desk: Desk, held: Position) -> None:
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, "0.4")
    for client_order_id in (None, "web-1", "web-1", None):
        desk.venue.notice("SOLUSDT", client_order_id)
    await wait(desk)
    assert desk.position().quantity == quantity("0.6")
    assert (calls(desk, "positions"), calls(desk, "stops")) == (1, 1)
    assert len(desk.events(ReconcileReport)) == 1


async def test_symbols_of_one_burst_share_the_answers(desk: Desk, held: Position) -> None:
    other = await desk.keep(make_position("ADAUSDT"))
    for symbol in ("SOLUSDT", "ADAUSDT"):
        desk.venue.trade_by_hand(symbol, Side.SELL, 1)
        desk.venue.notice(symbol)
    await wait(desk)
    assert {desk.position(id).state for id in (held.id, other.id)} == {PositionState.CLOSED}  # noqa: A001
    assert calls(desk, "positions") == 1


async def test_a_notice_during_a_look_causes_one_more(patient_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = patient_desk
    await listen(desk)
    gate = asyncio.Event()
    stops = desk.venue.stops

    async def slowly() -> object:
        answer = await stops()
        await gate.wait()
        return answer

    monkeypatch.setattr(desk.venue, "stops", slowly)
    desk.venue.notice("SOLUSDT")
    await wait(desk, 1)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1)
    for _ in range(3):
        desk.venue.notice("SOLUSDT")
    await desk.clock.settle()
    gate.set()
    await wait(desk, 10)
    assert desk.position().state is PositionState.CLOSED
    assert calls(desk, "positions") == 2


async def test_notices_of_orders_that_are_known_cost_nothing(desk: Desk, held: Position) -> None:
    desk.list_symbol("ADAUSDT")
    position = await desk.open(make_signal(2, symbol="ADAUSDT"))
    (entry,) = desk.orders(OrderLeg.ENTRY)
    desk.venue.calls.clear()
    desk.venue.notice("ADAUSDT", entry.request.client_order_id)
    await wait(desk)
    assert desk.venue.calls == []
    desk.venue.notice("ADAUSDT", position.stop_order_id)
    await wait(desk, 5)
    assert [name for name, _ in desk.venue.calls] == ["find_order"], "a stop that was placed and rests"


async def test_a_notice_before_the_answer_waits_for_it(patient_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = patient_desk
    await listen(desk)
    desk.list_symbol("ADAUSDT")
    place = desk.venue.place

    async def noticed_first(request: OrderRequest) -> object:
        outcome = await place(request)
        desk.venue.notice(request.symbol, request.client_order_id)
        await desk.clock.sleep(timedelta(seconds=2))
        return outcome

    monkeypatch.setattr(desk.venue, "place", noticed_first)
    await desk.open(make_signal(2, symbol="ADAUSDT"))
    await wait(desk, 20)
    assert desk.position(2).state is PositionState.OPEN
    assert calls(desk, "positions") == 0


@with_stop_orders
async def test_the_fill_of_a_stop_is_taken_in_by_its_order_alone(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    desk.venue.set_price("SOLUSDT", 95)
    while not desk.venue._reports.empty():
        desk.venue._reports.get_nowait()  # Nothing but the hint comes through.
    desk.venue.notice("SOLUSDT", held.stop_order_id)
    await wait(desk)
    assert (desk.position().exit_reason, desk.position().exit_price) == (ExitReason.STOP_LOSS, price(96))
    assert calls(desk, "positions") == 0


async def test_a_stop_that_somebody_took_away_is_back_within_seconds(desk: Desk, held: Position) -> None:
    assert held.stop_order_id is not None
    desk.venue.drop_stop(held.stop_order_id)
    desk.venue.notice("SOLUSDT", held.stop_order_id)
    await wait(desk)
    assert [stop.trigger_price for stop in await desk.venue.stops()] == [Decimal(96)]
    assert len(desk.events(UnprotectedPosition)) == len(desk.events(ReconcileReport)) == 1


async def test_an_unknown_order_is_settled_by_its_notice(desk: Desk, held: Position) -> None:
    desk.venue.script("place", Unknown(detail="503"), is_executed=True)
    await desk.exits.close(desk.venue, held, ExitReason.AGED)
    (order,) = desk.orders(OrderLeg.EXIT)
    desk.venue.notice("SOLUSDT", order.request.client_order_id)
    await wait(desk)
    assert (desk.position().state, desk.position().exit_reason) == (PositionState.CLOSED, ExitReason.AGED)


async def test_after_a_silence_everything_is_looked_at(desk: Desk, held: Position) -> None:
    await desk.keep(make_position("ADAUSDT"))
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1)
    desk.venue.trade_by_hand("ADAUSDT", Side.SELL, "0.5")
    desk.venue.hold("XRPUSDT", Side.BUY, 5, 2)
    desk.venue.notice(None)
    await wait(desk)
    assert desk.position().state is PositionState.CLOSED
    assert desk.position(2).quantity == quantity("0.5")
    told = [line for report in desk.events(ReconcileReport) for line in report.findings]
    assert any("5 XRPUSDT that is not ours" in line for line in told)


async def test_a_position_of_ours_that_ended_a_moment_ago_is_no_strangers(
    desk: Desk, held: Position, monkeypatch: pytest.MonkeyPatch
) -> None:
    positions, late = desk.venue.positions, await desk.venue.positions()
    desk.venue.calls.clear()
    answers = [late, None]

    async def late_at_first() -> object:
        return answers.pop(0) or await positions()

    await desk.exits.close(desk.venue, held, ExitReason.AGED)
    monkeypatch.setattr(desk.venue, "positions", late_at_first)
    desk.venue.notice("SOLUSDT")
    await wait(desk, 10)
    assert desk.events(ReconcileReport) == []
    assert calls(desk, "positions") == 1


async def test_a_stop_that_the_venue_lists_late_is_not_placed_again(
    desk: Desk, held: Position, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none_yet() -> list[object]:
        return []

    requests = len(desk.venue.requests)
    monkeypatch.setattr(desk.venue, "stops", none_yet)
    desk.venue.notice("SOLUSDT")
    await wait(desk)
    assert len(desk.venue.requests) == requests
    assert desk.events(UnprotectedPosition) == []


async def test_a_size_that_the_venue_shows_late_changes_nothing(
    desk: Desk, held: Position, monkeypatch: pytest.MonkeyPatch
) -> None:
    positions, late = desk.venue.positions, await desk.venue.positions()
    answers = [late, None, None]

    async def late_at_first() -> object:
        return answers.pop(0) or await positions()

    reduced, _ = await desk.exits.close(desk.venue, held, ExitReason.CLOSED_BY_PERSON, quantity=quantity("0.4"))
    monkeypatch.setattr(desk.venue, "positions", late_at_first)
    desk.venue.notice("SOLUSDT")
    await wait(desk, 10)
    assert desk.position() == reduced


async def test_what_a_look_told_the_periodic_one_does_not_tell_again(desk: Desk, held: Position) -> None:
    desk.venue.hold("XRPUSDT", Side.BUY, 5, 2)
    desk.venue.notice("XRPUSDT")
    await wait(desk)
    assert len(desk.events(ReconcileReport)) == 1
    assert await desk.reconcile.run() == ()


@pytest.mark.parametrize("call", ["positions", "stops"])
async def test_a_venue_that_does_not_answer_is_asked_again_soon(desk: Desk, held: Position, call: str) -> None:
    desk.venue.script(call, BUSY, times=2)
    desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1)
    desk.venue.notice("SOLUSDT")
    await wait(desk, 5)
    assert desk.position().state is PositionState.CLOSED
    assert desk.events(ReconcileReport) == []


async def test_fills_that_are_late_are_asked_for_again_soon(desk: Desk, held: Position) -> None:
    fill = desk.venue.trade_by_hand("SOLUSDT", Side.SELL, 1)
    desk.venue.executed.clear()
    desk.venue.notice("SOLUSDT")
    await wait(desk, 1)
    assert desk.position().state is PositionState.OPEN
    desk.venue.executed.append(fill)
    await wait(desk, 3)
    assert (desk.position().state, desk.position().exit_price) == (PositionState.CLOSED, fill.price)
    assert len(desk.events(PositionClosed)) == 1


async def test_a_venue_that_stays_silent_is_left_to_reconcile(desk: Desk, held: Position) -> None:
    desk.venue.script("positions", BUSY, times=1000)
    desk.venue.notice("SOLUSDT")
    await wait(desk, 3600)
    assert calls(desk, "positions") == 7
    desk.venue._scripts.clear()
    desk.venue.notice("SOLUSDT")
    await wait(desk)
    assert calls(desk, "positions") == 8, "the next notice is looked into as ever"


async def test_a_storm_costs_a_look_every_few_seconds(desk: Desk, held: Position) -> None:
    for _ in range(600):
        desk.venue.notice("SOLUSDT")
        await desk.clock.advance(timedelta(milliseconds=100))
    assert 15 <= calls(desk, "positions") <= 21
