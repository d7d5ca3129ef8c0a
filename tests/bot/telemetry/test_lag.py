"""The lag of the event loop."""

import asyncio
import time
from datetime import timedelta

from bot.telemetry.lag import LoopLag


async def test_a_stall_is_seen_at_once_and_remembered() -> None:
    lag = LoopLag()
    lag.start()
    time.sleep(0.6)  # noqa: ASYNC251 - the stall itself
    assert lag.worst >= timedelta(seconds=0.3)
    await asyncio.sleep(0)
    assert lag.worst >= timedelta(seconds=0.3)
    lag.stop()


async def test_a_stall_is_forgotten_after_the_window() -> None:
    lag = LoopLag(window=timedelta(seconds=0.25))
    lag.start()
    time.sleep(0.6)  # noqa: ASYNC251 - the stall itself
    stalled = lag.worst
    await asyncio.sleep(0.6)
    assert lag.worst < stalled
    lag.stop()


async def test_nothing_is_measured_before_the_start_and_after_the_end() -> None:
    lag = LoopLag()
    assert lag.worst == timedelta(0)
    lag.start()
    lag.start()
    lag.stop()
    lag.stop()
    assert lag.worst == timedelta(0)
