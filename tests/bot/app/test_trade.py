"""The core put together: a wave becomes a guarded position, and a restart finds it again. No rule is tested here."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from bot.app.edges import refs_of
from bot.app.trade import Trade, TradeEdges, TradingDesk
from bot.settings import load_settings
from bot.supervisor import Supervisor
from core.domain.events import ClosedOutside, PositionOpened
from core.domain.money import Ratio
from core.domain.positions import ExitReason, PositionState
from core.domain.signals import Side
from core.trading.book import PositionBook
from core.trading.pausing import Pausing
from core.trading.releasing import Releasing
from tests.builders import make_facts, make_filters, make_signal
from tests.core.desk import FakeSource
from tests.fakes.clock import FakeClock
from tests.fakes.exchange import FakeExchange
from tests.fakes.prices import FakePrices
from tests.fakes.units import MemoryUnits

WAVE_AT = FakeClock().now()
TAKEN_AT = WAVE_AT + timedelta(minutes=20)


class Scene:
    """A trade over fakes. What is stored and what stands at the venue survive `restart`."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(TAKEN_AT - timedelta(minutes=1))
        self.units = MemoryUnits()
        self.prices = FakePrices(self.clock)
        self.exchanges = {name: FakeExchange(self.clock, name) for name in ("binance", "bybit")}
        self.settings = load_settings(None, {}, folder=folder)
        for name, exchange in self.exchanges.items():
            exchange.set_price("SOLUSDT", 100)
            exchange.facts["SOLUSDT"] = make_facts()
            self.prices.set(name, "SOLUSDT", 100)
        self.restart()

    def restart(self) -> None:
        self.source = FakeSource()
        self.supervisor = Supervisor(clock=self.clock, units=self.units)
        edges = TradeEdges(
            clock=self.clock,
            units=self.units,
            source=self.source,
            prices=self.prices,
            exchanges=self.exchanges,
            refs=refs_of(self.settings),
        )
        self.trade = Trade(self.settings, edges, PositionBook(), self.supervisor)

    async def open_a_position(self) -> None:
        """Let a wave of one signal come in and be taken."""
        await self.trade.recover()
        self.trade.start()
        signal = make_signal(
            wave_at=WAVE_AT, created_at=self.clock.now(), filters=make_filters(max_trades="1"), symbol="SOLUSDT"
        )
        self.source.send([signal])
        await self.clock.run_until(lambda: self.trade.book.count == 1)
        await self.clock.settle()


async def test_a_wave_becomes_a_position_with_a_stop(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    await scene.open_a_position()
    assert scene.clock.now() - WAVE_AT < timedelta(minutes=30)
    position = scene.trade.book.get("binance", "SOLUSDT")
    assert position is not None
    assert position.stop_price is not None
    assert [stop.client_order_id for stop in await scene.exchanges["binance"].stops()] == [position.stop_order_id]
    assert [event for event in scene.units.events if isinstance(event, PositionOpened)]
    assert scene.exchanges["bybit"].requests == []
    await scene.supervisor.end()


async def test_a_restart_finds_what_is_open_and_repeats_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    await scene.open_a_position()
    await scene.supervisor.end()
    requests = len(scene.exchanges["binance"].requests)
    scene.restart()
    assert scene.trade.book.count == 0
    assert await scene.trade.recover() == ()
    assert scene.trade.book.get("binance", "SOLUSDT") is not None
    scene.trade.start()
    await scene.clock.advance(timedelta(minutes=30))
    assert len(scene.exchanges["binance"].requests) == requests
    await scene.supervisor.end()


async def test_a_restart_finds_out_what_was_closed_meanwhile(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    await scene.open_a_position()
    await scene.supervisor.end()
    scene.exchanges["binance"].trade_by_hand("SOLUSDT", Side.SELL, 1)
    scene.restart()
    found = await scene.trade.recover()
    assert any("SOLUSDT" in sentence for sentence in found)
    assert scene.trade.book.count == 0
    assert [event for event in scene.units.events if isinstance(event, ClosedOutside)]
    await scene.supervisor.end()


async def test_what_is_open_is_guarded_while_recovery_goes_on_with_a_wave(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    await scene.open_a_position()
    await scene.supervisor.end()
    scene.restart()
    is_done = asyncio.Event()

    async def go_on() -> tuple[str, ...]:
        await is_done.wait()
        return ("a wave was gone on with",)

    scene.trade.executor.recover = go_on  # type: ignore[method-assign]
    recovery = asyncio.create_task(scene.trade.recover())
    await scene.clock.run_until(lambda: scene.trade.book.count == 1)
    await scene.clock.settle()
    scene.prices.set("binance", "SOLUSDT", 90)
    await scene.clock.run_until(lambda: scene.trade.book.count == 0)
    assert not recovery.done()
    is_done.set()
    assert await recovery == ("a wave was gone on with",)
    await scene.supervisor.end()


async def test_people_steer_through_the_desk(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    await scene.open_a_position()
    desk = TradingDesk(
        pausing=Pausing(units=scene.units, clock=scene.clock),
        releasing=Releasing(units=scene.units, clock=scene.clock, live_keys={"binance": "3f2a"}),
        guardian=scene.trade.guardian,
        vetoes=scene.trade.vetoes,
    )
    assert desk.waves_in_progress() == []
    assert await desk.veto(symbol="SOLUSDT", exchange=None, wave_at=None, author="ann") == []
    assert await desk.go(exchange=None, wave_at=None, author="ann") == []
    pause = await desk.pause("bybit", reason="news", author="ann", until_at=None)
    assert [ended.scope for ended in await desk.resume("all", author="bo")] == [pause.scope] == ["bybit"]
    (position,) = scene.units.store.positions.values()
    closed = await desk.close(position.id, share=Ratio(Decimal(1)), author="ann")
    assert closed is not None
    assert (closed.state, closed.exit_reason) == (PositionState.CLOSED, ExitReason.CLOSED_BY_PERSON)
    assert await scene.exchanges["binance"].positions() == []
    await scene.supervisor.end()


async def test_nothing_is_taken_once_it_halts(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    await scene.trade.recover()
    scene.trade._edges.halting.set()
    scene.trade.start()
    scene.source.send([make_signal(wave_at=WAVE_AT, created_at=scene.clock.now())])
    await scene.clock.advance(timedelta(minutes=3))
    assert scene.exchanges["binance"].requests == []
    await scene.supervisor.end()
    assert {task for task in asyncio.all_tasks() if task is not asyncio.current_task()} == set()
