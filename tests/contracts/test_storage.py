"""What every storage promises, the one in memory and the real one alike."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.delivery import Destination, Loudness
from core.domain.errors import Bug
from core.domain.events import Event, Paused, PositionReduced, Resumed
from core.domain.market import TradingMode
from core.domain.orders import OrderState
from core.domain.positions import ExitReason, PositionSide, PositionState
from core.domain.verdicts import Verdict
from core.domain.waves import WaveState
from core.ports.delivery import Outbox
from core.ports.storage import Units
from storage.outbox import SqlOutbox
from storage.unit_of_work import SqlUnits
from tests.builders import (
    NOW,
    WAVE_AT,
    at,
    make_audit_entry,
    make_fill,
    make_invalid_signal,
    make_leg,
    make_order,
    make_param_change,
    make_pause,
    make_position,
    make_request,
    make_signal,
    make_stored_params,
    make_verdict,
    make_wave_result,
    make_wave_signals,
    money,
    price,
    quantity,
)
from tests.fakes.sqlite import opened
from tests.fakes.units import MemoryOutbox, MemoryUnits

CHAT = Destination(platform="telegram", address="-1001", topic="5")
DESK = Destination(platform="slack", address="C0001")
EARLIER = WAVE_AT - timedelta(minutes=15)


def routes(event: Event) -> Sequence[tuple[Destination, Loudness]]:
    """Pauses go to both places, their ends to the chat, nothing else anywhere."""
    if isinstance(event, Paused):
        return ((CHAT, Loudness.NORMAL), (DESK, Loudness.MENTION))
    return ((CHAT, Loudness.SILENT),) if isinstance(event, Resumed) else ()


@dataclass(frozen=True, slots=True)
class Storage:
    units: Units
    outbox: Outbox


@pytest.fixture(params=["memory", "sqlite", "sqlite-single"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    if request.param == "memory":
        memory = MemoryUnits(routes=routes)
        yield Storage(memory, MemoryOutbox(memory))
        return
    async with opened(tmp_path, single_connection=request.param == "sqlite-single") as database:
        yield Storage(SqlUnits(database, TradingMode.PAPER, routes), SqlOutbox(database))


@pytest.fixture
def units(storage: Storage) -> Units:
    return storage.units


@pytest.fixture
def outbox(storage: Storage) -> Outbox:
    return storage.outbox


def paused(minutes: float = 0) -> Paused:
    return Paused(at=at(minutes), scope="all", reason="news <&> _x_", author="Ann", until_at=at(minutes + 60))


def resumed(minutes: float = 0) -> Resumed:
    return Resumed(at=at(minutes), exchange="bybit", scope="bybit", author="Ann")


# --- signals and verdicts -------------------------------------------------------------------------------------------


async def test_only_new_signals_come_back_in_the_order_given(units: Units) -> None:
    second, first, third = make_signal(2), make_signal(1), make_signal(3, exchange_id=2)
    async with units.writing() as unit:
        assert await unit.signals.add_new([second, first], NOW) == [second, first]
        assert await unit.signals.add_new([], NOW) == []
    again = replace(first, score_week=Decimal(1))
    async with units.writing() as unit:
        assert await unit.signals.add_new([third, again, third, second], NOW) == [third]
    async with units.reading() as unit:
        assert await unit.signals.of_wave(WAVE_AT) == [first, second, third]


async def test_ten_thousand_signals_are_stored_at_once(units: Units) -> None:
    signals = make_wave_signals(10_000)
    async with units.writing() as unit:
        assert await unit.signals.add_new(signals, NOW) == signals
    async with units.reading() as unit:
        assert await unit.signals.known_since(WAVE_AT) == {signal.key for signal in signals}


async def test_the_same_id_on_two_exchanges_is_two_signals(units: Units) -> None:
    binance, bybit = make_signal(7, exchange_id=1), make_signal(7, exchange_id=2)
    async with units.writing() as unit:
        assert await unit.signals.add_new([bybit, binance], NOW) == [bybit, binance]
        assert await unit.signals.find("7") == binance
        assert await unit.signals.find("7", 2) == bybit
        assert await unit.signals.find("8") is None


async def test_unreadable_rows_are_kept_apart_but_known(units: Units) -> None:
    bad, nameless = make_invalid_signal("5"), make_invalid_signal("x", exchange_id=0, symbol="", wave_at=None)
    async with units.writing() as unit:
        assert await unit.signals.add_invalid([bad, nameless, bad], NOW) == [bad, nameless]
        assert await unit.signals.add_invalid([bad], NOW) == []
        assert await unit.signals.add_new([make_signal(5), make_signal(6)], NOW) == [make_signal(6)]
        assert await unit.signals.find("5") is None
        assert await unit.signals.recent(9) == [make_signal(6)]
        assert await unit.signals.of_wave(WAVE_AT) == [make_signal(6)]
        assert await unit.signals.without_verdict(at(60)) == [make_signal(6)]
        assert await unit.signals.known_since(WAVE_AT) == {(1, "5"), (1, "6")}


async def test_recent_signals_by_wave_then_arrival(units: Units) -> None:
    old, new = make_signal(1, wave_at=EARLIER), make_signal(2)
    later, other = make_signal(3), make_signal(4, symbol="XRPUSDT", exchange_id=2)
    async with units.writing() as unit:
        await unit.signals.add_new([new, other], NOW)
        await unit.signals.add_new([old, later], at(1))
        assert await unit.signals.recent(9) == [later, new, other, old]
        assert await unit.signals.recent(1) == [later]
        assert await unit.signals.recent(9, symbol="XRPUSDT") == [other]
        assert await unit.signals.recent(9, exchange_id=1) == [later, new, old]
        assert await unit.signals.known_since(WAVE_AT) == {new.key, later.key, other.key}


async def test_signals_without_a_verdict(units: Units) -> None:
    judged, waiting, fresh = make_signal(1, wave_at=EARLIER), make_signal(2, wave_at=EARLIER), make_signal(3)
    async with units.writing() as unit:
        await unit.signals.add_new([fresh, waiting, judged], NOW)
        await unit.verdicts.add([make_verdict(judged, Verdict.STALE)])
        assert await unit.signals.without_verdict(WAVE_AT) == [waiting]


async def test_a_verdict_stands_once_given(units: Units) -> None:
    facts = {"spread": "0.0071", "limit": 5, "is_open": True, "note": None}
    first = make_verdict(verdict=Verdict.SPREAD_TOO_WIDE, facts=facts)
    async with units.writing() as unit:
        await unit.verdicts.add([first])
        await unit.verdicts.add([make_verdict(verdict=Verdict.EXECUTED)])
        await unit.verdicts.settle(make_verdict(verdict=Verdict.EXECUTED))
        await unit.verdicts.add([])
    async with units.reading() as unit:
        assert await unit.verdicts.of_signal("1") == first
        assert await unit.verdicts.of_signal("1", 2) is None


async def test_an_unknown_order_is_settled_once(units: Units) -> None:
    async with units.writing() as unit:
        await unit.verdicts.add([make_verdict(verdict=Verdict.ORDER_UNKNOWN)])
        await unit.verdicts.settle(make_verdict(verdict=Verdict.EXECUTED))
        await unit.verdicts.settle(make_verdict(verdict=Verdict.ORDER_REFUSED))
        await unit.verdicts.settle(make_verdict(make_signal(9), verdict=Verdict.ORDER_REFUSED))
        assert await unit.verdicts.of_signal("1") == make_verdict(verdict=Verdict.EXECUTED)
        assert await unit.verdicts.of_signal("9") is None


async def test_verdicts_of_a_wave_and_of_a_symbol(units: Units) -> None:
    bybit = make_verdict(make_signal(1, symbol="AUSDT", exchange_id=2))
    later = make_verdict(make_signal(2, symbol="BUSDT"), decided_at=at(1))
    early = make_verdict(make_signal(3, symbol="AUSDT"))
    past = make_verdict(make_signal(4, symbol="AUSDT", wave_at=EARLIER), decided_at=at(-15))
    unread = make_verdict(verdict=Verdict.INVALID, signal_id="x", wave_at=None)
    async with units.writing() as unit:
        await unit.verdicts.add([bybit, later, early, past, unread])
        assert await unit.verdicts.of_wave(WAVE_AT) == [early, later, bybit]
        assert await unit.verdicts.of_symbol("AUSDT", 9) == [early, bybit, past]
        assert await unit.verdicts.of_symbol("AUSDT", 1) == [early]


# --- waves and params -----------------------------------------------------------------------------------------------


async def test_a_wave_is_claimed_once_ever(units: Units) -> None:
    async with units.writing() as unit:
        await unit.waves.collect(WAVE_AT)
        assert await unit.waves.claim(WAVE_AT, NOW)
        assert not await unit.waves.claim(WAVE_AT, at(1))
        await unit.waves.collect(WAVE_AT)
        assert await unit.waves.claim(EARLIER, NOW)
        found = await unit.waves.get(WAVE_AT)
        assert found is not None
        assert (found.state, found.claimed_at) == (WaveState.EXECUTING, NOW)
        assert await unit.waves.end(WAVE_AT, WaveState.FINISHED, at(2))
        assert not await unit.waves.end(WAVE_AT, WaveState.INTERRUPTED, at(3))
        assert not await unit.waves.claim(WAVE_AT, at(4))
        found = await unit.waves.get(WAVE_AT)
        assert found is not None
        assert (found.state, found.claimed_at, found.ended_at) == (WaveState.FINISHED, NOW, at(2))


async def test_of_many_that_claim_a_wave_one_gets_it(units: Units) -> None:
    async def claim() -> bool:
        async with units.writing() as unit:
            return await unit.waves.claim(WAVE_AT, NOW)

    claims = await asyncio.gather(*(claim() for _ in range(20)))
    assert sum(claims) == 1


async def test_a_wave_can_end_unseen(units: Units) -> None:
    async with units.writing() as unit:
        assert await unit.waves.get(WAVE_AT) is None
        assert await unit.waves.end(WAVE_AT, WaveState.NOT_FOUND, NOW)
        assert not await unit.waves.claim(WAVE_AT, NOW)
        await unit.waves.collect(EARLIER)
        assert await unit.waves.end(EARLIER, WaveState.SKIPPED, NOW)
        assert [wave.wave_at for wave in await unit.waves.recent(9)] == [EARLIER]


async def test_waves_by_state_and_age(units: Units) -> None:
    async with units.writing() as unit:
        for wave_at in (WAVE_AT, EARLIER):
            await unit.waves.claim(wave_at, NOW)
        await unit.waves.collect(at(60))
        assert [wave.wave_at for wave in await unit.waves.in_state(WaveState.EXECUTING)] == [EARLIER, WAVE_AT]
        assert [wave.wave_at for wave in await unit.waves.recent(2)] == [at(60), WAVE_AT]


async def test_the_last_funnel_of_an_exchange_stays(units: Units) -> None:
    final = make_wave_result("binance", executed=4, params_source=None)
    async with units.writing() as unit:
        for result in (make_wave_result("bybit"), make_wave_result("binance"), final):
            await unit.waves.add_result(result)
    async with units.reading() as unit:
        assert await unit.waves.results(WAVE_AT) == [final, make_wave_result("bybit")]
        assert await unit.waves.results(EARLIER) == []


async def test_params_and_their_history(units: Units) -> None:
    stored = make_stored_params(stop_loss=Decimal("4.50"), score_week=None)
    first, second = (
        make_param_change("stop_loss", old=None),
        make_param_change("max_trades", author="Ann", wave_at=None),
    )
    third = make_param_change("stop_loss", old=Decimal(5), new=None)
    async with units.writing() as unit:
        assert await unit.params.get(1) is None
        await unit.params.save(make_stored_params(), [first])
        await unit.params.save(stored, [second, third])
        await unit.params.save(stored, [])
    async with units.reading() as unit:
        assert await unit.params.get(1) == stored
        assert await unit.params.get(2) is None
        assert await unit.params.history(1, 9) == [third, second, first]
        assert await unit.params.history(1, 1, "stop_loss") == [third]
        assert await unit.params.history(2, 9) == []
        assert await unit.params.overrides(1, NOW) == []


# --- orders and positions -------------------------------------------------------------------------------------------


async def test_an_order_from_intent_to_result(units: Units) -> None:
    intent = make_order("a", created_at=at(1))
    result = replace(
        intent,
        state=OrderState.FILLED,
        filled_quantity=quantity("0.10"),
        filled_price=price("101.5"),
        fee_quote=money(0),
    )
    early = make_order("b", OrderState.UNKNOWN, detail="timed out")
    async with units.writing() as unit:
        await unit.positions.add(make_position(state=PositionState.OPENING))
        await unit.orders.add(intent)
        await unit.orders.add(early)
        assert await unit.orders.unsettled() == [early, intent]
        await unit.orders.save(result)
    async with units.reading() as unit:
        assert await unit.orders.get("a") == result
        assert await unit.orders.get("c") is None
        assert await unit.orders.unsettled() == [early]
        assert await unit.orders.of_position(1) == [early, result]
        assert await unit.orders.of_position(2) == []


async def test_orders_that_cannot_be(units: Units) -> None:
    async with units.writing() as unit:
        await unit.positions.add(make_position())
        await unit.orders.add(make_order("a"))
        with pytest.raises(Bug, match="a"):
            await unit.orders.add(make_order("a", request=make_request("a", symbol="XRPUSDT")))
        with pytest.raises(Bug, match="position 9"):
            await unit.orders.add(make_order("b", position_id=9))
        with pytest.raises(Bug, match="not stored"):
            await unit.orders.save(make_order("c"))
    async with units.reading() as unit:
        assert await unit.orders.of_position(1) == [make_order("a")]


async def test_a_position_from_opening_to_closed(units: Units) -> None:
    async with units.writing() as unit:
        opening = await unit.positions.add(make_position(state=PositionState.OPENING, side=PositionSide.SHORT))
        assert opening.id == 1
        assert await unit.positions.live() == [opening]
        opened = opening.opened(make_fill("1.50", "100.10"))
        await unit.positions.save(opened)
        assert await unit.positions.get(1) == opened
        closed = opened.reduced(make_fill("1.50", "90", filled_at=at(5)), ExitReason.TRAILING_STOP)
        await unit.positions.save(closed)
    async with units.reading() as unit:
        assert await unit.positions.get(1) == closed
        assert await unit.positions.get(2) is None
        assert await unit.positions.live() == []
        assert await unit.positions.ended() == [closed]


async def test_a_symbol_holds_one_live_position(units: Units) -> None:
    async with units.writing() as unit:
        first = await unit.positions.add(make_position())
        with pytest.raises(Bug, match="SOLUSDT"):
            await unit.positions.add(make_position(state=PositionState.OPENING))
        other = await unit.positions.add(make_position(exchange="bybit"))
        await unit.positions.save(first.moved_to(PositionState.CLOSED))
        again = await unit.positions.add(make_position())
        with pytest.raises(Bug, match="SOLUSDT"):
            await unit.positions.save(first)
        with pytest.raises(Bug, match="not stored"):
            await unit.positions.save(make_position(id=99, symbol="XRPUSDT"))
    async with units.reading() as unit:
        assert await unit.positions.live() == [other, again]


async def test_a_fill_counts_once(units: Units) -> None:
    entry, stop = make_leg(client_order_id="a", filled_at=at(1)), make_leg(client_order_id="b")
    async with units.writing() as unit:
        await unit.positions.add(make_position())
        for leg in (entry, stop, replace(entry, quantity=quantity(9))):
            await unit.positions.add_leg(leg)
        with pytest.raises(Bug, match="position 9"):
            await unit.positions.add_leg(make_leg(9, "c"))
    async with units.reading() as unit:
        assert await unit.positions.legs(1) == [stop, entry]
        assert await unit.positions.legs(2) == []


async def test_ended_positions_newest_first(units: Units) -> None:
    closed = [
        make_position(
            symbol, exchange=exchange, state=PositionState.CLOSED, closed_at=at(minutes), pnl_quote=money("-1.5")
        )
        for symbol, exchange, minutes in (("AUSDT", "binance", 1), ("AUSDT", "bybit", 3), ("BUSDT", "binance", 2))
    ]
    async with units.writing() as unit:
        first, last, middle = [await unit.positions.add(position) for position in closed]
        await unit.positions.add(make_position(state=PositionState.FAILED, closed_at=at(2)))
        await unit.positions.add(make_position(state=PositionState.CLOSING))
        assert await unit.positions.ended() == [last, middle, first]
        assert await unit.positions.ended(limit=1) == [last]
        assert await unit.positions.ended(since=at(2)) == [last, middle]
        assert await unit.positions.ended(until=at(2)) == [first]
        assert await unit.positions.ended(exchange="binance", symbol="AUSDT") == [first]


# --- pauses, audit, small state -------------------------------------------------------------------------------------


async def test_pauses_in_force(units: Units) -> None:
    async with units.writing() as unit:
        always = await unit.pauses.add(make_pause())
        short = await unit.pauses.add(make_pause("bybit", until_at=at(5)))
        assert (always.id, short.id) == (1, 2)
        assert await unit.pauses.active(NOW) == [always, short]
        assert await unit.pauses.active(at(5)) == [always]
        await unit.pauses.end(always, at(1), "Ann")
        await unit.pauses.end(always, at(2), "Bob")
        await unit.pauses.end(make_pause(id=9), at(2), "Bob")
        assert await unit.pauses.active(at(1)) == [short]


async def test_the_audit_newest_first(units: Units) -> None:
    entries = [make_audit_entry(), make_audit_entry("/set stop_loss 3", before="4", after="3"), make_audit_entry()]
    async with units.writing() as unit:
        for entry in entries:
            await unit.audit.add(entry)
    async with units.reading() as unit:
        assert await unit.audit.recent(9) == entries[::-1]
        assert await unit.audit.recent(2) == [entries[2], entries[1]]


async def test_small_state(units: Units) -> None:
    async with units.writing() as unit:
        assert await unit.state.get("a") is None
        await unit.state.put("a", "1")
        await unit.state.put("a", "2")
        await unit.state.put("b", "3")
        await unit.state.put("b", None)
        await unit.state.put("c", None)
    async with units.reading() as unit:
        assert (await unit.state.get("a"), await unit.state.get("b")) == ("2", None)


# --- units of work --------------------------------------------------------------------------------------------------


async def fail_after_changes(units: Units) -> None:
    async with units.writing() as unit:
        await unit.signals.add_new([make_signal(2)], NOW)
        await unit.waves.claim(WAVE_AT, NOW)
        await unit.state.put("a", "2")
        await unit.positions.add(make_position())
        await unit.record(paused())
        raise LookupError


async def test_what_raises_changes_nothing(units: Units, outbox: Outbox) -> None:
    async with units.writing() as unit:
        await unit.signals.add_new([make_signal(1)], NOW)
        await unit.state.put("a", "1")
    with pytest.raises(LookupError):
        await fail_after_changes(units)
    async with units.reading() as unit:
        assert await unit.signals.of_wave(WAVE_AT) == [make_signal(1)]
        assert await unit.waves.get(WAVE_AT) is None
        assert await unit.state.get("a") == "1"
        assert await unit.positions.live() == []
        assert await unit.alerts.recent(9) == []
    assert await outbox.backlog() == {}
    async with units.writing() as unit:
        assert await unit.waves.claim(WAVE_AT, NOW)


async def test_a_cancelled_unit_changes_nothing_and_leaves_storage_usable(units: Units) -> None:
    reached = asyncio.Event()

    async def stall() -> None:
        async with units.writing() as unit:
            await unit.state.put("a", "1")
            reached.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(stall())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with units.writing() as unit:
        assert await unit.state.get("a") is None


async def test_writing_units_wait_for_each_other(units: Units) -> None:
    async def count() -> None:
        async with units.writing() as unit:
            known = int(await unit.state.get("n") or 0)
            await asyncio.sleep(0)
            await unit.state.put("n", str(known + 1))

    await asyncio.gather(*(count() for _ in range(25)))
    async with units.reading() as unit:
        assert await unit.state.get("n") == "25"


# --- events, alerts, outbox -----------------------------------------------------------------------------------------


async def test_an_event_becomes_an_alert_for_those_whom_it_concerns(units: Units, outbox: Outbox) -> None:
    quiet = PositionReduced(
        at=NOW,
        position_id=1,
        symbol="SOLUSDT",
        side=PositionSide.LONG,
        quantity=quantity(1),
        left=quantity(2),
        price=price(100),
        reason=ExitReason.AGED,
    )
    async with units.writing() as unit:
        for event in (paused(), quiet, resumed(1)):
            await unit.record(event)
    async with units.reading() as unit:
        last, first = await unit.alerts.recent(9)
        assert await unit.alerts.recent(1) == [last]
        assert await unit.alerts.recent(9, "paused") == [first]
    assert (first.id, first.kind, first.severity, first.mode) == (1, "paused", Paused.severity, TradingMode.PAPER)
    assert (first.event, first.created_at) == (paused(), NOW)
    assert (last.id, last.event) == (2, resumed(1))
    assert await outbox.backlog() == {CHAT: 2, DESK: 1}


async def test_the_head_of_each_destination_is_offered(units: Units, outbox: Outbox) -> None:
    async with units.writing() as unit:
        for event in (paused(), paused(1), resumed(2)):
            await unit.record(event)
    chat, desk = await outbox.pending(at(3), 9, ())
    assert (chat.destination, chat.alert.event, chat.loudness, chat.attempts) == (CHAT, paused(), Loudness.NORMAL, 0)
    assert (desk.destination, desk.alert.event, desk.loudness) == (DESK, paused(), Loudness.MENTION)
    assert await outbox.pending(at(3), 1, ()) == [chat]
    assert await outbox.pending(at(3), 9, [CHAT]) == [desk]
    assert await outbox.pending(at(3), 9, {CHAT, DESK}) == []
    await outbox.sent(chat, at(3), "77")
    (following,) = await outbox.pending(at(3), 9, {DESK})
    assert following.alert.event == paused(1)
    assert await outbox.backlog() == {CHAT: 2, DESK: 2}


async def test_those_behind_a_waiting_head_wait_too(units: Units, outbox: Outbox) -> None:
    async with units.writing() as unit:
        await unit.record(resumed())
        await unit.record(resumed(1))
    (head,) = await outbox.pending(at(1), 9, ())
    await outbox.retry(head, at(10), "flood control")
    assert await outbox.pending(at(9), 9, ()) == []
    assert await outbox.next_due() == at(10)
    (again,) = await outbox.pending(at(10), 9, ())
    assert again == replace(head, attempts=1)
    await outbox.failed(again, at(10), "blocked by the user")
    (following,) = await outbox.pending(at(10), 9, ())
    assert (following.alert.event, following.attempts) == (resumed(1), 0)


async def test_an_ended_delivery_stays_as_it_ended(units: Units, outbox: Outbox) -> None:
    async with units.writing() as unit:
        await unit.record(resumed())
    (head,) = await outbox.pending(NOW, 9, ())
    await outbox.sent(head, NOW, "77")
    await outbox.retry(head, at(1), "late answer")
    assert await outbox.pending(at(5), 9, ()) == []
    assert await outbox.backlog() == {}
    assert await outbox.next_due() is None


async def test_a_commit_with_deliveries_wakes_the_outbox_once(units: Units, outbox: Outbox) -> None:
    waiting = asyncio.create_task(outbox.arrival())
    with pytest.raises(LookupError):
        await fail_after_changes(units)
    async with units.writing() as unit:
        await unit.state.put("a", "1")
    await asyncio.sleep(0)
    assert not waiting.done()
    async with units.writing() as unit:
        await unit.record(resumed())
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting
    again = asyncio.create_task(outbox.arrival())
    await asyncio.sleep(0)
    assert not again.done()
    again.cancel()


async def test_something_recorded_between_two_calls_is_not_missed(units: Units, outbox: Outbox) -> None:
    async with units.writing() as unit:
        await unit.record(resumed())
    await asyncio.wait_for(outbox.arrival(), 1)
