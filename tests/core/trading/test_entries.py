"""Opening positions: written down before it is sent, protected at once, closed if it cannot be."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import RetryLater
from core.domain.events import (
    OrderRefused,
    OrderUnknown,
    PositionClosed,
    PositionOpened,
    UnprotectedPosition,
)
from core.domain.orders import (
    Cancelled,
    Filled,
    OrderLeg,
    OrderRequest,
    OrderState,
    PartiallyFilled,
    RefusalReason,
    Refused,
    Unknown,
)
from core.domain.positions import ExitReason, PositionSide, PositionState
from core.domain.signals import Side
from core.domain.verdicts import Verdict
from core.trading.entries import EntryResult
from tests.builders import make_position, make_signal, make_tick, money, price, quantity
from tests.core.desk import TRADING, Desk
from tests.core.venue_kinds import EVERY
from tests.fakes.exchange import HANG

VENUES = EVERY
NO = Refused(reason=RefusalReason.OTHER, detail="not now")


@pytest.fixture
def ready(desk: Desk) -> Desk:
    """A desk whose venue lists SOLUSDT at 100."""
    desk.list_symbol("SOLUSDT")
    return desk


async def enter(desk: Desk, side: Side = Side.BUY) -> EntryResult:
    signal = make_signal(side=side)
    await desk.store([signal])
    return await desk.finish(desk.entries.open(desk.venue, desk.entry(signal)))


@pytest.mark.parametrize(("side", "stop"), [(Side.BUY, "96"), (Side.SELL, "104")])
async def test_a_filled_entry_is_open_and_protected(ready: Desk, side: Side, stop: str) -> None:
    assert await enter(ready, side) is EntryResult.OPENED
    position = ready.position()
    assert (position.state, position.quantity) == (PositionState.OPEN, quantity(1))
    assert position.entry_price == 100
    assert position.side is PositionSide.opened_by(side)
    (resting,) = await ready.venue.stops()
    assert position.stop_order_id is not None
    assert resting.client_order_id in {position.stop_order_id, None}
    assert position.stop_price == resting.trigger_price == Decimal(stop)
    assert ready.verdicts() == {"1": Verdict.EXECUTED}
    (opened,) = ready.events(PositionOpened)
    assert (opened.stop_price, opened.size_quote) == (price(stop), money(100))
    assert ready.book.get("binance", "SOLUSDT") == position
    assert [leg.quantity for leg in ready.units.store.legs.values()] == [1]


async def test_the_intent_is_stored_before_anything_is_sent(ready: Desk) -> None:
    seen: list[tuple[PositionState, OrderState]] = []
    place = ready.venue.place

    async def watching(request: object) -> object:
        store = ready.units.store
        seen.append((store.positions[1].state, next(iter(store.orders.values())).state))
        ready.venue.place = place  # type: ignore[method-assign]
        return await place(request)  # type: ignore[arg-type]

    ready.venue.place = watching  # type: ignore[assignment, method-assign]
    await enter(ready)
    assert seen == [(PositionState.OPENING, OrderState.SUBMITTING)]


async def test_leverage_is_set_first_and_once(ready: Desk) -> None:
    await enter(ready)
    assert ready.venue.calls[0] == ("set_leverage", "SOLUSDT")
    closed, _ = await ready.exits.close(ready.venue, ready.position(), ExitReason.CLOSED_BY_PERSON)
    assert closed.state is PositionState.CLOSED
    again = make_signal(2, wave_at=make_signal().wave_at + timedelta(minutes=15))
    await ready.finish(ready.entries.open(ready.venue, ready.entry(again)))
    assert [call for call, _ in ready.venue.calls].count("set_leverage") == 1


@pytest.mark.parametrize("answer", [NO, Unknown(detail="503"), RetryLater("busy", timedelta(seconds=1)), HANG])
async def test_refused_leverage_sends_no_order(ready: Desk, answer: Refused | Unknown | Exception | str) -> None:
    ready.venue.script("set_leverage", answer)
    assert await enter(ready) is EntryResult.REFUSED
    assert ready.venue.requests == []
    assert ready.position().state is PositionState.FAILED
    assert ready.units.store.verdicts[1, "1"].facts["reason"] == "leverage"
    assert ready.book.get("binance", "SOLUSDT") is None


async def test_a_refused_entry_leaves_nothing_open(ready: Desk) -> None:
    ready.venue.script("place", NO)
    assert await enter(ready) is EntryResult.REFUSED
    position = ready.position()
    assert (position.state, position.closed_at) == (PositionState.FAILED, ready.clock.now())
    assert ready.verdicts() == {"1": Verdict.ORDER_REFUSED}
    (event,) = ready.events(OrderRefused)
    assert (event.leg, event.reason, event.detail) == ("entry", "other", "not now")
    assert ready.orders(OrderLeg.ENTRY)[0].state is OrderState.REFUSED
    assert ready.book.count == 0


async def test_no_money_is_a_verdict_of_its_own(ready: Desk) -> None:
    ready.venue.free = money(50)
    assert await enter(ready) is EntryResult.NO_FUNDS
    assert ready.verdicts() == {"1": Verdict.INSUFFICIENT_FUNDS}


async def test_a_partial_fill_is_a_smaller_position(ready: Desk) -> None:
    half = PartiallyFilled(
        quantity=quantity("0.4"), price=price(101), fee_quote=money("0.02"), filled_at=ready.clock.now()
    )
    ready.venue.hold("SOLUSDT", Side.BUY, "0.4", 101)
    ready.venue.script("place", half)
    assert await enter(ready) is EntryResult.OPENED
    assert (ready.position().quantity, ready.position().entry_quantity) == (Decimal("0.4"), Decimal("0.4"))
    assert [request.quantity for request in ready.venue.requests] == [1, Decimal("0.4")]
    assert ready.position().stop_price == Decimal("96.96")


async def test_a_cancelled_market_order_is_a_refusal(ready: Desk) -> None:
    ready.venue.script("place", Cancelled())
    assert await enter(ready) is EntryResult.REFUSED
    assert ready.verdicts() == {"1": Verdict.ORDER_REFUSED}


@pytest.mark.parametrize("answer", [Unknown(detail="503"), HANG])
async def test_silence_is_unknown_and_never_repeated(ready: Desk, answer: Unknown | str) -> None:
    ready.venue.script("place", answer, is_executed=True)
    assert await enter(ready) is EntryResult.UNKNOWN
    assert ready.verdicts() == {"1": Verdict.ORDER_UNKNOWN}
    assert ready.position().state is PositionState.OPENING
    assert ready.orders(OrderLeg.ENTRY)[0].state is OrderState.UNKNOWN
    (event,) = ready.events(OrderUnknown)
    assert event.client_order_id == ready.orders(OrderLeg.ENTRY)[0].request.client_order_id
    assert ready.unsettled.qsize() == 1
    assert len(ready.venue.requests) == 1
    assert ready.book.count == 1, "an unknown entry holds its symbol"


async def test_a_held_symbol_is_not_entered_again(ready: Desk) -> None:
    await ready.keep(make_position())
    assert await enter(ready) is EntryResult.HELD
    assert ready.sent(OrderLeg.ENTRY) == []


async def test_two_entries_of_one_symbol_at_once_are_one(ready: Desk) -> None:
    signals = [make_signal(1), make_signal(2)]
    results = await asyncio.gather(*(ready.entries.open(ready.venue, ready.entry(signal)) for signal in signals))
    assert sorted(results) == [EntryResult.HELD, EntryResult.OPENED]


async def enter_with_stop_trouble(desk: Desk, answer: Refused | Unknown | str, times: int) -> EntryResult:
    """Open a position whose first stops are answered with `answer`."""
    place = desk.venue.place

    async def filling(request: object) -> object:
        desk.venue.place = place  # type: ignore[method-assign]
        outcome = await place(request)  # type: ignore[arg-type]
        desk.venue.script("place", answer, times=times)
        return outcome

    desk.venue.place = filling  # type: ignore[assignment, method-assign]
    return await enter(desk)


async def test_a_refused_stop_is_tried_again(ready: Desk) -> None:
    assert await enter_with_stop_trouble(ready, NO, 2) is EntryResult.OPENED
    position = ready.position()
    assert (position.state, position.stop_version) == (PositionState.OPEN, 3)
    assert position.stop_order_id is not None
    assert ready.clock.now() - (position.opened_at or ready.clock.now()) <= timedelta(seconds=5)
    assert ready.events(UnprotectedPosition) == []
    ids = [request.client_order_id for request in ready.venue.requests]
    assert len(ids) == len(set(ids)) == 4


async def test_a_stop_that_cannot_stand_closes_the_position_in_time(ready: Desk) -> None:
    began_at = ready.clock.now()
    await enter_with_stop_trouble(ready, NO, 5)
    position = ready.position()
    assert (position.state, position.exit_reason) == (PositionState.CLOSED, ExitReason.UNPROTECTED)
    assert ready.clock.now() - began_at <= timedelta(seconds=5)
    (critical,) = ready.events(UnprotectedPosition)
    assert critical.severity.name == "CRITICAL"
    assert "not now" in critical.detail
    (closed,) = ready.events(PositionClosed)
    assert closed.reason is ExitReason.UNPROTECTED
    assert await ready.venue.positions() == []
    assert ready.book.count == 0


@pytest.mark.parametrize(("refusals", "is_closed"), [(2, True), (3, False)])
async def test_an_unprotected_position_is_closed_again_when_the_venue_refuses(
    ready: Desk, refusals: int, is_closed: bool
) -> None:
    await enter_with_stop_trouble(ready, NO, 5 + refusals)
    position = ready.position()
    assert len(ready.sent(OrderLeg.EXIT)) == min(refusals + 1, 3), "three tries at most, one after the other"
    ids = [order.request.client_order_id for order in ready.orders(OrderLeg.EXIT)]
    assert len(ids) == len(set(ids))
    assert (position.state is PositionState.CLOSED) == is_closed
    assert len(ready.events(UnprotectedPosition)) == 1
    if not is_closed:
        assert (position.state, position.quantity) == (PositionState.OPEN, quantity(1)), "it is left to the guard"
        ready.venue.set_price("SOLUSDT", 95)
        ready.guardian.see(make_tick(95, received_at=ready.clock.now()))
        await ready.clock.settle()
        assert ready.position().exit_reason is ExitReason.STOP_LOSS


async def test_what_a_partial_fill_leaves_unprotected_is_closed_as_well(ready: Desk) -> None:
    place = ready.venue.place

    async def filling_partly(request: OrderRequest) -> object:
        if request.leg is OrderLeg.EXIT and len(ready.sent(OrderLeg.EXIT)) == 0:
            request = replace(request, quantity=quantity("0.3"))
            filled = await place(request)
            assert isinstance(filled, Filled)
            return PartiallyFilled(
                quantity=filled.quantity, price=filled.price, fee_quote=filled.fee_quote, filled_at=filled.filled_at
            )
        return await place(request)

    ready.venue.place = filling_partly  # type: ignore[assignment, method-assign]
    await enter_with_stop_trouble(ready, Refused(reason=RefusalReason.STOP_CROSSED), 1)
    assert (ready.position().state, ready.position().exit_quantity) == (PositionState.CLOSED, quantity(1))
    assert await ready.venue.positions() == []


async def test_a_close_without_an_answer_is_not_tried_again(ready: Desk) -> None:
    place = ready.venue.place

    async def losing_exits(request: OrderRequest) -> object:
        if request.leg is OrderLeg.EXIT:
            ready.venue.script("place", Unknown(detail="503"))
        return await place(request)

    ready.venue.place = losing_exits  # type: ignore[assignment, method-assign]
    await enter_with_stop_trouble(ready, NO, 5)
    assert (ready.position().state, ready.sent(OrderLeg.EXIT)) == (PositionState.CLOSING, ["SOLUSDT"])


async def test_a_crossed_stop_closes_at_once_with_the_true_reason(ready: Desk) -> None:
    began_at = ready.clock.now()
    await enter_with_stop_trouble(ready, Refused(reason=RefusalReason.STOP_CROSSED), 1)
    position = ready.position()
    assert (position.state, position.exit_reason) == (PositionState.CLOSED, ExitReason.STOP_LOSS)
    assert ready.clock.now() == began_at
    assert len(ready.events(UnprotectedPosition)) == 1


async def test_an_unknown_stop_that_stands_is_found(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk()
    desk.list_symbol("SOLUSDT")
    place = desk.venue.place

    async def filling(request: object) -> object:
        desk.venue.place = place  # type: ignore[method-assign]
        outcome = await place(request)  # type: ignore[arg-type]
        desk.venue.script("place", Unknown(detail="503"), is_executed=True)
        return outcome

    desk.venue.place = filling  # type: ignore[assignment, method-assign]
    await enter(desk)
    (resting,) = await desk.venue.stops()
    assert desk.position().stop_order_id == resting.client_order_id
    assert desk.position().stop_version == 1


async def test_a_venue_that_never_answers_the_stop_leaves_time_to_close(make_desk: Callable[..., Desk]) -> None:
    # The limit of a stop call is cut to what is left of the deadline, or five seconds would be long gone.
    slow = replace(TRADING, order_timeout=timedelta(hours=1), stop_deadline=timedelta(milliseconds=100))
    desk = make_desk(trading=slow)
    desk.list_symbol("SOLUSDT")
    async with asyncio.timeout(30):
        await enter_with_stop_trouble(desk, HANG, 1)
    assert (desk.position().state, desk.position().stop_version) == (PositionState.OPEN, 2)


async def test_a_stop_that_triggered_before_we_learned_of_it_is_an_exit(ready: Desk) -> None:
    place = ready.venue.place

    async def filling(request: object) -> object:
        outcome = await place(request)  # type: ignore[arg-type]
        if len(ready.venue.requests) == 2:
            ready.venue.set_price("SOLUSDT", 90)
            return Unknown(detail="503")
        return outcome

    ready.venue.place = filling  # type: ignore[assignment, method-assign]
    await enter(ready)
    position = ready.position()
    assert (position.state, position.exit_reason) == (PositionState.CLOSED, ExitReason.STOP_LOSS)
    assert position.exit_price == 96
    assert ready.events(UnprotectedPosition) == []


async def test_a_venue_that_cannot_list_its_contracts_still_gets_the_stop(ready: Desk) -> None:
    signal = make_signal()
    entry = ready.entry(signal)
    ready.venue.script("instruments", RetryLater("maintenance", timedelta(seconds=5)), times=3)
    assert await ready.finish(ready.entries.open(ready.venue, entry)) is EntryResult.OPENED
    assert ready.position().stop_order_id is not None


async def test_same_input_same_ids(make_desk: Callable[..., Desk]) -> None:
    ids: list[set[str]] = []
    for desk in (make_desk(), make_desk()):
        desk.list_symbol("SOLUSDT")
        await enter(desk)
        ids.append(set(desk.units.store.orders))
    assert ids[0] == ids[1]
    assert all(len(id) <= 32 and id.replace("-", "").isalnum() for id in ids[0])  # noqa: A001
