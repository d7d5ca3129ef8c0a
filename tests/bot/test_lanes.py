import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.lanes import Lanes


def note(log: list[str], name: str, gate: asyncio.Event | None = None) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        if gate is not None:
            await gate.wait()
        log.append(name)

    return work


async def test_order_holds_inside_a_lane_only() -> None:
    log: list[str] = []
    gate = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        lanes = Lanes(group)
        lanes.add("ann", note(log, "a1", gate))
        lanes.add("ann", note(log, "a2"))
        lanes.add("ben", note(log, "b1"))
        lanes.add("ben", note(log, "b2"))
        await lanes.drain(timedelta(milliseconds=1))
        assert log == ["b1", "b2"]
        gate.set()
        await lanes.drain(timedelta(seconds=5))
        assert log == ["b1", "b2", "a1", "a2"]
        assert lanes.add("ann", note(log, "a3"))
    assert log[-1] == "a3"


async def test_a_full_lane_takes_no_more() -> None:
    log: list[str] = []
    gate = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        lanes = Lanes(group, longest=2)
        lanes.add("ann", note(log, "0", gate))
        await asyncio.sleep(0)
        assert [lanes.add("ann", note(log, str(number))) for number in (1, 2, 3)] == [True, True, False]
        gate.set()
    assert log == ["0", "1", "2"]
