"""Events, alerts, and the queue of messages of their own."""

from dataclasses import replace

import pytest

from core.domain.delivery import Delivery, Loudness, Target
from core.domain.events import Paused
from core.domain.market import TradingMode
from core.ports.delivery import Outbox
from core.ports.storage import Units
from tests.builders import NOW, at
from tests.contracts.storage.alerting import (
    CHAT,
    DESK,
    SCREEN,
    SPARE,
    Routing,
    crashed,
    drained,
    next_single,
    paused,
    reduced,
    refused,
    resumed,
    stale,
    states,
    tell,
)


async def test_an_event_becomes_an_alert_for_those_whom_it_concerns(units: Units, outbox: Outbox) -> None:
    async with units.writing() as unit:
        for event in (paused(), reduced(), resumed(1)):
            await unit.record(event)
    async with units.reading() as unit:
        last, first = await unit.alerts.recent(9)
        assert await unit.alerts.recent(1) == [last]
        assert await unit.alerts.recent(9, "paused") == [first]
    assert (first.id, first.kind, first.severity, first.mode) == (1, "paused", Paused.severity, TradingMode.PAPER)
    assert (first.event, first.created_at) == (paused(), NOW)
    assert (last.id, last.event) == (2, resumed(1))
    assert await outbox.backlog() == {CHAT: 2, DESK: 1}


async def test_the_next_of_each_destination_is_offered(units: Units, outbox: Outbox) -> None:
    await tell(units, paused(), paused(1), resumed(2))
    chat, desk = await outbox.due(at(3), ())
    assert isinstance(chat, Delivery)
    assert isinstance(desk, Delivery)
    assert (chat.destination, chat.alert.event, chat.loudness, chat.attempts) == (CHAT, paused(), Loudness.NORMAL, 0)
    assert (desk.destination, desk.alert.event, desk.loudness) == (DESK, paused(), Loudness.MENTION)
    assert (chat.thread_ref, chat.has_fallback) == (None, False)
    assert await outbox.due(at(3), [CHAT]) == [desk]
    assert await outbox.due(at(3), {CHAT, DESK}) == []
    await outbox.told(chat, at(3), "77")
    following = await next_single(outbox, 3, besides=[DESK])
    assert following.alert.event == paused(1)
    assert await outbox.backlog() == {CHAT: 2, DESK: 2}


async def test_a_failed_attempt_is_counted_and_the_order_stays(units: Units, outbox: Outbox) -> None:
    await tell(units, resumed(), resumed(1))
    head = await next_single(outbox, 1)
    await outbox.retry(head, "flood control")
    again = await next_single(outbox, 1)
    assert again == replace(head, attempts=1)
    await outbox.failed(again, at(10), "blocked by the user")
    following = await next_single(outbox, 10)
    assert (following.alert.event, following.attempts) == (resumed(1), 0)
    async with units.reading() as unit:
        (record,) = await unit.alerts.deliveries(head.alert.id)
    assert (record.state, record.attempts, record.ended_at) == ("failed", 2, at(10))
    assert record.error == "blocked by the user"


async def test_an_ended_delivery_stays_as_it_ended(units: Units, outbox: Outbox) -> None:
    await tell(units, resumed())
    head = await next_single(outbox)
    await outbox.told(head, NOW, "77")
    await outbox.retry(head, "late answer")
    await outbox.failed(head, at(1), "late answer")
    await outbox.told(head, at(2), "78")
    async with units.reading() as unit:
        (record,) = await unit.alerts.deliveries(head.alert.id)
    assert (record.state, record.attempts, record.ended_at, record.error) == ("sent", 1, NOW, "")
    assert await outbox.due(at(5), ()) == []
    assert await outbox.backlog() == {}
    assert await outbox.next_due(NOW, ()) is None


async def test_what_is_urgent_goes_first_and_the_rest_in_the_order_of_recording(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (Target(destination=CHAT),)
    routing.by_kind.clear()
    await tell(units, paused(), refused(1), crashed(2), resumed(3), stale(4))
    assert await drained(units, outbox, 5) == [
        "telegram task_crashed 3",
        "telegram prices_stale 5",
        "telegram paused 1",
        "telegram order_refused 2",
        "telegram resumed 4",
    ]


async def test_destinations_are_offered_the_most_urgent_first(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.by_kind["prices_stale"] = (Target(destination=SCREEN),)
    await tell(units, paused(), stale())
    works = await outbox.due(at(1), ())
    assert [work.destination for work in works] == [SCREEN, CHAT, DESK]


async def test_a_delivery_says_whether_somebody_else_can_be_told(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (Target(destination=CHAT, fallback=SPARE),)
    await tell(units, stale())
    assert (await next_single(outbox)).has_fallback


# --- telling again ---------------------------------------------------------------------------------------------------


async def test_an_alert_is_told_again_where_it_was_told(units: Units, outbox: Outbox) -> None:
    await tell(units, paused(), resumed(1))
    await drained(units, outbox, 1)
    assert await outbox.resend(1, at(600)) == [DESK, CHAT]
    chat, desk = await outbox.due(at(600), ())
    assert isinstance(chat, Delivery)
    assert (chat.destination, chat.alert.id, chat.attempts, chat.loudness) == (CHAT, 1, 0, Loudness.NORMAL)
    assert desk.destination == DESK
    assert await outbox.expire(at(6000)) == 0
    assert await outbox.miss(at(600)) == 0
    await outbox.told(chat, at(601), "99")
    assert await states(units) == [(1, str(DESK), "pending"), (1, str(CHAT), "sent"), (2, str(CHAT), "sent")]


async def test_an_alert_is_told_again_somewhere_else(units: Units, outbox: Outbox) -> None:
    await tell(units, resumed())
    await drained(units, outbox)
    assert await outbox.resend(1, at(5), DESK) == [DESK]
    assert (await next_single(outbox, 5)).destination == DESK
    assert await outbox.resend(1, at(6), DESK) == [DESK]
    assert await outbox.backlog() == {DESK: 1}


async def test_an_alert_that_never_was_is_told_nobody(units: Units, outbox: Outbox) -> None:
    assert await outbox.resend(77, NOW) == []
    assert await outbox.resend(77, NOW, CHAT) == []
    assert await outbox.backlog() == {}


async def test_telling_again_does_not_hold_back_a_repeat(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (Target(destination=CHAT),)
    await tell(units, refused())
    await drained(units, outbox)
    await outbox.resend(1, at(10))
    await tell(units, refused(11))
    assert await drained(units, outbox, 11) == ["telegram order_refused 1", "telegram order_refused 2"]


# --- another address -------------------------------------------------------------------------------------------------


async def test_what_waits_moves_along(units: Units, outbox: Outbox) -> None:
    await tell(units, paused(), resumed(1))
    await outbox.told(await next_single(outbox, 1, besides=[DESK]), at(1), "77")
    await outbox.move(CHAT, SPARE)
    assert await outbox.backlog() == {SPARE: 1, DESK: 1}
    assert (await next_single(outbox, 1, besides=[DESK])).destination == SPARE
    assert await states(units) == [(1, str(DESK), "pending"), (1, str(CHAT), "sent"), (2, str(SPARE), "pending")]


async def test_an_alert_that_waits_at_the_new_address_already_is_told_once(units: Units, outbox: Outbox) -> None:
    await tell(units, paused(), resumed(1))
    await outbox.move(CHAT, DESK)
    await outbox.move(CHAT, DESK)
    assert await outbox.backlog() == {DESK: 2}
    assert await drained(units, outbox, 1) == ["slack paused 1", "slack resumed 2"]


@pytest.mark.parametrize("back", [False, True])
async def test_moving_to_the_same_address_changes_nothing(units: Units, outbox: Outbox, back: bool) -> None:
    await tell(units, resumed())
    await outbox.move(CHAT, SPARE if back else CHAT)
    await outbox.move(SPARE, CHAT)
    assert (await next_single(outbox)).destination == CHAT


async def test_a_fallback_moves_along_and_nobody_falls_back_to_itself(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (Target(destination=CHAT, fallback=SPARE), Target(destination=SCREEN, fallback=DESK))
    await tell(units, stale())
    await outbox.move(SPARE, DESK)
    await outbox.move(SCREEN, DESK)
    assert await outbox.divert(CHAT, at(1), urgent_only=True) == 1
    assert await outbox.divert(DESK, at(1), urgent_only=True) == 0
    assert await outbox.backlog() == {CHAT: 1, DESK: 1}
