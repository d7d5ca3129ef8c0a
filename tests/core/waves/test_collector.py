"""Signals on their way in: stored once, judged at the door when they come too late."""

from datetime import timedelta

from core.domain.signals import Signal, SignalBatch
from core.domain.verdicts import Verdict
from core.domain.waves import WaveState
from tests.builders import WAVE_AT, make_invalid_signal, make_signal, make_wave_signals
from tests.core.desk import Desk


async def receive(desk: Desk, *signals: Signal) -> None:
    await desk.collector.receive(SignalBatch(signals=signals))


async def test_signals_are_stored_and_their_wave_collects(desk: Desk) -> None:
    await receive(desk, *make_wave_signals(3))
    assert len(desk.units.store.signals) == 3
    assert desk.units.store.waves[WAVE_AT].state is WaveState.COLLECTING
    assert desk.collector.has(WAVE_AT)
    assert desk.collector.arrivals.get_nowait() == WAVE_AT
    assert desk.verdicts() == {}


async def test_the_same_frame_again_changes_nothing(desk: Desk) -> None:
    await receive(desk, *make_wave_signals(3))
    desk.collector.arrivals.get_nowait()
    before = desk.units.store
    received = dict(before.received)
    await desk.clock.advance(timedelta(minutes=1))
    await receive(desk, *make_wave_signals(3))
    assert desk.units.store == before
    assert desk.units.store.received == received
    assert desk.collector.arrivals.empty()


async def test_nothing_at_all_is_not_even_a_transaction(desk: Desk) -> None:
    await desk.collector.receive(SignalBatch())
    assert desk.units.commits == 0


async def test_a_growing_wave_is_announced_once(desk: Desk) -> None:
    await receive(desk, *make_wave_signals(3))
    await receive(desk, *make_wave_signals(5))
    assert len(desk.units.store.signals) == 5
    assert desk.collector.arrivals.qsize() == 1


async def test_a_repeat_of_a_symbol_has_a_new_id_and_is_kept(desk: Desk) -> None:
    await receive(desk, make_signal(1), make_signal(2))
    assert len(desk.units.store.signals) == 2


async def test_the_same_id_on_another_exchange_is_another_signal(desk: Desk) -> None:
    await receive(desk, make_signal(1), make_signal(1, exchange_id=2))
    assert len(desk.units.store.signals) == 2


async def test_an_old_signal_is_stale_whenever_its_frame_comes(desk: Desk) -> None:
    old = make_signal(1, wave_at=WAVE_AT - timedelta(minutes=15))
    await desk.clock.advance(timedelta(minutes=1))  # 36 minutes after that wave
    await receive(desk, old, make_signal(2))
    assert desk.verdicts() == {"1": Verdict.STALE}
    assert desk.units.store.verdicts[1, "1"].facts == {"age_min": 36, "limit_min": 35}
    assert old.wave_at not in desk.units.store.waves
    assert not desk.collector.has(old.wave_at)


async def test_the_limit_itself_is_still_fresh(desk: Desk) -> None:
    await receive(desk, make_signal(1, wave_at=WAVE_AT - timedelta(minutes=15)))
    assert desk.verdicts() == {}


async def test_what_comes_after_its_wave_was_taken_is_late(desk: Desk) -> None:
    async with desk.units.writing() as unit:
        assert await unit.waves.claim(WAVE_AT, desk.clock.now())
    await receive(desk, make_signal(7))
    assert desk.verdicts() == {"7": Verdict.LATE}
    assert desk.collector.arrivals.empty()


async def test_what_comes_after_nothing_was_found_is_late_too(desk: Desk) -> None:
    async with desk.units.writing() as unit:
        await unit.waves.end(WAVE_AT, WaveState.NOT_FOUND, desk.clock.now())
    await receive(desk, make_signal(7))
    assert desk.verdicts() == {"7": Verdict.LATE}


async def test_a_row_that_cannot_be_read_costs_itself_alone(desk: Desk) -> None:
    batch = SignalBatch(signals=(make_signal(1),), invalid=(make_invalid_signal(),))
    await desk.collector.receive(batch)
    await desk.collector.receive(batch)
    assert desk.verdicts() == {"bad-1": Verdict.INVALID}
    assert "HOLD" in str(desk.units.store.verdicts[1, "bad-1"].facts["problem"])
    assert desk.collector.has(WAVE_AT)


async def test_waves_of_long_ago_are_forgotten(desk: Desk) -> None:
    await receive(desk, make_signal(1))
    await desk.clock.advance(timedelta(hours=2))
    await receive(desk, make_signal(2, wave_at=WAVE_AT + timedelta(hours=2)))
    assert not desk.collector.has(WAVE_AT)


async def test_it_runs_on_the_batches_of_its_source(desk: Desk) -> None:
    desk.spawn("collector", desk.collector.run(desk.source))
    desk.source.send(make_wave_signals(2))
    await desk.clock.settle()
    assert len(desk.units.store.signals) == 2


async def test_a_wave_that_has_not_begun_is_never_traded(desk: Desk) -> None:
    ahead = desk.clock.now() + timedelta(minutes=15)
    await receive(desk, make_signal(9, wave_at=ahead))
    assert desk.verdicts() == {"9": Verdict.INVALID}
    assert "a clock is wrong" in str(desk.units.store.verdicts[1, "9"].facts["problem"])
    assert not desk.collector.has(ahead)
