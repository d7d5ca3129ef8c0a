"""People's word over a wave in progress: what is struck out is not traded, whatever happens afterwards."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from core.domain.cards import wave_card
from core.domain.errors import RetryLater
from core.domain.events import WaveFinished, WaveWaiting
from core.domain.orders import OrderLeg
from core.domain.people import StopListing
from core.domain.settings import WaveSettings
from core.domain.signals import Signal
from core.domain.verdicts import Verdict
from core.domain.waves import WaveStage, WaveState
from core.ports.storage import UnitOfWork
from tests.builders import WAVE_AT, make_wave_signals
from tests.core.desk import REFS, Desk
from tests.fakes.exchange import HANG

WINDOW = timedelta(seconds=30)
CARD = wave_card(WAVE_AT, "binance")
ANN = "telegram:1001 (Ann)"


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """A desk that waits for a veto, and trades when nobody says anything."""
    return make_desk(waves=WaveSettings(veto_window=WINDOW))


@pytest.fixture
def shy_desk(make_desk: Callable[..., Desk]) -> Desk:
    """A desk that trades only when somebody says go."""
    return make_desk(waves=WaveSettings(veto_window=WINDOW, veto_default_trades=False))


@pytest.fixture
def quick_desk(make_desk: Callable[..., Desk]) -> Desk:
    """A desk that waits for nobody."""
    return make_desk()


async def start(desk: Desk, signals: list[Signal]) -> asyncio.Task[None]:
    """Execute the wave as far as it comes without time."""
    for signal in signals:
        desk.list_symbol(signal.symbol, exchange=REFS[signal.exchange_id - 1].name)
    await desk.store(signals)
    task = asyncio.create_task(desk.executor.execute(WAVE_AT))
    await desk.clock.settle()
    return task


def entries(desk: Desk, exchange: str = "binance") -> list[str]:
    return desk.sent(OrderLeg.ENTRY, exchange)


async def veto(
    desk: Desk, symbol: str | None = None, exchange: str | None = None, wave_at: datetime | None = None
) -> list[tuple[str, str]]:
    return list(await desk.vetoes.veto(symbol=symbol, exchange=exchange, wave_at=wave_at, author=ANN))


async def go(desk: Desk, exchange: str | None = None, wave_at: datetime | None = None) -> list[str]:
    return list(await desk.vetoes.go(exchange=exchange, wave_at=wave_at, author=ANN))


# --- the window ---------------------------------------------------------------------------------------------------


async def test_nothing_is_sent_before_the_window_is_over(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(2))
    (seen,) = desk.vetoes.in_progress()
    assert (seen.stage, seen.veto_until_at) == (WaveStage.WAITING, desk.clock.now() + WINDOW)
    assert seen.trades_by_default
    await desk.clock.advance(WINDOW - timedelta(milliseconds=1))
    assert entries(desk) == []
    await desk.clock.advance(timedelta(milliseconds=1))
    assert entries(desk) == ["C00001USDT"]
    await desk.finish(task)
    assert set(desk.verdicts().values()) == {Verdict.EXECUTED}


async def test_the_card_is_shown_when_it_begins_and_when_it_ends(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(1))
    assert desk.units.shown == [CARD], "the claim"
    (waiting,) = desk.events(WaveWaiting)
    assert (waiting.card, waiting.until_at) == (CARD, desk.clock.now() + WINDOW)
    for count in (1, 2):
        await desk.clock.advance(timedelta(seconds=10))
        assert desk.units.shown == [CARD] * (1 + count), "counted down"
    await desk.clock.advance(timedelta(seconds=10))
    assert desk.units.shown == [CARD] * 4
    await desk.finish(task)


async def test_what_moved_away_while_people_were_waited_for_is_judged_anew(desk: Desk) -> None:
    first, second = make_wave_signals(2)
    task = await start(desk, [first, second])
    desk.list_symbol(second.symbol, price=50)
    await desk.clock.advance(WINDOW - timedelta(seconds=1))
    async with desk.units.writing() as unit:
        await unit.stop_list.add(
            StopListing(symbol=first.symbol, reason="news", author=ANN, created_at=desk.clock.now())
        )
    await desk.clock.advance(timedelta(seconds=1))
    await desk.finish(task)
    assert desk.verdicts()[first.id] is Verdict.STOP_LISTED
    assert entries(desk) == [second.symbol]
    (order,) = desk.orders(OrderLeg.ENTRY)
    assert order.request.quantity == 2, "100 USDT at the price of now"


async def test_a_long_wait_is_counted_down_in_few_steps(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(waves=WaveSettings(veto_window=timedelta(minutes=10)))
    task = await start(desk, make_wave_signals(1))
    await desk.clock.advance(timedelta(minutes=10) - timedelta(seconds=1))
    assert desk.units.shown == [CARD] * 6
    assert entries(desk) == []
    await desk.clock.advance(timedelta(seconds=1))
    await desk.finish(task)
    assert entries(desk) == ["C00001USDT"]


async def test_a_countdown_that_cannot_be_shown_keeps_the_wave_on_its_way(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(1))
    with broken(desk, times=1):
        await desk.clock.advance(timedelta(seconds=10))
    await desk.clock.advance(timedelta(seconds=20))
    await desk.finish(task)
    assert entries(desk) == ["C00001USDT"]


async def test_a_card_that_cannot_be_shown_keeps_no_order_back(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(1))
    with broken(desk, times=1):
        await desk.clock.advance(WINDOW)
    await desk.finish(task)
    assert entries(desk) == ["C00001USDT"]


async def test_go_ends_the_wait_at_once(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(1))
    assert await go(desk, "bybit") == []
    assert await go(desk) == ["binance"]
    await desk.clock.settle()
    assert entries(desk) == ["C00001USDT"]
    await desk.finish(task)
    assert await go(desk) == []


async def test_nobody_says_go_and_it_is_left_out(shy_desk: Desk) -> None:
    task = await start(shy_desk, make_wave_signals(2))
    await shy_desk.clock.advance(WINDOW)
    await shy_desk.finish(task)
    assert entries(shy_desk) == []
    assert set(shy_desk.verdicts().values()) == {Verdict.VETOED}
    assert shy_desk.units.store.verdicts[1, "1"].facts == {"cause": "nobody said go"}
    (event,) = shy_desk.events(WaveFinished)
    assert (event.verdicts, event.note) == ((("vetoed", 2),), "nobody said go")


async def test_somebody_says_go_and_it_is_traded(shy_desk: Desk) -> None:
    task = await start(shy_desk, make_wave_signals(2))
    assert await veto(shy_desk, "C00001USDT") == [("binance", "C00001USDT")]
    assert await go(shy_desk) == ["binance"]
    await shy_desk.finish(task)
    assert shy_desk.verdicts() == {"1": Verdict.VETOED, "2": Verdict.EXECUTED}


async def test_a_pause_during_the_window_counts(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(2))
    await desk.pausing.pause("all", reason="news", author=ANN, until_at=None)
    await desk.clock.advance(WINDOW)
    await desk.finish(task)
    assert set(desk.verdicts().values()) == {Verdict.PAUSED}


@pytest.mark.parametrize("trades", [True, False])
async def test_halting_ends_the_wait_and_decides_nothing(make_desk: Callable[..., Desk], trades: bool) -> None:
    desk = make_desk(waves=WaveSettings(veto_window=WINDOW, veto_default_trades=trades))
    task = await start(desk, make_wave_signals(2))
    desk.halting.set()
    await desk.clock.settle()
    assert task.done()
    await task
    assert entries(desk) == []
    assert set(desk.verdicts().values()) == {Verdict.STALE}
    assert desk.units.store.waves[WAVE_AT].state is WaveState.INTERRUPTED


async def test_without_candidates_nobody_is_waited_for(desk: Desk) -> None:
    signals = make_wave_signals(2)
    await desk.store(signals)
    task = asyncio.create_task(desk.executor.execute(WAVE_AT))
    await desk.clock.settle()
    assert task.done()
    await task


# --- striking out -------------------------------------------------------------------------------------------------


async def test_what_is_struck_out_is_written_down_at_once_with_its_card(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(3))
    desk.units.shown.clear()
    assert await veto(desk, "C00002USDT") == [("binance", "C00002USDT")]
    assert desk.verdicts() == {"2": Verdict.VETOED}
    assert desk.units.store.verdicts[1, "2"].facts == {"author": ANN, "via": "symbol"}
    assert desk.units.shown == [CARD]
    assert await veto(desk, "C00002USDT") == [], "twice leaves the same state"
    await desk.clock.advance(WINDOW)
    await desk.finish(task)
    assert entries(desk) == ["C00001USDT", "C00003USDT"]


async def test_later_candidates_move_up(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(8))
    await veto(desk, "C00001USDT")
    await veto(desk, "C00002USDT")
    await desk.clock.advance(WINDOW)
    await desk.finish(task)
    assert entries(desk) == [f"C{n:05d}USDT" for n in range(3, 8)]
    assert desk.verdicts()["8"] is Verdict.UNUSED_BUFFER
    assert desk.units.store.results[WAVE_AT, "binance"].target_reached


async def test_skipping_the_wave_ends_it_at_once(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(3))
    assert len(await veto(desk)) == 3
    await desk.clock.settle()
    assert task.done()
    await task
    assert set(desk.verdicts().values()) == {Verdict.VETOED}
    assert desk.units.store.verdicts[1, "1"].facts == {"author": ANN, "via": "wave"}
    assert entries(desk) == []
    assert desk.events(WaveFinished)[0].note == f"vetoed by {ANN}"


@pytest.mark.parametrize("exchange", [None, "bybit"])
async def test_a_symbol_of_both_exchanges(desk: Desk, exchange: str | None) -> None:
    task = await start(desk, make_wave_signals(2) + make_wave_signals(2, exchange_id=2))
    struck = await veto(desk, "C00001USDT", exchange)
    assert struck == [(name, "C00001USDT") for name in ("binance", "bybit") if exchange in {None, name}]
    await desk.clock.advance(WINDOW)
    await desk.finish(task)
    assert desk.verdicts(2)["1"] is Verdict.VETOED
    assert (desk.verdicts(1)["1"] is Verdict.VETOED) == (exchange is None)


@pytest.mark.parametrize("symbol", [None, "C00001USDT"])
async def test_words_for_another_wave_change_nothing(shy_desk: Desk, symbol: str | None) -> None:
    task = await start(shy_desk, make_wave_signals(2))
    for minutes in (-15, 15):
        other = WAVE_AT + timedelta(minutes=minutes)
        assert await veto(shy_desk, symbol, wave_at=other) == []
        assert await go(shy_desk, wave_at=other) == []
    assert shy_desk.verdicts() == {}
    assert await veto(shy_desk, "C00002USDT", wave_at=WAVE_AT) == [("binance", "C00002USDT")]
    assert await go(shy_desk, wave_at=WAVE_AT) == ["binance"]
    await shy_desk.finish(task)
    assert shy_desk.verdicts() == {"1": Verdict.EXECUTED, "2": Verdict.VETOED}


async def test_without_a_window_what_is_not_sent_can_be_struck_out(quick_desk: Desk) -> None:
    task = await start(quick_desk, make_wave_signals(4))
    assert entries(quick_desk) == ["C00001USDT"]
    assert await veto(quick_desk, "C00001USDT") == [], "it is open"
    assert await veto(quick_desk, "C00003USDT") == [("binance", "C00003USDT")]
    await quick_desk.finish(task)
    assert entries(quick_desk) == ["C00001USDT", "C00002USDT", "C00004USDT"]
    (event,) = quick_desk.events(WaveFinished)
    assert dict(event.verdicts) == {"executed": 3, "vetoed": 1}


async def test_an_order_on_its_way_cannot_be_struck_out(quick_desk: Desk) -> None:
    quick_desk.venue.script("place", HANG, symbol="C00001USDT")
    task = await start(quick_desk, make_wave_signals(2))
    assert await veto(quick_desk) == [("binance", "C00002USDT")]
    await quick_desk.finish(task)
    assert quick_desk.verdicts() == {"1": Verdict.ORDER_UNKNOWN, "2": Verdict.VETOED}


async def test_a_veto_while_the_market_is_asked_counts(quick_desk: Desk) -> None:
    quick_desk.venue.script("market_facts", HANG, symbol="C00001USDT")
    task = await start(quick_desk, make_wave_signals(2))
    assert await veto(quick_desk, "C00001USDT") == [("binance", "C00001USDT")]
    await quick_desk.finish(task)
    assert quick_desk.verdicts() == {"1": Verdict.VETOED, "2": Verdict.EXECUTED}


async def test_a_filled_wave_has_nothing_left(quick_desk: Desk) -> None:
    task = await start(quick_desk, make_wave_signals(6))
    await quick_desk.finish(task)
    assert await veto(quick_desk) == []
    assert quick_desk.vetoes.in_progress() == []


# --- when things go wrong -----------------------------------------------------------------------------------------


class broken:  # noqa: N801 - reads as a state
    """While entered, the next `times` writing transactions fail."""

    def __init__(self, desk: Desk, *, times: int) -> None:
        self._units = desk.units
        self._left = times
        self._writing = desk.units.writing

    def __enter__(self) -> None:
        self._units.writing = self._fail  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        self._units.writing = self._writing  # type: ignore[method-assign]

    @asynccontextmanager
    async def _fail(self) -> AsyncIterator[UnitOfWork]:
        if self._left:
            self._left -= 1
            raise RetryLater("the database is locked", timedelta(seconds=1))
        async with self._writing() as unit:
            yield unit


async def test_a_veto_that_could_not_be_written_down_counts_all_the_same(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(2))
    with broken(desk, times=1), pytest.raises(RetryLater):
        await veto(desk, "C00001USDT")
    await desk.clock.advance(WINDOW)
    await desk.finish(task)
    assert desk.verdicts() == {"1": Verdict.VETOED, "2": Verdict.EXECUTED}
    (event,) = desk.events(WaveFinished)
    assert dict(event.verdicts) == {"executed": 1, "vetoed": 1}


async def die(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_was_struck_out_stays_out_after_a_restart(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(3))
    await veto(desk, "C00001USDT")
    await die(task)
    await desk.clock.advance(timedelta(seconds=20))
    after = desk.restarted()
    await after.finish(after.recover())
    assert entries(after) == ["C00002USDT", "C00003USDT"]
    assert after.verdicts()["1"] is Verdict.VETOED


async def test_a_process_that_starts_waits_for_nobody(desk: Desk) -> None:
    await die(await start(desk, make_wave_signals(1)))
    after = desk.restarted()
    await after.recover()
    assert entries(after) == ["C00001USDT"]


async def test_a_process_that_starts_trades_nothing_without_a_word(shy_desk: Desk) -> None:
    await die(await start(shy_desk, make_wave_signals(2)))
    after = shy_desk.restarted()
    await after.recover()
    assert (entries(after), set(after.verdicts().values())) == ([], {Verdict.VETOED})
