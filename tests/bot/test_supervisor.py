"""Tasks crash, come back, are told of, and are gone at the end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from bot.supervisor import Supervisor
from core.domain.errors import AlreadyRunning, ConfigurationError, RetryLater
from core.domain.events import TaskCrashed
from tests.fakes.clock import FakeClock
from tests.fakes.units import MemoryUnits

SECOND = timedelta(seconds=1)
NEVER = asyncio.Event  # nobody sets it


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def units() -> MemoryUnits:
    return MemoryUnits()


@pytest.fixture
async def supervisor(clock: FakeClock, units: MemoryUnits) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(clock=clock, units=units)
    yield supervisor
    await supervisor.end()


def crashes(units: MemoryUnits) -> list[TaskCrashed]:
    return [event for event in units.events if isinstance(event, TaskCrashed)]


class Work:
    """Does what each step of `script` says, one a start: raises it, or lives for so long and then raises `ValueError`.

    Without a step left it goes on for ever.
    """

    def __init__(self, clock: FakeClock, *script: Exception | timedelta) -> None:
        self._clock = clock
        self._script = list(script)
        self.started: list[float] = []
        self._first_at = clock.now()

    async def __call__(self) -> None:
        self.started.append((self._clock.now() - self._first_at).total_seconds())
        if not self._script:
            await NEVER().wait()
        step = self._script.pop(0)
        if isinstance(step, Exception):
            raise step
        await self._clock.sleep(step)
        raise ValueError("lived long enough")


# --- work that goes on ----------------------------------------------------------------------------------------------


async def test_a_crash_is_recorded_and_the_work_started_again(
    supervisor: Supervisor, clock: FakeClock, units: MemoryUnits
) -> None:
    work = Work(clock, KeyError("SOLUSDT"))
    supervisor.keep("guardian", work)
    await clock.advance(SECOND)
    assert work.started == [0]
    await clock.advance(SECOND)
    assert work.started == [0, 2]
    (crash,) = crashes(units)
    assert (crash.task, crash.error, crash.restarts) == ("guardian", "KeyError: 'SOLUSDT'", 1)


async def test_pauses_grow_and_then_stay(supervisor: Supervisor, clock: FakeClock, units: MemoryUnits) -> None:
    work = Work(clock, *[ValueError(str(n)) for n in range(9)])
    supervisor.keep("relay", work)
    await clock.advance(timedelta(hours=1))
    pauses = [later - sooner for sooner, later in zip(work.started, work.started[1:], strict=False)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert [crash.restarts for crash in crashes(units)] == list(range(1, 10))


async def test_work_that_was_well_for_long_starts_counting_anew(
    supervisor: Supervisor, clock: FakeClock, units: MemoryUnits
) -> None:
    work = Work(clock, ValueError(), ValueError(), timedelta(minutes=11), timedelta(minutes=9))
    supervisor.keep("relay", work)
    await clock.advance(timedelta(hours=1))
    assert [crash.restarts for crash in crashes(units)] == [1, 2, 1, 2]


async def test_one_crash_leaves_the_others_alone(supervisor: Supervisor, clock: FakeClock, units: MemoryUnits) -> None:
    sound, bad = Work(clock), Work(clock, ValueError())
    kept = supervisor.keep("sound", sound)
    supervisor.keep("bad", bad)
    await clock.advance(timedelta(minutes=1))
    assert not kept.done()
    assert [crash.task for crash in crashes(units)] == ["bad"]


async def test_work_that_ends_by_itself_is_not_started_again(
    supervisor: Supervisor, clock: FakeClock, units: MemoryUnits
) -> None:
    starts: list[None] = []

    async def once() -> None:
        starts.append(None)

    task = supervisor.keep("short", once)
    await clock.advance(timedelta(minutes=5))
    assert task.done()
    assert (len(starts), units.events) == (1, ())


async def test_a_long_error_is_cut(supervisor: Supervisor, clock: FakeClock, units: MemoryUnits) -> None:
    supervisor.keep("feed", Work(clock, ValueError("x" * 10_000)))
    await clock.advance(SECOND)
    (crash,) = crashes(units)
    assert len(crash.error) == 500


@pytest.mark.parametrize("error", [ConfigurationError("mend the token"), AlreadyRunning("process 7 has it")])
async def test_what_no_restart_can_mend_is_told_once_and_not_tried_again(
    supervisor: Supervisor, clock: FakeClock, units: MemoryUnits, error: ConfigurationError | AlreadyRunning
) -> None:
    work, second = Work(clock, error), Work(clock, ConfigurationError("another one"))
    supervisor.keep("telegram", work)
    async with asyncio.timeout(5):
        assert await supervisor.failure() is error
    later = supervisor.keep("slack", second)
    await clock.advance(timedelta(hours=1))
    assert work.started == [0]
    assert await supervisor.failure() is error
    assert later.exception() is None
    assert crashes(units) == []


async def test_who_stops_waiting_for_the_failure_does_not_keep_others_from_it(
    supervisor: Supervisor, clock: FakeClock
) -> None:
    impatient = asyncio.create_task(supervisor.failure())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    supervisor.keep("telegram", Work(clock, ConfigurationError("mend it")))
    assert str(await supervisor.failure()) == "mend it"


async def test_a_crash_that_cannot_be_recorded_is_logged_and_survived(
    supervisor: Supervisor, clock: FakeClock, units: MemoryUnits, caplog: pytest.LogCaptureFixture
) -> None:
    async def full_disk(*_: object) -> None:
        raise RetryLater("the disk is full", SECOND)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.fakes.units.MemoryUnitOfWork.record", full_disk)
        work = Work(clock, ValueError("first"), ValueError("second"))
        supervisor.keep("guardian", work)
        await clock.advance(timedelta(seconds=10))
    assert work.started == [0, 2, 6]
    assert units.events == ()
    told = [record.message for record in caplog.records if record.levelno >= logging.ERROR]
    assert told == ["task_crashed", "crash_not_recorded"] * 2


# --- work that is done once -----------------------------------------------------------------------------------------


async def test_spawned_work_that_crashes_is_recorded_and_not_repeated(
    supervisor: Supervisor, clock: FakeClock, units: MemoryUnits
) -> None:
    work = Work(clock, LookupError("no such chat"))
    supervisor.spawn("deliver", work())
    await clock.advance(timedelta(hours=1))
    assert work.started == [0]
    (crash,) = crashes(units)
    assert (crash.task, crash.error, crash.restarts) == ("deliver", "LookupError: no such chat", 0)


async def test_settling_waits_for_spawned_work_and_for_what_that_spawns(
    supervisor: Supervisor, clock: FakeClock
) -> None:
    done: list[str] = []
    gate = asyncio.Event()

    async def parent() -> None:
        await gate.wait()
        supervisor.spawn("child", child())
        done.append("parent")

    async def child() -> None:
        for _ in range(9):
            await asyncio.sleep(0)
        done.append("child")

    supervisor.spawn("parent", parent())
    supervisor.keep("kept", Work(clock))
    settling = asyncio.create_task(supervisor.settle(timedelta(minutes=1)))
    await clock.settle()
    assert not settling.done()
    gate.set()
    await settling
    assert done == ["parent", "child"]


async def test_settling_has_an_end(supervisor: Supervisor, clock: FakeClock) -> None:
    work = Work(clock)
    supervisor.spawn("endless", work())
    await supervisor.settle(timedelta(milliseconds=1))
    assert work.started == [0]


async def test_settling_without_work_is_at_once(supervisor: Supervisor) -> None:
    await supervisor.settle(timedelta(0))


# --- the end --------------------------------------------------------------------------------------------------------


def others() -> set[asyncio.Task[object]]:
    current = asyncio.current_task()
    return {task for task in asyncio.all_tasks() if task is not current}


async def test_the_end_leaves_nothing(clock: FakeClock, units: MemoryUnits) -> None:
    supervisor = Supervisor(clock=clock, units=units)
    supervisor.keep("kept", Work(clock))
    supervisor.keep("pausing", Work(clock, ValueError()))
    supervisor.spawn("spawned", Work(clock)())
    await clock.settle()
    supervisor.spawn("never begun", Work(clock)())
    waiting = asyncio.create_task(supervisor.failure())
    await supervisor.end()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    assert others() == set()
    await supervisor.end()


async def test_the_end_waits_for_those_who_tidy_up(clock: FakeClock, units: MemoryUnits) -> None:
    supervisor = Supervisor(clock=clock, units=units)
    tidied: list[str] = []

    async def tidy() -> None:
        try:
            await NEVER().wait()
        finally:
            await asyncio.sleep(0)
            supervisor.spawn("late", later())
            tidied.append("first")

    async def later() -> None:
        try:
            await NEVER().wait()
        finally:
            tidied.append("late")

    supervisor.keep("tidy", tidy)
    await clock.settle()
    await supervisor.end()
    assert "first" in tidied
    assert others() == set()


@pytest.mark.parametrize("kind", ["kept", "spawned"])
async def test_cancellation_passes_and_is_no_crash(clock: FakeClock, units: MemoryUnits, kind: str) -> None:
    supervisor = Supervisor(clock=clock, units=units)
    work = Work(clock)
    if kind == "kept":
        task = supervisor.keep("work", work)
        await clock.settle()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
    else:
        supervisor.spawn("work", work())
        await clock.settle()
    await supervisor.end()
    assert (work.started, units.events) == ([0], ())


def _failing(clock: FakeClock) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        try:
            await NEVER().wait()
        finally:
            raise RetryLater("cannot say goodbye", SECOND)

    return work


def _failing_group(clock: FakeClock) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_fail_at_the_end())
            await NEVER().wait()

    return work


async def _fail_at_the_end() -> None:
    try:
        await NEVER().wait()
    finally:
        raise RetryLater("cannot say goodbye", SECOND)


@pytest.mark.parametrize("failing", [_failing, _failing_group])
async def test_who_crashes_while_it_is_ended_is_told_of_and_stays_ended(
    clock: FakeClock, units: MemoryUnits, failing: Callable[[FakeClock], Callable[[], Awaitable[None]]]
) -> None:
    supervisor = Supervisor(clock=clock, units=units)
    supervisor.keep("platform", failing(clock))
    await clock.settle()
    async with asyncio.timeout(5):
        await supervisor.end()
    assert others() == set()
    assert [crash.task for crash in crashes(units)] == ["platform"]
