"""What every Clock promises, run over ours and the fake one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import ScaledClock, SystemClock
from core.ports.edges import Clock
from tests.fakes.clock import START_AT, FakeClock

SHORT = timedelta(milliseconds=5)
Drive = Callable[[], Awaitable[None]]


async def nothing() -> None:
    await asyncio.sleep(0)


def system() -> tuple[Clock, Drive]:
    return SystemClock(), nothing


def scaled() -> tuple[Clock, Drive]:
    return ScaledClock(2.0, START_AT), nothing


def fake() -> tuple[Clock, Drive]:
    clock = FakeClock()
    return clock, lambda: clock.advance(SHORT)


@pytest.fixture(params=[system, scaled, fake])
def clock_and_drive(request: pytest.FixtureRequest) -> tuple[Clock, Drive]:
    made: tuple[Clock, Drive] = request.param()
    return made


async def test_now_is_aware_utc(clock_and_drive: tuple[Clock, Drive]) -> None:
    clock, _ = clock_and_drive
    assert clock.now().utcoffset() == timedelta(0)


async def test_sleep_lasts_as_long_as_asked(clock_and_drive: tuple[Clock, Drive]) -> None:
    clock, drive = clock_and_drive
    began_at = clock.now()
    sleeper = asyncio.create_task(clock.sleep(SHORT))
    await drive()
    await sleeper
    assert clock.now() - began_at >= SHORT * 0.9  # an event loop may wake a timer a clock tick early


async def test_sleep_until_never_wakes_early(clock_and_drive: tuple[Clock, Drive]) -> None:
    clock, drive = clock_and_drive
    at = clock.now() + SHORT
    sleeper = asyncio.create_task(clock.sleep_until(at))
    await drive()
    await sleeper
    assert clock.now() >= at


@pytest.mark.parametrize("duration", [timedelta(0), timedelta(hours=-1)])
async def test_no_time_left_yields_once(clock_and_drive: tuple[Clock, Drive], duration: timedelta) -> None:
    clock, _ = clock_and_drive
    ran: list[str] = []
    asyncio.get_running_loop().call_soon(ran.append, "other")
    await clock.sleep(duration)
    assert ran == ["other"]
    asyncio.get_running_loop().call_soon(ran.append, "again")
    await clock.sleep_until(clock.now() + duration)
    assert ran == ["other", "again"]


async def test_a_sleeper_can_be_cancelled(clock_and_drive: tuple[Clock, Drive]) -> None:
    clock, drive = clock_and_drive
    sleeper = asyncio.create_task(clock.sleep(timedelta(hours=1)))
    await asyncio.sleep(0)
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    await drive()


async def test_scaled_time_runs_faster() -> None:
    clock = ScaledClock(10_000.0, START_AT)
    real = asyncio.get_running_loop().time()
    await clock.sleep(timedelta(minutes=1))
    assert asyncio.get_running_loop().time() - real < 5
    assert clock.now() >= START_AT + timedelta(minutes=0.9)


def test_scaled_time_never_stands_still() -> None:
    with pytest.raises(ValueError, match="speed"):
        ScaledClock(0, START_AT)


@given(st.lists(st.integers(min_value=1, max_value=50), max_size=8))
def test_fake_time_wakes_in_order(seconds: list[int]) -> None:
    async def run() -> list[tuple[int, datetime]]:
        clock = FakeClock()
        woken: list[tuple[int, datetime]] = []

        async def sleeper(seconds: int) -> None:
            await clock.sleep(timedelta(seconds=seconds))
            woken.append((seconds, clock.now()))

        tasks = [asyncio.create_task(sleeper(s)) for s in seconds]
        await clock.advance(timedelta(seconds=100))
        await asyncio.gather(*tasks)
        assert clock.now() == START_AT + timedelta(seconds=100)
        return woken

    assert asyncio.run(run()) == [(s, START_AT + timedelta(seconds=s)) for s in sorted(seconds)]


async def test_fake_time_wakes_who_sleeps_again_on_the_way() -> None:
    clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
    ticks: list[datetime] = []

    async def tick() -> None:
        while True:
            await clock.sleep(timedelta(seconds=1))
            ticks.append(clock.now())

    task = asyncio.create_task(tick())
    await clock.advance(timedelta(seconds=3))
    assert len(ticks) == 3
    assert clock.sleepers == 1
    await clock.run_until(lambda: len(ticks) == 60)
    with pytest.raises(AssertionError, match="within"):
        await clock.run_until(lambda: False, limit=timedelta(seconds=5))
    task.cancel()
