"""Entries with money wait until somebody has let them begin, for these keys, and nobody took it back."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from core.domain.events import WaveFinished
from core.domain.verdicts import Verdict
from core.trading.releasing import Releasing
from tests.builders import WAVE_AT, make_wave_signals
from tests.core.desk import Desk


async def begin(desk: Desk, count: int) -> bool:
    """Let a wave of so many signals be traded."""
    signals = make_wave_signals(count)
    for signal in signals:
        desk.list_symbol(signal.symbol)
    await desk.store(signals)
    return await desk.exchange_waves[0].trade(WAVE_AT, signals, ())


async def trade(desk: Desk, count: int) -> None:
    """Let a wave of so many signals be traded, and wait until it is."""
    task = asyncio.create_task(begin(desk, count))
    await desk.clock.advance(timedelta(seconds=30))
    assert await task


def releasing(desk: Desk) -> Releasing:
    return Releasing(units=desk.units, clock=desk.clock, live_keys=desk.live_keys)


async def test_live_entries_wait_for_a_release_which_resuming_does_not_give(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(live_keys={"binance": "3f2a"})
    await desk.pausing.pause("all", reason="news", author="Ann", until_at=None)
    await desk.pausing.resume("all", author="Ann")
    await trade(desk, 2)
    assert list(desk.verdicts().values()) == [Verdict.PAUSED] * 2
    facts = [verdict.facts for verdict in desk.units.store.verdicts.values()]
    assert facts == [{"scope": "mode", "reason": "live trading is not released: /mode live"}] * 2
    (event,) = desk.events(WaveFinished)
    assert event.note == "live trading is not released: /mode live"
    assert desk.venue.requests == []


@pytest.mark.parametrize(("keys", "verdict"), [("3f2a", Verdict.EXECUTED), ("0000", Verdict.PAUSED)])
async def test_a_release_is_for_the_keys_that_it_was_given_for(
    make_desk: Callable[..., Desk], keys: str, verdict: Verdict
) -> None:
    desk = make_desk(live_keys={"binance": "3f2a"})
    await releasing(desk).give(author="ann")
    desk = make_desk(live_keys={"binance": keys}, units=desk.units)
    await trade(desk, 1)
    assert desk.verdicts() == {"1": verdict}


async def test_a_release_that_is_taken_back_in_the_middle_of_a_wave_counts_at_once(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(live_keys={"binance": "3f2a"})
    await releasing(desk).give(author="ann")
    task = asyncio.create_task(begin(desk, 3))
    await desk.clock.settle()
    await releasing(desk).take_back(author="bo")
    await desk.clock.advance(timedelta(seconds=5))
    assert await task
    assert list(desk.verdicts().values()) == [Verdict.EXECUTED, Verdict.PAUSED, Verdict.PAUSED]
