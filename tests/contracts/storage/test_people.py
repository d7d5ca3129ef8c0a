"""Pauses, the audit, alerts looked back at, roles given in chat, the stop list and small state."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, select, update

from core.domain.delivery import Delivery, DeliveryState, FoldReason, Target
from core.domain.people import Grant, Role, StopListing
from core.ports.delivery import Outbox
from core.ports.storage import Units
from storage.tables import audit
from storage.unit_of_work import SqlUnits
from tests.builders import (
    NOW,
    at,
    make_audit_entry,
    make_pause,
    make_person,
)
from tests.contracts.storage.alerting import CHAT, DESK, Routing, drained, held, paused, resumed, tell
from tests.fakes.units import MemoryUnits

ANN, BOB = "telegram:1001 (Ann)", "slack:U2 (Bob)"


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


# --- the audit -------------------------------------------------------------------------------------------------------


async def test_the_audit_newest_first(units: Units) -> None:
    entries = [make_audit_entry(), make_audit_entry("/set stop_loss 3", before="4", after="3"), make_audit_entry()]
    async with units.writing() as unit:
        for entry in entries:
            await unit.audit.add(entry)
    async with units.reading() as unit:
        assert await unit.audit.recent(9) == entries[::-1]
        assert await unit.audit.recent(2) == [entries[2], entries[1]]


async def test_the_audit_of_a_time_oldest_first(units: Units) -> None:
    entries = [make_audit_entry(f"/waves {minute}", at=at(minute)) for minute in range(4)]
    async with units.writing() as unit:
        for entry in entries:
            await unit.audit.add(entry)
    async with units.reading() as unit:
        assert await unit.audit.between(at(1), at(3)) == entries[1:3]
        assert await unit.audit.between(at(3), at(1)) == []


async def test_hostile_words_are_kept_as_they_are(units: Units) -> None:
    entry = make_audit_entry("/pause \u202e\x00 <b>'; DROP TABLE audit --", person=make_person(name="Ann\n=cmd()"))
    async with units.writing() as unit:
        await unit.audit.add(entry)
    async with units.reading() as unit:
        assert await unit.audit.recent(1) == [entry]
        assert await unit.audit.verify() is None


Tamper = Callable[[Units], Awaitable[None]]


async def change_third(units: Units) -> None:
    if isinstance(units, MemoryUnits):
        rows = units.store.audit
        rows[2] = replace(rows[2], entry=replace(rows[2].entry, outcome="refused"))
        return
    assert isinstance(units, SqlUnits)
    async with units._database.write() as connection:
        await connection.execute(update(audit).where(audit.c.id == 3).values(outcome="refused"))


async def remove_third(units: Units) -> None:
    if isinstance(units, MemoryUnits):
        del units.store.audit[2]
        return
    assert isinstance(units, SqlUnits)
    async with units._database.write() as connection:
        await connection.execute(delete(audit).where(audit.c.id == 3))


async def insert_before_fourth(units: Units) -> None:
    """Put a copy of the first row where the third one was: it is sound in itself, but not in that place."""
    if isinstance(units, MemoryUnits):
        units.store.audit[2] = replace(units.store.audit[0], id=3)
        return
    assert isinstance(units, SqlUnits)
    async with units._database.write() as connection:
        first = (await connection.execute(select(audit).where(audit.c.id == 1))).one()
        await connection.execute(delete(audit).where(audit.c.id == 3))
        await connection.execute(insert(audit), {**first._mapping, "id": 3})


async def append(units: Units) -> None:
    """Add a copy of the first row at the end."""
    if isinstance(units, MemoryUnits):
        units.store.audit.append(replace(units.store.audit[0], id=6))
        return
    assert isinstance(units, SqlUnits)
    async with units._database.write() as connection:
        first = (await connection.execute(select(audit).where(audit.c.id == 1))).one()
        await connection.execute(insert(audit), {**first._mapping, "id": 6})


@pytest.mark.parametrize(
    ("tamper", "found"), [(change_third, 3), (remove_third, 4), (insert_before_fourth, 3), (append, 6)]
)
async def test_a_row_that_was_changed_removed_or_inserted_is_found(units: Units, tamper: Tamper, found: int) -> None:
    async with units.writing() as unit:
        for minute in range(5):
            await unit.audit.add(make_audit_entry(at=at(minute)))
        assert await unit.audit.verify() is None
    await tamper(units)
    async with units.reading() as unit:
        assert await unit.audit.verify() == found


# --- alerts ----------------------------------------------------------------------------------------------------------


async def test_an_alert_is_found_by_its_number(units: Units) -> None:
    async with units.writing() as unit:
        await unit.record(paused())
        await unit.record(resumed(1))
    async with units.reading() as unit:
        (newest, oldest) = await unit.alerts.recent(9)
        assert await unit.alerts.get(oldest.id) == oldest
        assert (newest.event, oldest.event) == (resumed(1), paused())
        assert await unit.alerts.recent(9, "paused") == [oldest]
        assert await unit.alerts.recent(1) == [newest]
        assert await unit.alerts.get(99) is None


async def test_what_became_of_an_alert_at_each_destination(units: Units) -> None:
    async with units.writing() as unit:
        await unit.record(paused())
    async with units.reading() as unit:
        (alert,) = await unit.alerts.recent(1)
        found = await unit.alerts.deliveries(alert.id)
        assert [record.destination for record in found] == sorted([CHAT, DESK])
        assert {(record.state, record.attempts, record.ended_at, record.error) for record in found} == {
            (DeliveryState.PENDING, 0, None, "")
        }
        assert await unit.alerts.deliveries(99) == []


@pytest.mark.parametrize("reason", [FoldReason.QUIET, FoldReason.DIGEST, FoldReason.MUTED, FoldReason.GROUP])
async def test_what_is_held_back_has_the_time_when_it_is_told(
    units: Units, outbox: Outbox, routing: Routing, reason: FoldReason
) -> None:
    routing.by_kind = {"paused": (held(reason, 60), Target(destination=DESK))}
    await tell(units, paused())
    async with units.reading() as unit:
        desk, chat = await unit.alerts.deliveries(1)
    assert (desk.held_until, chat.held_until) == (None, at(60))
    assert chat.state is DeliveryState.PENDING
    await drained(units, outbox, 61)
    async with units.reading() as unit:
        assert [record.held_until for record in await unit.alerts.deliveries(1)] == [None, None]


async def test_what_was_missed_is_not_held_back(units: Units, outbox: Outbox) -> None:
    await tell(units, paused())
    await outbox.miss(at(1))
    async with units.reading() as unit:
        found = await unit.alerts.deliveries(1)
    assert {(record.state, record.held_until) for record in found} == {(DeliveryState.PENDING, None)}


async def test_a_delivery_has_its_end_and_its_fault(units: Units, outbox: Outbox) -> None:
    async with units.writing() as unit:
        await unit.record(paused())
    for work in await outbox.due(at(1), ()):
        assert isinstance(work, Delivery)
        if work.destination == CHAT:
            await outbox.told(work, at(1), "77")
        else:
            await outbox.retry(work, "ratelimited")
            await outbox.failed(work, at(2), "channel_not_found")
    async with units.reading() as unit:
        (alert,) = await unit.alerts.recent(1)
        desk, chat = await unit.alerts.deliveries(alert.id)
    assert (desk.destination, chat.destination) == (DESK, CHAT)
    assert (desk.state, desk.attempts, desk.ended_at, desk.error) == (
        DeliveryState.FAILED,
        2,
        at(2),
        "channel_not_found",
    )
    assert (chat.state, chat.attempts, chat.ended_at, chat.error) == (DeliveryState.SENT, 1, at(1), "")


async def test_the_first_to_take_care_of_an_alert_stays(units: Units) -> None:
    async with units.writing() as unit:
        await unit.record(paused())
        (alert,) = await unit.alerts.recent(1)
        assert (alert.acked_by, alert.acked_at) == (None, None)
        acked = await unit.alerts.acknowledge(alert.id, at(1), ANN)
        assert acked == replace(alert, acked_by=ANN, acked_at=at(1))
        assert await unit.alerts.acknowledge(alert.id, at(2), BOB) == acked
        assert await unit.alerts.acknowledge(99, at(2), BOB) is None
    async with units.reading() as unit:
        assert await unit.alerts.recent(1) == [acked]
        assert await unit.alerts.get(alert.id) == acked


# --- roles given in chat ---------------------------------------------------------------------------------------------


def grant(person_id: str, role: Role, *, platform: str = "telegram", minutes: float = 0) -> Grant:
    return Grant(platform=platform, person_id=person_id, role=role, author=ANN, at=at(minutes))


async def test_the_newest_grant_of_each_person_counts(units: Units) -> None:
    async with units.writing() as unit:
        assert await unit.grants.current() == []
        await unit.grants.add(grant("1", Role.VIEWER))
        await unit.grants.add(grant("2", Role.OPERATOR))
        await unit.grants.add(grant("1", Role.ADMIN, platform="slack"))
        await unit.grants.add(grant("1", Role.OPERATOR, minutes=1))
        await unit.grants.add(grant("2", Role.NOBODY, minutes=1))
    async with units.reading() as unit:
        assert await unit.grants.current() == [
            grant("1", Role.ADMIN, platform="slack"),
            grant("1", Role.OPERATOR, minutes=1),
            grant("2", Role.NOBODY, minutes=1),
        ]


async def test_of_two_grants_of_one_moment_the_later_one_counts(units: Units) -> None:
    async with units.writing() as unit:
        await unit.grants.add(grant("1", Role.ADMIN))
        await unit.grants.add(grant("1", Role.NOBODY))
        assert [found.role for found in await unit.grants.current()] == [Role.NOBODY]


# --- the stop list ---------------------------------------------------------------------------------------------------


def listing(symbol: str, *, minutes: float | None = None, reason: str = "listing") -> StopListing:
    return StopListing(
        symbol=symbol, reason=reason, author=ANN, created_at=NOW, until_at=None if minutes is None else at(minutes)
    )


async def test_listings_in_force_by_symbol(units: Units) -> None:
    sol, ada = listing("SOLUSDT"), listing("ADAUSDT", minutes=5)
    async with units.writing() as unit:
        assert await unit.stop_list.active(NOW) == []
        await unit.stop_list.add(sol)
        await unit.stop_list.add(ada)
    async with units.reading() as unit:
        assert await unit.stop_list.active(NOW) == [ada, sol]
        assert await unit.stop_list.active(at(5)) == [sol]


async def test_a_symbol_is_listed_once(units: Units) -> None:
    async with units.writing() as unit:
        await unit.stop_list.add(listing("SOLUSDT"))
        short = listing("SOLUSDT", minutes=5, reason="news")
        await unit.stop_list.add(short)
        assert await unit.stop_list.active(NOW) == [short]
        assert await unit.stop_list.active(at(5)) == []


async def test_a_listing_ends_when_it_is_removed(units: Units) -> None:
    sol, ada = listing("SOLUSDT"), listing("ADAUSDT", minutes=5)
    async with units.writing() as unit:
        await unit.stop_list.add(sol)
        await unit.stop_list.add(ada)
        assert await unit.stop_list.remove("SOLUSDT", at(1), BOB) == sol
        assert await unit.stop_list.remove("SOLUSDT", at(2), BOB) is None
        assert await unit.stop_list.remove("ADAUSDT", at(5), BOB) is None
        assert await unit.stop_list.remove("NEWUSDT", at(1), BOB) is None
    async with units.writing() as unit:
        assert await unit.stop_list.active(at(2)) == [ada]
        await unit.stop_list.add(replace(sol, created_at=at(3)))
        assert await unit.stop_list.active(at(3)) == [ada, replace(sol, created_at=at(3))]
