"""Time jumps, threads are waited for, and every run is the same."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

import pytest

from bot.virtual_time import VirtualClock, VirtualTimeLoop
from core.domain.errors import Bug

START_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
T = TypeVar("T")


def never_busy() -> bool:
    return False


def run(
    work: Callable[[VirtualClock], Awaitable[T]],
    is_busy: Callable[[], bool] = never_busy,
    patience: timedelta = timedelta(seconds=20),
) -> T:
    """Run `work` in a loop of its own."""
    loop = VirtualTimeLoop(START_AT, is_busy, patience)

    async def main() -> T:
        return await work(VirtualClock(loop))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main())


class Desk:
    """One thread that works off what it is given, as the database's does; `is_busy` while something is asked."""

    def __init__(self, seed: int = 0) -> None:
        self._random = Random(seed)
        self._threads = ThreadPoolExecutor(1)
        self._asked = 0

    def is_busy(self) -> bool:
        return self._asked > 0

    async def ask(self, question: str) -> str:
        pause_s = self._random.choice((0, 0, 0.001, 0.004))
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._work, question, pause_s)
        finally:
            self._asked -= 1

    def close(self) -> None:
        self._threads.shutdown()

    @staticmethod
    def _work(question: str, pause_s: float) -> str:
        time.sleep(pause_s)
        return question.upper()


# --- timers ---------------------------------------------------------------------------------------------------------


def test_time_begins_where_it_is_told_to_and_jumps() -> None:
    async def work(clock: VirtualClock) -> None:
        assert clock.now() == START_AT
        await clock.sleep(timedelta(days=30))
        assert clock.now() == START_AT + timedelta(days=30)

    began_s = time.monotonic()
    run(work)
    assert time.monotonic() - began_s < 3600


def test_sleepers_wake_in_the_order_of_their_times_each_at_its_own() -> None:
    async def work(clock: VirtualClock) -> list[tuple[int, datetime]]:
        woken: list[tuple[int, datetime]] = []

        async def sleeper(minutes: int) -> None:
            await clock.sleep_until(START_AT + timedelta(minutes=minutes))
            woken.append((minutes, clock.now()))

        await asyncio.gather(*(sleeper(minutes) for minutes in (30, 5, 90, 5, 1)))
        return woken

    assert run(work) == [(m, START_AT + timedelta(minutes=m)) for m in (1, 5, 5, 30, 90)]


def test_those_with_the_same_time_wake_as_they_came() -> None:
    async def work(clock: VirtualClock) -> list[str]:
        woken: list[str] = []

        async def sleeper(name: str) -> None:
            await clock.sleep(HOUR)
            woken.append(name)

        await asyncio.gather(*(sleeper(name) for name in "cab"))
        return woken

    assert run(work) == ["c", "a", "b"]


def test_a_month_of_minutes_keeps_to_the_grid() -> None:
    async def work(clock: VirtualClock) -> list[datetime]:
        seen = []
        for minute in range(1, 43_201):
            await clock.sleep_until(START_AT + timedelta(minutes=minute))
            seen.append(clock.now())
        return seen

    assert run(work) == [START_AT + timedelta(minutes=minute) for minute in range(1, 43_201)]


def test_small_steps_add_up_to_the_microsecond() -> None:
    async def work(clock: VirtualClock) -> datetime:
        for _ in range(10_000):
            await clock.sleep(timedelta(milliseconds=100))
        return clock.now()

    assert run(work) == START_AT + timedelta(seconds=1000)


def test_a_time_that_has_passed_yields_once() -> None:
    async def work(clock: VirtualClock) -> list[str]:
        ran: list[str] = []
        for wait in (clock.sleep(timedelta(0)), clock.sleep(-HOUR), clock.sleep_until(START_AT - HOUR)):
            asyncio.get_running_loop().call_soon(ran.append, "other")
            await wait
            ran.append("us")
        assert clock.now() == START_AT
        return ran

    assert run(work) == ["other", "us"] * 3


def test_a_timeout_means_virtual_time() -> None:
    async def work(clock: VirtualClock) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600):
                await clock.sleep(2 * HOUR)
        assert clock.now() == START_AT + HOUR
        async with asyncio.timeout(3600):
            await clock.sleep(HOUR / 2)
        assert clock.now() == START_AT + HOUR * 1.5

    run(work)


def test_a_sleeper_can_be_cancelled() -> None:
    async def work(clock: VirtualClock) -> None:
        sleeper = asyncio.create_task(clock.sleep(HOUR))
        await clock.sleep(HOUR / 2)
        sleeper.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeper
        assert clock.now() == START_AT + HOUR / 2

    run(work)


# --- threads --------------------------------------------------------------------------------------------------------


def test_time_stands_while_a_thread_works() -> None:
    desk = Desk()

    async def work(clock: VirtualClock) -> tuple[str, datetime]:
        ticking = asyncio.create_task(clock.sleep(HOUR))
        answer = await desk.ask("who")
        at = clock.now()
        await ticking
        assert clock.now() == START_AT + HOUR
        return answer, at

    assert run(work, desk.is_busy) == ("WHO", START_AT)
    desk.close()


def test_a_thread_is_waited_for_when_nothing_else_is_to_come() -> None:
    async def work(clock: VirtualClock) -> str:
        return await asyncio.to_thread(Desk._work, "who", 0.02)

    assert run(work) == "WHO"


def test_what_threads_have_finished_comes_in_one_at_a_time() -> None:
    async def work(clock: VirtualClock) -> list[str]:
        loop = asyncio.get_running_loop()
        order: list[str] = []

        def arrive(name: str) -> None:
            order.append(name)
            loop.call_soon(order.append, f"{name} is dealt with")

        with ThreadPoolExecutor(1) as threads:
            for name in ("first", "second"):
                threads.submit(loop.call_soon_threadsafe, arrive, name).result()
        order.append("work in the loop")
        await asyncio.sleep(0)
        order.append("more of it")
        await clock.sleep(HOUR)
        return order

    assert run(work) == [
        "work in the loop",
        "more of it",
        "first",
        "first is dealt with",
        "second",
        "second is dealt with",
    ]


def test_every_run_is_the_same_however_long_the_thread_takes() -> None:
    def story(seed: int) -> list[str]:
        desk = Desk(seed)
        told: list[str] = []

        async def work(clock: VirtualClock) -> None:
            async def person(name: str, pause: timedelta) -> None:
                for turn in range(6):
                    told.append(f"{name} {turn} {await desk.ask(name)} {clock.now():%H:%M:%S}")
                    await clock.sleep(pause)

            people = [("ann", timedelta(seconds=7)), ("bo", timedelta(seconds=7)), ("cy", timedelta(seconds=14))]
            await asyncio.gather(*(person(name, pause) for name, pause in people))

        run(work, desk.is_busy)
        desk.close()
        return told

    first = story(1)
    assert len(first) == 18
    assert first[-1].endswith("10:01:10")
    assert all(story(seed) == first for seed in range(2, 6))


@pytest.mark.parametrize(
    ("wait", "is_busy"),
    [
        pytest.param(lambda _: asyncio.Event().wait(), False, id="for what never comes"),
        pytest.param(lambda clock: clock.sleep(HOUR), True, id="for time that stands"),
    ],
)
def test_waiting_without_hope_ends_with_a_word(
    wait: Callable[[VirtualClock], Coroutine[object, object, None]], is_busy: bool
) -> None:
    loop = VirtualTimeLoop(START_AT, lambda: is_busy, timedelta(milliseconds=20))
    hopeless = loop.create_task(wait(VirtualClock(loop)))
    with pytest.raises(Bug, match="does not come"):
        loop.run_until_complete(hopeless)
    hopeless.cancel()
    loop.run_until_complete(asyncio.gather(hopeless, return_exceptions=True))
    loop.close()
    assert hopeless.cancelled()


def test_what_is_sent_to_a_socket_of_the_same_loop_arrives_before_time_goes_on() -> None:
    loop = VirtualTimeLoop(START_AT, never_busy)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await asyncio.sleep(60)
        writer.close()

    async def ask() -> tuple[bytes, float, float]:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"ping\n")
            async with asyncio.timeout(1):
                line = await reader.readline()
            answered_s = loop.time()
            await reader.read()
            writer.close()
            return line, answered_s, loop.time()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(ask()) == (b"ping\n", 0.0, 60.0)
