"""Pauses, the audit and small state."""

from core.ports.storage import Units
from tests.builders import (
    NOW,
    at,
    make_audit_entry,
    make_pause,
)


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
