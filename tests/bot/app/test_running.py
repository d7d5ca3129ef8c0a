"""What ends a process, and that every end is an orderly one."""

import asyncio
import os
import signal
from datetime import timedelta

import pytest

from bot.app.process import Process
from bot.app.running import run_until_stopped
from core.domain.errors import AlreadyRunning, ConfigurationError, Unreachable
from tests.fakes.feed import eventually

LONG, SHORT = timedelta(hours=1), timedelta(milliseconds=5)


class StubProcess(Process):
    """Notes what is done to it; fails when a test says so."""

    def __init__(self, *, refusal: Exception | None = None, is_slow: bool = False) -> None:
        self.refusal = refusal
        self.ready = asyncio.Event()
        if not is_slow:
            self.ready.set()
        self.story: list[str] = []
        self.failing: asyncio.Future[ConfigurationError | AlreadyRunning] = asyncio.get_running_loop().create_future()

    async def start(self) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.story.append("start")
        await self.ready.wait()

    async def failure(self) -> ConfigurationError | AlreadyRunning:
        return await self.failing

    def halt(self) -> None:
        self.story.append("halt")

    async def stop(self, reason: str) -> None:
        self.story.append(f"stop: {reason}")


@pytest.fixture
async def process() -> StubProcess:
    return StubProcess()


async def started(process: StubProcess) -> None:
    await eventually(lambda: "start" in process.story)


async def test_its_time_may_be_over(process: StubProcess) -> None:
    await run_until_stopped(process, SHORT)
    assert process.story == ["start", "stop: its time is over"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_of_the_system_stops_it(process: StubProcess, number: signal.Signals) -> None:
    running = asyncio.create_task(run_until_stopped(process, LONG))
    await started(process)
    os.kill(os.getpid(), number)
    async with asyncio.timeout(5):
        await running
    assert process.story == ["start", "halt", "stop: told to stop"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


async def test_a_signal_while_it_starts_halts_it_at_once_and_stops_it_afterwards() -> None:
    process = StubProcess(is_slow=True)
    running = asyncio.create_task(run_until_stopped(process, LONG))
    await started(process)
    os.kill(os.getpid(), signal.SIGTERM)
    await eventually(lambda: "halt" in process.story)
    process.ready.set()
    async with asyncio.timeout(5):
        await running
    assert process.story == ["start", "halt", "stop: told to stop"]


@pytest.mark.parametrize("failure", [ConfigurationError("mend the token"), AlreadyRunning("process 7 has it")])
async def test_a_failure_ends_it_in_order_and_is_raised(
    process: StubProcess, failure: ConfigurationError | AlreadyRunning
) -> None:
    process.failing.set_result(failure)
    with pytest.raises(type(failure), match=str(failure)):
        await run_until_stopped(process, LONG)
    assert process.story == ["start", f"stop: {failure}"]


async def test_who_cannot_start_is_not_stopped() -> None:
    process = StubProcess(refusal=ConfigurationError("no such folder"))
    with pytest.raises(ConfigurationError, match="no such folder"):
        await run_until_stopped(process, LONG)
    assert process.story == []


async def test_who_is_cancelled_is_stopped(process: StubProcess) -> None:
    running = asyncio.create_task(run_until_stopped(process, None))
    await started(process)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert process.story == ["start", "stop: its time is over"]


async def test_work_beside_it_lasts_as_long_as_it_does(process: StubProcess) -> None:
    story = process.story

    async def beside() -> None:
        story.append("beside")
        try:
            await asyncio.Event().wait()
        finally:
            story.append("beside ends")

    await run_until_stopped(process, SHORT, beside)
    assert story == ["start", "beside", "stop: its time is over", "beside ends"]


async def test_work_beside_it_that_fails_is_not_hidden(process: StubProcess) -> None:
    async def beside() -> None:
        raise Unreachable("nobody plays")

    with pytest.raises(Unreachable, match="nobody plays"):
        await run_until_stopped(process, LONG, beside)
    assert process.story[-1].startswith("stop")
