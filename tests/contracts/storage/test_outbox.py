"""Events, alerts, and the queue of deliveries."""

import asyncio
from dataclasses import replace

import pytest

from core.domain.delivery import Loudness
from core.domain.events import Paused, PositionReduced
from core.domain.market import TradingMode
from core.domain.positions import ExitReason, PositionSide
from core.ports.delivery import Outbox
from core.ports.storage import Units
from tests.builders import (
    NOW,
    at,
    price,
    quantity,
)
from tests.contracts.storage.alerting import CHAT, DESK, paused, resumed


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


async def record_and_fail(units: Units) -> None:
    async with units.writing() as unit:
        await unit.record(resumed())
        raise LookupError


async def test_a_commit_with_deliveries_wakes_the_outbox_once(units: Units, outbox: Outbox) -> None:
    waiting = asyncio.create_task(outbox.arrival())
    with pytest.raises(LookupError):
        await record_and_fail(units)
    async with units.writing() as unit:
        await unit.state.put("a", "1")
    await asyncio.sleep(0)
    assert not waiting.done()
    async with units.writing() as unit:
        await unit.record(resumed())
        await asyncio.sleep(0)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 1)
    again = asyncio.create_task(outbox.arrival())
    await asyncio.sleep(0)
    assert not again.done()
    again.cancel()


async def test_something_recorded_between_two_calls_is_not_missed(units: Units, outbox: Outbox) -> None:
    async with units.writing() as unit:
        await unit.record(resumed())
    await asyncio.wait_for(outbox.arrival(), 1)
