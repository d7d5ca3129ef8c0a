"""A wave is executed at most once ever, by whomever, however often; both exchanges side by side."""

import asyncio
import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.cards import wave_card
from core.domain.events import WaveFinished, WaveInterrupted
from core.domain.orders import OrderLeg, Unknown
from core.domain.signals import Side, Signal, SignalBatch
from core.domain.verdicts import Verdict
from core.domain.waves import WaveState
from tests.builders import WAVE_AT, make_pause, make_signal, make_wave_signals
from tests.core.desk import REFS, Desk
from tests.fakes.clock import FakeClock
from tests.fakes.exchange import HANG


async def prepare(desk: Desk, signals: list[Signal]) -> None:
    for signal in signals:
        desk.list_symbol(signal.symbol, exchange=REFS[signal.exchange_id - 1].name)
    await desk.store(signals)


def entries(desk: Desk, exchange: str = "binance") -> list[str]:
    return desk.sent(OrderLeg.ENTRY, exchange)


async def test_a_wave_is_executed_once_however_often_it_is_asked_for(desk: Desk) -> None:
    await prepare(desk, make_wave_signals(2))
    await desk.finish(desk.executor.execute(WAVE_AT))
    await desk.finish(desk.executor.execute(WAVE_AT))
    assert entries(desk) == ["C00001USDT", "C00002USDT"]
    assert desk.units.store.waves[WAVE_AT].state is WaveState.FINISHED
    assert len(desk.events(WaveFinished)) == 1


async def test_once_also_when_asked_for_at_the_same_time(desk: Desk) -> None:
    await prepare(desk, make_wave_signals(2))

    async def both() -> None:
        await asyncio.gather(*(desk.executor.execute(WAVE_AT) for _ in range(5)))

    await desk.finish(both())
    assert len(entries(desk)) == 2


async def test_once_also_when_two_processes_claim_it(desk: Desk) -> None:
    await prepare(desk, make_wave_signals(2))
    other = desk.restarted()

    async def both() -> None:
        await asyncio.gather(desk.executor.execute(WAVE_AT), other.executor.execute(WAVE_AT))

    await desk.finish(both())
    assert len(entries(desk)) == 2
    assert len(desk.events(WaveFinished)) == 1


async def test_both_exchanges_trade_side_by_side(desk: Desk) -> None:
    signals = make_wave_signals(3) + make_wave_signals(3, exchange_id=2, first=11)
    await prepare(desk, signals)
    began_at = desk.clock.now()
    await desk.finish(desk.executor.execute(WAVE_AT))
    assert (len(entries(desk)), len(entries(desk, "bybit"))) == (3, 3)
    assert {r.duration for r in desk.units.store.results.values()} == {timedelta(seconds=2)}
    ended_at = desk.units.store.waves[WAVE_AT].ended_at
    assert ended_at is not None
    assert ended_at - began_at == timedelta(seconds=2)


async def test_one_crashing_exchange_does_not_hurt_the_other(desk: Desk) -> None:
    signals = make_wave_signals(3) + make_wave_signals(3, exchange_id=2, first=11)
    await prepare(desk, signals)
    desk.venue.script("place", RuntimeError("a bug"), symbol="C00002USDT")
    with pytest.raises(RuntimeError, match="a bug"):
        await desk.finish(desk.executor.execute(WAVE_AT))
    assert set(desk.verdicts(2).values()) == {Verdict.EXECUTED}
    assert len(desk.verdicts(2)) == 3
    assert len(desk.verdicts(1)) == 3, "its own signals are judged as well"
    assert desk.units.store.waves[WAVE_AT].state is WaveState.INTERRUPTED
    assert [e.exchange for e in desk.events(WaveFinished)] == ["bybit"]
    assert len(desk.events(WaveInterrupted)) == 1


async def test_a_wave_held_back_by_pauses_was_skipped(desk: Desk) -> None:
    await desk.pause(make_pause())
    await prepare(desk, make_wave_signals(2) + make_wave_signals(1, exchange_id=2))
    await desk.finish(desk.executor.execute(WAVE_AT))
    assert desk.units.store.waves[WAVE_AT].state is WaveState.SKIPPED
    assert (desk.verdicts(2), set(desk.verdicts().values())) == ({"1": Verdict.PAUSED}, {Verdict.PAUSED})


async def test_one_paused_exchange_leaves_the_other_trading(desk: Desk) -> None:
    await desk.pause(make_pause("binance"))
    await prepare(desk, make_wave_signals(1) + make_wave_signals(1, exchange_id=2))
    await desk.finish(desk.executor.execute(WAVE_AT))
    assert (desk.verdicts(1), desk.verdicts(2)) == ({"1": Verdict.PAUSED}, {"1": Verdict.EXECUTED})
    assert desk.units.store.waves[WAVE_AT].state is WaveState.FINISHED


async def test_a_halting_process_takes_no_wave(desk: Desk) -> None:
    await prepare(desk, make_wave_signals(1))
    desk.halting.set()
    await desk.executor.execute(WAVE_AT)
    assert desk.units.store.waves[WAVE_AT].state is WaveState.COLLECTING


async def test_halting_finishes_the_order_in_flight_and_interrupts_the_rest(desk: Desk) -> None:
    await prepare(desk, make_wave_signals(3))
    task = asyncio.create_task(desk.executor.execute(WAVE_AT))
    await desk.clock.settle()
    desk.halting.set()
    resting = asyncio.create_task(desk.executor.rest())
    await desk.clock.advance(timedelta(seconds=2))
    assert task.done()
    assert resting.done()
    assert desk.verdicts() == {"1": Verdict.EXECUTED, "2": Verdict.STALE, "3": Verdict.STALE}
    (event,) = desk.events(WaveInterrupted)
    assert (event.placed, event.not_continued) == (1, 2)


async def test_the_card_of_every_exchange_with_signals_is_shown_from_the_claim_on(desk: Desk) -> None:
    desk.venue.script("place", HANG, symbol="C00001USDT")
    await prepare(desk, make_wave_signals(1))
    task = asyncio.create_task(desk.executor.execute(WAVE_AT))
    await desk.clock.settle()
    assert desk.units.shown == [wave_card(WAVE_AT, "binance")]
    await desk.finish(task)
    await prepare(desk, make_wave_signals(1, exchange_id=2, first=11))
    await desk.executor.execute(WAVE_AT)
    assert len(desk.units.shown) == 1, "a wave that was claimed before shows nothing"


async def test_an_interrupted_wave_shows_the_card_of_every_exchange(desk: Desk) -> None:
    await prepare(desk, make_wave_signals(3) + make_wave_signals(1, exchange_id=2, first=11))
    task = asyncio.create_task(desk.executor.execute(WAVE_AT))
    await desk.clock.settle()
    desk.units.shown.clear()
    desk.halting.set()
    await desk.finish(task)
    assert desk.units.shown[-2:] == [wave_card(WAVE_AT, "binance"), wave_card(WAVE_AT, "bybit")]
    assert desk.board.progress() == []


# --- restarts -----------------------------------------------------------------------------------------------------


async def die_in_the_middle(desk: Desk, after_orders: int) -> None:
    """Let the process die while it waits between two orders."""
    await prepare(desk, make_wave_signals(4))
    task = asyncio.create_task(desk.executor.execute(WAVE_AT))
    await desk.clock.settle()
    await desk.clock.advance(timedelta(seconds=after_orders - 1))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(entries(desk)) == after_orders


@pytest.mark.parametrize("after_orders", [1, 2, 3])
async def test_an_old_wave_is_interrupted_and_its_rest_is_not_traded(desk: Desk, after_orders: int) -> None:
    await die_in_the_middle(desk, after_orders)
    await desk.clock.advance(timedelta(minutes=2))
    after = desk.restarted()
    found = await after.finish(after.recover())
    assert found == ("wave 10:00 was interrupted",)
    assert len(entries(desk)) == after_orders
    assert list(after.verdicts().values()).count(Verdict.EXECUTED) == after_orders
    assert list(after.verdicts().values()).count(Verdict.STALE) == 4 - after_orders
    assert after.units.store.verdicts[1, "4"].facts["cause"] == "interrupted"
    (event,) = after.events(WaveInterrupted)
    assert (event.placed, event.not_continued) == (after_orders, 4 - after_orders)
    assert after.units.store.waves[WAVE_AT].state is WaveState.INTERRUPTED
    assert await after.recover() == ()


@pytest.mark.parametrize("after_orders", [1, 2, 3])
async def test_a_young_wave_goes_on_where_it_was_left(desk: Desk, after_orders: int) -> None:
    await die_in_the_middle(desk, after_orders)
    await desk.clock.advance(timedelta(seconds=10))
    after = desk.restarted()
    found = await after.finish(after.recover())
    assert found == ("wave 10:00 goes on where it was left",)
    assert entries(after) == [f"C{n:05d}USDT" for n in range(1, 5)], "each of them once"
    assert set(after.verdicts().values()) == {Verdict.EXECUTED}
    assert after.units.store.waves[WAVE_AT].state is WaveState.FINISHED
    assert after.units.store.results[WAVE_AT, "binance"].executed == 4


async def test_a_fault_in_a_wave_that_goes_on_does_not_keep_the_process_from_starting(desk: Desk) -> None:
    await die_in_the_middle(desk, 1)
    after = desk.restarted()
    after.venue.script("place", RuntimeError("a bug"), symbol="C00002USDT")
    found = await after.finish(after.recover())
    assert found == ("wave 10:00 goes on where it was left", "wave 10:00 failed: RuntimeError: a bug")
    assert after.units.store.waves[WAVE_AT].state is WaveState.INTERRUPTED
    assert len(after.verdicts()) == 4


async def test_a_wave_that_goes_on_keeps_its_target(desk: Desk) -> None:
    await prepare(desk, make_wave_signals(8))
    task = asyncio.create_task(desk.executor.execute(WAVE_AT))
    await desk.clock.advance(timedelta(seconds=2))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    after = desk.restarted()
    await after.finish(after.recover())
    assert len(entries(after)) == 5
    assert list(after.verdicts().values()).count(Verdict.UNUSED_BUFFER) == 3


async def test_a_lost_answer_counts_as_open_after_a_restart(desk: Desk) -> None:
    signals = make_wave_signals(7)
    await prepare(desk, signals)
    desk.venue.script("place", Unknown(detail="503"), symbol="C00001USDT", is_executed=True)
    task = asyncio.create_task(desk.executor.execute(WAVE_AT))
    await desk.clock.advance(timedelta(seconds=1))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    after = desk.restarted()
    await after.finish(after.recover())
    assert len(set(entries(after))) == len(entries(after)) == 5
    assert list(after.verdicts().values()).count(Verdict.EXECUTED) == 5


async def test_an_exchange_that_was_done_is_not_asked_again(desk: Desk) -> None:
    await prepare(desk, make_wave_signals(1) + make_wave_signals(4, exchange_id=2, first=11))
    task = asyncio.create_task(desk.executor.execute(WAVE_AT))
    await desk.clock.advance(timedelta(seconds=1))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    after = desk.restarted()
    await after.finish(after.recover())
    assert (entries(after), len(entries(after, "bybit"))) == (["C00001USDT"], 4)
    assert sorted(str(e.exchange) for e in after.events(WaveFinished)) == ["binance", "bybit"]


# --- what was recorded --------------------------------------------------------------------------------------------


def recorded_waves(folder: Path) -> dict[datetime, list[Signal]]:
    """Return the waves of 2025-10-12 that the old bot logged; it logged two of them twice."""
    waves: dict[datetime, list[Signal]] = {}
    with (folder / "signals" / "wave_signals_20251012.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            wave_at = datetime.fromisoformat(row["wave_ts"])
            signal = make_signal(
                row["signal_id"],
                symbol=row["pair_symbol"],
                side=Side(row["side"]),
                exchange_id=1 if row["exchange"] == "binance" else 2,
                score_week=Decimal(row["score_week"]),
                score_month=Decimal(row["score_month"]),
                wave_at=wave_at,
            )
            waves.setdefault(wave_at, []).append(signal)
    return waves


def seen_twice(folder: Path) -> set[datetime]:
    with (folder / "signals" / "waves_20251012.csv").open(newline="") as file:
        seen = [datetime.fromisoformat(row["wave_ts"]) for row in csv.DictReader(file)]
    return {wave_at for wave_at in seen if seen.count(wave_at) > 1}


async def see(desk: Desk, signals: list[Signal], *, times: int) -> None:
    """Let the same wave come in and be taken several times at once."""

    async def once() -> None:
        await desk.collector.receive(SignalBatch(signals=tuple(signals)))
        await desk.executor.execute(signals[0].wave_at)

    await asyncio.gather(*(once() for _ in range(times)))


async def test_the_waves_that_the_old_bot_executed_twice_are_executed_once(
    shared_data: Path, make_desk: Callable[..., Desk]
) -> None:
    waves = recorded_waves(shared_data)
    twice = seen_twice(shared_data)
    assert len(twice) == 2
    for wave_at, signals in waves.items():
        desk = make_desk(clock=FakeClock(wave_at + timedelta(minutes=20, seconds=3)))
        for signal in signals:
            desk.list_symbol(signal.symbol, exchange=REFS[signal.exchange_id - 1].name)
        await desk.finish(see(desk, signals, times=2))
        await desk.clock.advance(timedelta(seconds=3))
        await desk.finish(see(desk, signals, times=1))
        sent = [*entries(desk), *entries(desk, "bybit")]
        assert sorted(sent) == sorted(set(sent)), f"{wave_at}: a symbol was bought twice"
        judged = {**desk.units.store.verdicts}
        assert set(judged) == {signal.key for signal in signals}
        opened = [v for v in judged.values() if v.verdict is Verdict.EXECUTED]
        assert (
            len(opened)
            == len(sent)
            == min(5, sum(s.exchange_id == 1 for s in signals)) + min(5, sum(s.exchange_id == 2 for s in signals))
        )
