"""Verbs that hold entries back: saying them twice changes nothing."""

from datetime import timedelta

from core.domain.events import Paused, Resumed
from tests.builders import at
from tests.core.desk import Desk


async def pause(desk: Desk, scope: str = "all", minutes: int | None = None, author: str = "Ann") -> int:
    until_at = None if minutes is None else desk.clock.now() + timedelta(minutes=minutes)
    return (await desk.pausing.pause(scope, reason="news", author=author, until_at=until_at)).id


async def active(desk: Desk) -> list[tuple[str, str]]:
    async with desk.units.reading() as unit:
        return [(p.scope, p.author) for p in await unit.pauses.active(desk.clock.now())]


async def test_pausing_twice_is_pausing_once(desk: Desk) -> None:
    assert await pause(desk) == await pause(desk, author="Bob")
    assert await active(desk) == [("all", "Ann")]
    assert len(desk.events(Paused)) == 1


async def test_the_longer_pause_wins_whichever_came_first(desk: Desk) -> None:
    short = await pause(desk, minutes=10)
    longer = await pause(desk, minutes=30, author="Bob")
    assert longer != short
    assert await active(desk) == [("all", "Bob")]
    assert await pause(desk, minutes=20) == longer
    forever = await pause(desk)
    assert await pause(desk, minutes=600) == forever
    assert [event.until_at for event in desk.events(Paused)] == [at(10), at(30), None]


async def test_scopes_do_not_touch_each_other(desk: Desk) -> None:
    await pause(desk, "binance")
    await pause(desk, "SOLUSDT")
    assert [p.scope for p in await desk.pausing.resume("binance", author="Bob")] == ["binance"]
    assert await active(desk) == [("SOLUSDT", "Ann")]


async def test_resuming_all_ends_every_pause(desk: Desk) -> None:
    for scope in ("all", "bybit", "SOLUSDT"):
        await pause(desk, scope)
    assert len(await desk.pausing.resume("all", author="Bob")) == 3
    assert await active(desk) == []
    assert [event.scope for event in desk.events(Resumed)] == ["all", "bybit", "SOLUSDT"]
    assert {p.ended_by for p in desk.units.store.pauses.values()} == {"Bob"}


async def test_resuming_nothing_says_so_and_tells_nobody(desk: Desk) -> None:
    assert list(await desk.pausing.resume("all", author="Bob")) == []
    assert desk.events(Resumed) == []


async def test_a_pause_runs_out_by_itself(desk: Desk) -> None:
    first = await pause(desk, minutes=10)
    await desk.clock.advance(timedelta(minutes=10))
    assert await active(desk) == []
    assert await pause(desk, minutes=1) != first
