"""Units of work: all or nothing, one at a time."""

import asyncio

import pytest

from core.ports.delivery import Outbox
from core.ports.storage import Units
from tests.builders import (
    NOW,
    WAVE_AT,
    make_position,
    make_signal,
)
from tests.contracts.storage.alerting import paused


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
