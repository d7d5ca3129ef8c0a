"""One message an outage, and one when it is over."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.feeds.signal_outage import OutageWatch
from tests.fakes.clock import FakeClock
from tests.fakes.feed import RecordingListener

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def listener() -> RecordingListener:
    return RecordingListener()


@pytest.fixture
async def watch(clock: FakeClock, listener: RecordingListener) -> AsyncIterator[OutageWatch]:
    watch = OutageWatch(clock, MINUTE, listener)
    task = asyncio.create_task(watch.run())
    yield watch
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_short_outage_is_kept_quiet_about(
    clock: FakeClock, watch: OutageWatch, listener: RecordingListener
) -> None:
    watch.began("dropped")
    await clock.advance(MINUTE * 0.9)
    await watch.ended()
    await clock.advance(MINUTE * 10)
    assert listener.lost == []
    assert listener.restored == []


async def test_a_long_outage_is_told_once_and_so_is_its_end(
    clock: FakeClock, watch: OutageWatch, listener: RecordingListener
) -> None:
    began_at = clock.now()
    watch.began("dropped")
    await clock.advance(MINUTE * 0.5)
    watch.began("refused")
    await clock.advance(MINUTE * 5)
    assert listener.lost == [("refused", began_at)]
    await watch.ended()
    await watch.ended()
    assert listener.restored == [MINUTE * 5.5]


async def test_every_episode_is_told_of(clock: FakeClock, watch: OutageWatch, listener: RecordingListener) -> None:
    for _ in range(3):
        watch.began("dropped")
        await clock.advance(MINUTE * 2)
        await watch.ended()
        await clock.advance(MINUTE)
    assert len(listener.lost) == len(listener.restored) == 3


async def test_an_outage_that_follows_a_short_one_is_timed_by_itself(
    clock: FakeClock, watch: OutageWatch, listener: RecordingListener
) -> None:
    watch.began("first")
    await clock.advance(MINUTE * 0.8)
    await watch.ended()
    watch.began("second")
    await clock.advance(MINUTE * 0.9)
    assert listener.lost == []
    await clock.advance(MINUTE * 0.2)
    assert [reason for reason, _ in listener.lost] == ["second"]


async def test_a_refusal_is_told_at_once_and_only_once(
    clock: FakeClock, watch: OutageWatch, listener: RecordingListener
) -> None:
    await watch.refused("bad token")
    await watch.refused("bad token")
    await clock.advance(MINUTE * 10)
    assert [reason for reason, _ in listener.lost] == ["bad token"]
