"""Order within a person, freedom between people, and an end to piling up."""

import asyncio

from bot.platforms.slack.lanes import Lanes


async def test_a_flood_of_one_person_is_cut_and_the_lane_opens_again() -> None:
    gate, begun, done = asyncio.Event(), asyncio.Event(), list[str]()

    async def work(item: str) -> None:
        await gate.wait()
        done.append(item)
        if item == "first":
            begun.set()

    async with asyncio.TaskGroup() as tasks:
        lanes = Lanes(tasks, work)
        for number in range(50):
            lanes.put("U1", str(number))
        lanes.put("U2", "other")
        gate.set()
    assert [words for words in done if words != "other"] == [str(number) for number in range(20)]
    assert "other" in done

    async with asyncio.TaskGroup() as tasks:
        lanes = Lanes(tasks, work)
        lanes.put("U1", "first")
        async with asyncio.timeout(2):
            await begun.wait()
        await asyncio.sleep(0)
        lanes.put("U1", "again")
    assert done[-2:] == ["first", "again"]
