"""Every state that a card can be in, from real stored state; no test is here."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.domain.cards import Card, position_card, wave_card
from core.domain.delivery import Alert
from core.domain.events import Event, PositionClosed, PositionOpened, StopMoved, UnprotectedPosition
from core.domain.market import ExchangeRef, TradingMode
from core.domain.positions import ExitReason, Position, PositionState
from core.domain.replies import Reply
from core.domain.signals import Side, Signal
from core.domain.verdicts import Verdict
from core.domain.waves import ParamsSource, WaveProgress, WaveStage, WaveState
from handlers.alert_renderer import AlertRenderer
from handlers.card_sources import CardSources
from handlers.registry import make_registry
from tests.builders import (
    NOW,
    WAVE_AT,
    make_position,
    make_signal,
    make_verdict,
    make_wave_result,
    money,
    price,
    quantity,
    ratio,
)
from tests.fakes.clock import FakeClock
from tests.fakes.events import EVENTS, WAVE_FINISHED
from tests.fakes.prices import FakePrices
from tests.fakes.units import MemoryUnits

EXCHANGES = (ExchangeRef(id=1, name="binance", title="Binance"), ExchangeRef(id=2, name="bybit", title="Bybit"))
WAVE = wave_card(WAVE_AT, "binance")
POSITION = position_card(1, "binance")
COINS = ("SOL", "ETH", "ADA", "XRP", "LTC", "DOGE", "BNB")


class Stage:
    """What cards are rendered from, and the renderer; a test sets the state and looks."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.units = MemoryUnits()
        self.prices = FakePrices(self.clock)
        self.progress: list[WaveProgress] = []
        self.sources = CardSources(
            units=self.units,
            clock=self.clock,
            exchanges=EXCHANGES,
            prices=self.prices,
            fee=ratio("0.0005"),
            mode=TradingMode.PAPER,
            progress=lambda: self.progress,
        )
        self.renderer = AlertRenderer(make_registry((), {}), EXCHANGES, self.sources)

    async def show(self, card: Card, event: Event | None = None) -> Reply | None:
        """Return the card as it looks now; `event` is its newest alert."""
        return await self.renderer.render_card(card, None if event is None else alert(event))

    async def see(self, card: Card, event: Event | None = None) -> Reply:
        """Return the card, which must have something to show."""
        reply = await self.show(card, event)
        assert reply is not None
        return reply

    async def receive(self, state: WaveState = WaveState.EXECUTING) -> list[Signal]:
        """Store the wave with a signal a coin, and one of the other exchange."""
        signals = [
            make_signal(n, symbol=f"{coin}USDT", side=Side.SELL if n % 3 == 2 else Side.BUY, score_week=90 - n)
            for n, coin in enumerate(COINS, start=1)
        ]
        async with self.units.writing() as unit:
            await unit.signals.add_new([*signals, make_signal(1, exchange_id=2)], NOW)
            await unit.waves.claim(WAVE_AT, NOW)
            if state is not WaveState.EXECUTING:
                await unit.waves.end(WAVE_AT, state, NOW)
        return signals

    async def judge(self, signals: Sequence[Signal], verdict: Verdict = Verdict.EXECUTED) -> None:
        """Store the verdicts of signals, each a second after the one before."""
        async with self.units.writing() as unit:
            count = len(await unit.verdicts.of_wave(WAVE_AT))
            records = [
                make_verdict(signal, verdict, decided_at=NOW + timedelta(seconds=count + n))
                for n, signal in enumerate(signals)
            ]
            await unit.verdicts.add(records)

    async def keep(self, **changes: Any) -> Position:  # noqa: ANN401 - fields of a position
        """Store the position."""
        values = {"entry": "143.2", "size": "0.7", "stop_price": price("137.472"), **changes}
        async with self.units.writing() as unit:
            return await unit.positions.add(make_position(**values))


def alert(event: Event, number: int = 17) -> Alert:
    return Alert(
        id=number,
        kind=event.kind,
        severity=event.severity,
        mode=TradingMode.PAPER,
        created_at=NOW,
        event=event,
    )


def example(kind: type[Event]) -> Any:  # noqa: ANN401 - an event of that kind
    return next(event for event in EVENTS if isinstance(event, kind))


def in_progress(stage: WaveStage, **changes: Any) -> WaveProgress:  # noqa: ANN401 - fields of WaveProgress
    pairs = tuple((f"{coin}USDT", "SELL" if n % 3 == 2 else "BUY") for n, coin in enumerate(COINS[:5], start=1))
    values: dict[str, Any] = {
        "received": 7,
        "selected": 6,
        "valid": 5,
        "target": 3,
        "params_source": ParamsSource.WAVE,
        "candidates": pairs,
        **changes,
    }
    return WaveProgress(wave_at=WAVE_AT, exchange="binance", stage=stage, **values)


async def wave_scenes() -> dict[str, Reply]:
    """Return the card of a wave in each of its states."""
    shown: dict[str, Reply] = {}
    stage = Stage()
    signals = await stage.receive()
    shown["received"] = await stage.see(WAVE)
    until_at = NOW + timedelta(seconds=30)
    waiting = in_progress(WaveStage.WAITING, veto_until_at=until_at)
    stage.progress = [waiting]
    shown["waiting, traded by default"] = await stage.see(WAVE)
    await stage.clock.advance(timedelta(seconds=12))
    left = tuple(pair for pair in waiting.candidates if pair[0] != "SOLUSDT")
    stage.progress = [replace(waiting, candidates=left, vetoed=("SOLUSDT",), trades_by_default=False)]
    shown["waiting, left out by default, one struck out"] = await stage.see(WAVE)
    stage.progress = [in_progress(WaveStage.EXECUTING)]
    shown["executing, nothing opened yet"] = await stage.see(WAVE)
    await stage.judge(signals[1:3])
    await stage.judge(signals[:1], Verdict.VETOED)
    stage.progress = [in_progress(WaveStage.EXECUTING, candidates=left[2:], vetoed=("SOLUSDT",))]
    shown["executing"] = await stage.see(WAVE)
    shown["done"] = await stage.see(WAVE, WAVE_FINISHED)
    await stage.judge(signals[3:], Verdict.LOW_VOLUME)
    async with stage.units.writing() as unit:
        await unit.waves.add_result(make_wave_result(received=7, selected=6, valid=5, executed=2))
    shown["done, told from the records"] = await stage.see(WAVE)
    for state in (WaveState.INTERRUPTED, WaveState.SKIPPED):
        ended = Stage()
        signals = await ended.receive(state)
        if state is WaveState.INTERRUPTED:
            await ended.judge(signals[:2])
        await ended.judge(signals[2:], Verdict.STALE)
        shown[state.value] = await ended.see(WAVE)
    return shown


async def position_scenes() -> dict[str, Reply]:
    """Return the card of a position in each of its states."""
    return {
        "opened": await _position(example(PositionOpened)),
        "opened, its stop not placed yet": await _position(example(PositionOpened), stop_price=None, leverage=3),
        "stop moved": await _position(
            example(StopMoved),
            seen=150,
            stop_price=price("146.2"),
            stop_version=2,
            is_trailing=True,
            best_price=price("149.1"),
        ),
        "at break-even": await _position(
            example(StopMoved), seen=144, stop_price=price("143.34"), stop_version=2, is_breakeven=True
        ),
        "reduced": await _position(
            None, seen=150, quantity=quantity("0.4"), exit_quantity=quantity("0.3"), exit_price=price(150)
        ),
        "without a stop": await _position(example(UnprotectedPosition), stop_price=None),
        "closing": await _position(None, state=PositionState.CLOSING),
        "closed with a profit": await _position(
            example(PositionClosed), **_ended("4.66", 150, ExitReason.TRAILING_STOP)
        ),
        "closed by a person with a loss": await _position(
            replace(example(PositionClosed), author="telegram:1001 (Ann)"),
            **_ended("-4.11", "137.47", ExitReason.CLOSED_BY_PERSON),
        ),
    }


async def _position(event: Event | None, *, seen: int | None = None, **changes: Any) -> Reply:  # noqa: ANN401
    stage = Stage()
    await stage.keep(**changes)
    if seen is not None:
        stage.prices.set("binance", "SOLUSDT", seen)
    return await stage.see(POSITION, event)


def _ended(pnl: str, exit_price: int | str, reason: ExitReason) -> dict[str, Any]:
    return {
        "state": PositionState.CLOSED,
        "pnl_quote": money(pnl),
        "exit_price": price(exit_price),
        "exit_quantity": quantity("0.7"),
        "exit_reason": reason,
        "opened_at": NOW - timedelta(minutes=72),
        "closed_at": NOW,
    }
