"""One instance a database: who is let in, who is not, and what a killed one leaves behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from core.domain.errors import AlreadyRunning
from storage import lease as module
from storage.engine import Database
from storage.lease import KEY, Holder, Lease, holder, is_running, started_of
from storage.repositories.state import SqlState
from tests.fakes.clock import FakeClock

HERE = "this-host"
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@asynccontextmanager
async def running_process() -> AsyncIterator[asyncio.subprocess.Process]:
    """Yield a process that does nothing until it is killed."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def store(database: Database, held: Holder) -> None:
    async with database.write() as connection:
        await SqlState(connection).put(KEY, msgspec.json.encode(held).decode())


def held_by(clock: FakeClock, pid: int, host: str = HERE, started: int | None = None) -> Holder:
    return Holder(host=host, pid=pid, started=started, since_at=clock.now(), beat_at=clock.now())


async def test_the_holder_is_named_and_gone_after_release(database: Database, clock: FakeClock) -> None:
    lease = Lease(database, clock, HERE, os.getpid())
    assert await holder(database) is None
    await lease.acquire()
    found = await holder(database)
    assert found is not None
    assert (found.host, found.pid, found.since_at) == (HERE, os.getpid(), clock.now())
    await lease.release()
    await lease.release()
    assert await holder(database) is None


async def test_a_live_instance_keeps_others_out(database: Database, clock: FakeClock) -> None:
    async with running_process() as process:
        await Lease(database, clock, HERE, process.pid).acquire()
        taken_at = clock.now()
        await clock.advance(timedelta(hours=1))
        with pytest.raises(AlreadyRunning) as refusal:
            await Lease(database, clock, HERE, os.getpid()).acquire()
        assert f"process {process.pid} on {HERE}, since {taken_at:%Y-%m-%d %H:%M:%S} UTC" in str(refusal.value)


async def test_of_two_that_start_together_one_gets_in(database: Database, clock: FakeClock) -> None:
    async with running_process() as one, running_process() as other:
        leases = [Lease(database, clock, HERE, process.pid) for process in (one, other)]
        results = await asyncio.gather(*(lease.acquire() for lease in leases), return_exceptions=True)
        assert [type(result) for result in results if result] == [AlreadyRunning]
        assert results.count(None) == 1


async def test_after_a_kill_the_next_start_on_this_host_succeeds_at_once(database: Database, clock: FakeClock) -> None:
    async with running_process() as process:
        await Lease(database, clock, HERE, process.pid).acquire()
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await Lease(database, clock, HERE, os.getpid()).acquire()
    found = await holder(database)
    assert found is not None
    assert found.pid == os.getpid()


@pytest.mark.parametrize("started", [1, None])
async def test_a_restarted_container_has_its_own_number_again(
    database: Database, clock: FakeClock, started: int | None
) -> None:
    await store(database, held_by(clock, os.getpid(), started=started))
    await Lease(database, clock, HERE, os.getpid()).acquire()


async def test_another_host_is_believed_until_it_has_been_silent(database: Database, clock: FakeClock) -> None:
    await store(database, held_by(clock, os.getpid(), host="other-host"))
    mine = Lease(database, clock, HERE, os.getpid())
    await clock.advance(30 * SECOND)
    with pytest.raises(AlreadyRunning, match="other-host"):
        await mine.acquire()
    await clock.advance(SECOND)
    await mine.acquire()


async def test_a_heartbeat_keeps_the_lease(database: Database, clock: FakeClock) -> None:
    mine = Lease(database, clock, HERE, os.getpid())
    await mine.beat()
    assert await holder(database) is None
    await mine.acquire()
    for _ in range(12):
        await clock.advance(5 * SECOND)
        await mine.beat()
    with pytest.raises(AlreadyRunning, match=HERE):
        await Lease(database, clock, "other-host", 1).acquire()


async def test_who_lost_the_lease_learns_it_and_leaves_the_other_alone(database: Database, clock: FakeClock) -> None:
    mine = Lease(database, clock, HERE, os.getpid())
    await mine.acquire()
    await clock.advance(31 * SECOND)
    await Lease(database, clock, "other-host", 77).acquire()
    with pytest.raises(AlreadyRunning, match="process 77 on other-host"):
        await mine.beat()
    await mine.release()
    found = await holder(database)
    assert found is not None
    assert found.host == "other-host"


async def test_a_number_that_a_stranger_has_by_now_holds_nothing(database: Database, clock: FakeClock) -> None:
    async with running_process() as stranger:
        started = started_of(stranger.pid)
        if started is None:
            pytest.skip("this system does not tell when a process was started")
        held = held_by(clock, stranger.pid, started=started)
        await store(database, held)
        with pytest.raises(AlreadyRunning):
            await Lease(database, clock, HERE, os.getpid()).acquire()
        await store(database, replace(held, started=started - 1))
        await Lease(database, clock, HERE, os.getpid()).acquire()


async def test_without_start_times_silence_decides(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "started_of", lambda _: None)
    async with running_process() as process:
        await Lease(database, clock, HERE, process.pid).acquire()
        with pytest.raises(AlreadyRunning):
            await Lease(database, clock, HERE, os.getpid()).acquire()
        await clock.advance(31 * SECOND)
        await Lease(database, clock, HERE, os.getpid()).acquire()


async def test_what_runs_and_what_does_not() -> None:
    assert is_running(os.getpid())
    async with running_process() as process:
        assert is_running(process.pid)
    assert not is_running(process.pid)
    assert started_of(process.pid) is None
