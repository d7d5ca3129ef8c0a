"""When waves are taken, and what becomes of those that never are."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from core.domain.settings import WaveMode, WaveSettings
from core.domain.verdicts import Verdict
from core.domain.waves import WaveState
from tests.builders import WAVE_AT, make_signal, make_wave_signals
from tests.core.desk import Desk
from tests.fakes.clock import FakeClock

CHECK_AT = WAVE_AT + timedelta(minutes=20)
"""When the wave of the builders is due."""


def start(desk: Desk) -> None:
    desk.list_symbol("SOLUSDT")
    desk.spawn("collector", desk.collector.run(desk.source))
    desk.spawn("conductor", desk.conductor.run())


def state(desk: Desk, wave_at: datetime = WAVE_AT) -> WaveState | None:
    wave = desk.units.store.waves.get(wave_at)
    return None if wave is None else wave.state


@pytest.fixture
def early(make_desk: Callable[..., Desk]) -> Desk:
    """A scheduled desk, two minutes before its first check."""
    return make_desk(clock=FakeClock(CHECK_AT - timedelta(minutes=2)))


@pytest.fixture
def eager(make_desk: Callable[..., Desk]) -> Desk:
    """A desk that takes waves as they arrive."""
    return make_desk(clock=FakeClock(CHECK_AT), waves=WaveSettings(mode=WaveMode.ON_ARRIVAL))


async def test_a_wave_that_is_there_is_taken_at_its_check_after_settling(early: Desk) -> None:
    start(early)
    early.source.send([make_signal()])
    await early.clock.advance_to(CHECK_AT)
    assert early.verdicts() == {}
    await early.clock.advance(timedelta(seconds=1))
    assert early.verdicts() == {"1": Verdict.EXECUTED}
    assert state(early) is WaveState.FINISHED


async def test_the_server_is_asked_until_the_wave_comes(early: Desk) -> None:
    start(early)
    await early.clock.advance_to(CHECK_AT - timedelta(seconds=1))
    assert early.source.requests == 0
    await early.clock.advance_to(CHECK_AT + timedelta(seconds=10))
    assert 9 <= early.source.requests <= 12
    early.source.send([make_signal()])
    await early.clock.advance(timedelta(seconds=3))
    assert early.verdicts() == {"1": Verdict.EXECUTED}
    asked = early.source.requests
    await early.clock.advance(timedelta(minutes=10))
    assert early.source.requests == asked


async def test_what_comes_while_settling_belongs_to_the_wave(early: Desk) -> None:
    start(early)
    early.list_symbol("ADAUSDT", 1)
    early.source.send([make_signal()])
    await early.clock.advance_to(CHECK_AT + timedelta(milliseconds=500))
    early.source.send([make_signal(2, symbol="ADAUSDT")])
    await early.clock.advance(timedelta(seconds=5))
    assert early.verdicts() == {"1": Verdict.EXECUTED, "2": Verdict.EXECUTED}


async def test_a_wave_that_does_not_come_is_not_found_and_later_signals_are_late(early: Desk) -> None:
    start(early)
    await early.clock.advance_to(CHECK_AT + timedelta(seconds=119))
    assert state(early) is None
    await early.clock.advance(timedelta(seconds=2))
    assert state(early) is WaveState.NOT_FOUND
    assert early.units.events == ()
    early.source.send([make_signal()])
    await early.clock.settle()
    assert early.verdicts() == {"1": Verdict.LATE}


async def test_another_wave_does_not_count(early: Desk) -> None:
    start(early)
    early.source.send([make_signal(9, wave_at=WAVE_AT + timedelta(minutes=15))])
    await early.clock.advance_to(CHECK_AT + timedelta(seconds=121))
    assert state(early) is WaveState.NOT_FOUND
    assert early.verdicts() == {}


async def test_four_waves_an_hour(early: Desk) -> None:
    start(early)
    for n in range(4):
        wave_at = WAVE_AT + n * timedelta(minutes=15)
        early.source.send([make_signal(n, symbol=f"C{n}USDT", wave_at=wave_at)])
        early.list_symbol(f"C{n}USDT")
        await early.clock.advance(timedelta(minutes=15))
    await early.clock.advance(timedelta(minutes=5))
    assert set(early.verdicts().values()) == {Verdict.EXECUTED}
    assert len(early.verdicts()) == 4


async def test_a_start_in_the_middle_of_the_window_takes_the_stored_wave(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(clock=FakeClock(CHECK_AT + timedelta(seconds=100)))
    await desk.store([make_signal()])
    start(desk)
    await desk.clock.advance(timedelta(seconds=2))
    assert desk.verdicts() == {"1": Verdict.EXECUTED}


async def test_a_restart_after_the_wave_does_not_take_it_again(early: Desk) -> None:
    start(early)
    early.source.send([make_signal()])
    await early.clock.advance_to(CHECK_AT + timedelta(seconds=5))
    after = early.restarted()
    await after.recover()
    start(after)
    after.source.send([make_signal()])
    await after.clock.advance(timedelta(minutes=3))
    assert len(after.venue.requests) == 2, "one entry and its stop, once ever"


async def test_the_next_check_is_known(early: Desk, eager: Desk) -> None:
    assert early.conductor.upcoming() == (CHECK_AT, WAVE_AT)
    assert eager.conductor.upcoming() is None


# --- on arrival ---------------------------------------------------------------------------------------------------


async def test_a_wave_is_taken_soon_after_its_first_signal(eager: Desk) -> None:
    start(eager)
    eager.source.send([make_signal()])
    await eager.clock.advance(timedelta(seconds=2))
    eager.source.send([make_signal(2, symbol="ADAUSDT")])
    eager.list_symbol("ADAUSDT", 1)
    await eager.clock.advance(timedelta(milliseconds=900))
    assert eager.verdicts() == {}
    await eager.clock.advance(timedelta(seconds=3))
    assert eager.verdicts() == {"1": Verdict.EXECUTED, "2": Verdict.EXECUTED}


async def test_what_arrives_after_that_is_late(eager: Desk) -> None:
    start(eager)
    eager.source.send([make_signal()])
    await eager.clock.advance(timedelta(seconds=5))
    eager.source.send([make_signal(2, symbol="ADAUSDT")])
    await eager.clock.advance(timedelta(seconds=5))
    assert eager.verdicts() == {"1": Verdict.EXECUTED, "2": Verdict.LATE}


async def test_a_restart_takes_what_was_still_collecting(eager: Desk) -> None:
    await eager.store([make_signal()])
    start(eager)
    await eager.clock.advance(timedelta(seconds=4))
    assert eager.verdicts() == {"1": Verdict.EXECUTED}


async def test_a_wave_that_grew_old_while_the_process_was_down_is_buried(eager: Desk) -> None:
    await eager.store([make_signal()])
    await eager.clock.advance(timedelta(minutes=30))
    start(eager)
    eager.spawn("sweep", eager.conductor.sweep_always())
    await eager.clock.advance(timedelta(seconds=10))
    assert eager.verdicts() == {"1": Verdict.STALE}
    assert state(eager) is WaveState.SKIPPED
    assert eager.venue.requests == []


# --- the sweep ----------------------------------------------------------------------------------------------------


async def test_the_sweep_gives_every_forgotten_signal_its_verdict(desk: Desk) -> None:
    await desk.store(make_wave_signals(3))
    await desk.conductor.sweep()
    assert desk.verdicts() == {}
    commits = desk.units.commits
    await desk.clock.advance(timedelta(minutes=16))
    await desk.conductor.sweep()
    assert set(desk.verdicts().values()) == {Verdict.STALE}
    assert desk.units.store.verdicts[1, "1"].facts["cause"] == "never_taken"
    assert state(desk) is WaveState.SKIPPED
    assert desk.units.commits == commits + 1
    await desk.conductor.sweep()
    assert desk.units.commits == commits + 1, "nothing to bury, nothing to write"


async def test_a_wave_being_executed_is_not_buried(desk: Desk) -> None:
    await desk.store(make_wave_signals(1))
    async with desk.units.writing() as unit:
        await unit.waves.claim(WAVE_AT, desk.clock.now())
    await desk.clock.advance(timedelta(hours=1))
    await desk.conductor.sweep()
    assert desk.verdicts() == {}
