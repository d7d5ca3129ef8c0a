"""Whoever shows the present state hears of every change, and misses none."""

import asyncio

import pytest

from core.domain.delivery import Mute
from core.domain.people import Grant, Role
from core.ports.delivery import Outbox
from core.ports.edges import Changes
from core.ports.storage import Units
from tests.builders import NOW, at
from tests.contracts.storage.alerting import CHAT, POSITION_CARD, reduced, resumed, stale, tell


async def record_and_fail(units: Units) -> None:
    async with units.writing() as unit:
        await unit.record(resumed())
        raise LookupError


async def is_waiting(task: asyncio.Task[int]) -> bool:
    for _ in range(5):
        await asyncio.sleep(0)
    return not task.done()


async def test_a_commit_that_recorded_something_wakes_everybody_who_waits(units: Units, changes: Changes) -> None:
    waiting = [asyncio.create_task(changes.wait(0)) for _ in range(3)]
    with pytest.raises(LookupError):
        await record_and_fail(units)
    async with units.writing() as unit:
        await unit.state.put("a", "1")
    assert await is_waiting(waiting[0])
    async with units.writing() as unit:
        await unit.record(reduced())
        assert await is_waiting(waiting[0])
    assert await asyncio.wait_for(asyncio.gather(*waiting), 1) == [1, 1, 1]
    again = asyncio.create_task(changes.wait(1))
    assert await is_waiting(again)
    await tell(units, resumed())
    assert await asyncio.wait_for(again, 1) == 2


async def test_what_was_recorded_meanwhile_is_not_missed(units: Units, changes: Changes) -> None:
    await tell(units, resumed(), resumed(1))
    assert await asyncio.wait_for(changes.wait(0), 1) == 2
    assert await asyncio.wait_for(changes.wait(1), 1) == 2


async def test_a_card_that_changes_is_news(units: Units, changes: Changes) -> None:
    async with units.writing() as unit:
        await unit.show(POSITION_CARD)
    assert await asyncio.wait_for(changes.wait(0), 1) == 1


async def test_a_mute_that_ends_is_news_and_an_end_of_nothing_is_none(units: Units, changes: Changes) -> None:
    async with units.writing() as unit:
        await unit.mutes.put(Mute(destination=CHAT, kind="resumed", until_at=at(60), author="Ann"))
        await unit.mutes.end(CHAT, "paused", NOW)
    waiting = asyncio.create_task(changes.wait(0))
    assert await is_waiting(waiting)
    async with units.writing() as unit:
        await unit.mutes.end(CHAT, None, NOW)
    assert await asyncio.wait_for(waiting, 1) == 1


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.NOBODY])
async def test_a_change_of_somebodys_rights_is_news(units: Units, changes: Changes, role: Role) -> None:
    """Control panels and command menus show what a person may do."""
    waiting = asyncio.create_task(changes.wait(0))
    async with units.writing() as unit:
        await unit.grants.add(Grant(platform="slack", person_id="U9", role=role, author="Ann", at=NOW))
        assert await is_waiting(waiting), "it may still be taken back"
    assert await asyncio.wait_for(waiting, 1) == 1
    async with units.reading() as unit:
        assert len(await unit.grants.current()) == 1


async def test_the_outbox_is_woken_once_for_all_that_was_recorded(units: Units, outbox: Outbox) -> None:
    waiting = asyncio.create_task(outbox.arrival())
    await asyncio.sleep(0)
    assert not waiting.done()
    async with units.writing() as unit:
        await unit.record(resumed())
        await unit.record(stale(1))
    await asyncio.wait_for(waiting, 1)
    again = asyncio.create_task(outbox.arrival())
    await asyncio.sleep(0)
    assert not again.done()
    await tell(units, resumed(2))
    await asyncio.wait_for(again, 1)


async def test_telling_again_wakes_the_outbox(units: Units, outbox: Outbox) -> None:
    await tell(units, resumed())
    await asyncio.wait_for(outbox.arrival(), 1)
    await outbox.resend(1, at(1))
    await asyncio.wait_for(outbox.arrival(), 1)
