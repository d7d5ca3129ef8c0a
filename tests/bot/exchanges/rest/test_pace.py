"""How fast calls go: at once after a rest, then one after another."""

import asyncio
from datetime import timedelta

from bot.exchanges.profiles import Pace
from bot.exchanges.rest.pace import PacedLane
from tests.fakes.clock import FakeClock

SECOND = timedelta(seconds=1)


def lane(clock: FakeClock) -> PacedLane:
    return PacedLane(Pace(burst=3, rest=SECOND), clock)


async def test_a_burst_goes_at_once_and_the_rest_waits_for_its_turn() -> None:
    clock = FakeClock()
    paced, gone = lane(clock), []

    async def call(number: int) -> None:
        await paced.take(1000)
        gone.append((number, (clock.now() - began_at) / SECOND))

    began_at = clock.now()
    calls = [asyncio.create_task(call(number)) for number in range(6)]
    await clock.advance(10 * SECOND)
    await asyncio.gather(*calls)
    assert gone == [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (5, 3)]


async def test_fractions_of_a_unit_are_counted() -> None:
    clock = FakeClock()
    paced = lane(clock)
    for _ in range(2):
        await paced.take(1500)
    last = asyncio.create_task(paced.take(500))
    await clock.advance(timedelta(milliseconds=499))
    assert not last.done()
    await clock.advance(timedelta(milliseconds=1))
    await last


async def test_a_call_dearer_than_the_burst_waits_until_all_is_paid_and_then_goes() -> None:
    clock = FakeClock()
    paced = lane(clock)
    await paced.take(5000)
    small = asyncio.create_task(paced.take(1000))
    await clock.advance(2 * SECOND)
    assert not small.done()
    await clock.advance(SECOND)
    await small


async def test_a_rest_does_not_save_up_more_than_a_burst() -> None:
    clock = FakeClock()
    paced = lane(clock)
    await clock.advance(timedelta(hours=1))
    for _ in range(3):
        await paced.take(1000)
    fourth = asyncio.create_task(paced.take(1000))
    await clock.settle()
    assert not fourth.done()
    fourth.cancel()
    await asyncio.gather(fourth, return_exceptions=True)
