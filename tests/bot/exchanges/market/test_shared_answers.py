"""One call for all who wait; who owns it; how long its answer is kept."""

import asyncio
from datetime import timedelta

import pytest

from bot.exchanges.market.shared_answers import SharedAnswer
from core.domain.errors import RetryLater
from tests.fakes.clock import FakeClock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class Source:
    """Answers 1, 2, 3... once it is let."""

    def __init__(self) -> None:
        self.calls = 0
        self.cut_off = 0
        self.open = asyncio.Event()
        self.error: Exception | None = None

    async def fetch(self) -> int:
        self.calls += 1
        number = self.calls
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cut_off += 1
            raise
        if self.error is not None:
            raise self.error
        return number


async def test_those_who_ask_at_once_share_a_call(clock: FakeClock) -> None:
    source = Source()
    answer = SharedAnswer(source.fetch, clock=clock)
    waiting = [asyncio.create_task(answer.get(MINUTE)) for _ in range(60)]
    await clock.settle()
    source.open.set()
    assert set(await asyncio.gather(*waiting)) == {1}
    assert source.calls == 1


async def test_an_answer_is_kept_until_it_is_too_old(clock: FakeClock) -> None:
    source = Source()
    source.open.set()
    answer = SharedAnswer(source.fetch, clock=clock)
    assert answer.received_at is None
    assert answer.kept(MINUTE) is None
    assert await answer.get(MINUTE) == 1
    assert answer.received_at == clock.now()
    await clock.advance(MINUTE - timedelta(microseconds=1))
    assert await answer.get(MINUTE) == answer.kept(MINUTE) == 1
    await clock.advance(timedelta(microseconds=1))
    assert answer.kept(MINUTE) is None
    assert await answer.get(MINUTE) == answer.kept(MINUTE) == 2
    assert await answer.get(timedelta(0)) == 3


async def test_one_who_gives_up_leaves_the_call_to_the_others(clock: FakeClock) -> None:
    source = Source()
    answer = SharedAnswer(source.fetch, clock=clock)
    first, second = (asyncio.create_task(answer.get(MINUTE)) for _ in range(2))
    await clock.settle()
    first.cancel()
    await clock.settle()
    assert source.cut_off == 0
    source.open.set()
    assert await second == 1


async def test_the_last_who_gives_up_ends_the_call(clock: FakeClock) -> None:
    source = Source()
    answer = SharedAnswer(source.fetch, clock=clock)
    waiting = [asyncio.create_task(answer.get(MINUTE)) for _ in range(2)]
    await clock.settle()
    for task in waiting:
        task.cancel()
    await clock.settle()
    assert source.cut_off == 1
    source.open.set()
    assert await answer.get(MINUTE) == 2


async def test_a_failure_is_told_to_all_and_not_kept(clock: FakeClock) -> None:
    source = Source()
    source.open.set()
    source.error = RetryLater("busy", MINUTE)
    answer = SharedAnswer(source.fetch, clock=clock)
    failures = await asyncio.gather(*(answer.get(MINUTE) for _ in range(3)), return_exceptions=True)
    assert failures == [source.error] * 3
    source.error = None
    assert await answer.get(MINUTE) == 2


async def test_what_is_not_admitted_is_not_sent(clock: FakeClock) -> None:
    source = Source()
    source.open.set()
    answer = SharedAnswer(source.fetch, clock=clock)

    def refuse() -> None:
        raise RetryLater("no room", MINUTE)

    with pytest.raises(RetryLater, match="no room"):
        await answer.get(MINUTE, admit=refuse)
    assert source.calls == 0
    await answer.get(MINUTE)
    assert await answer.get(MINUTE, admit=refuse) == 1  # kept: nothing has to be admitted
