"""A replay: the real engine over recorded signals and candles, on a clock of its own; same input, same bytes."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bot.app.edges import Market, open_market, refs_of, replayed_venue
from bot.app.keeping import Keeping, open_keeping
from bot.app.replay_files import MESSAGES, MessageFile, prepare_folder, write_results
from bot.app.trade import Trade, TradeEdges
from bot.feeds.candle_series import CandleSeries
from bot.feeds.candles import load_candles
from bot.feeds.prices_replayed import ReplayedPrices
from bot.feeds.signal_files import ReplaySignals, TimedBatch, read_signal_file
from bot.settings import Settings
from bot.supervisor import Supervisor
from bot.virtual_time import VirtualClock, VirtualTimeLoop
from core.delivery.relay import Relay
from core.domain.delivery import Destination, Route
from core.domain.events import Severity
from core.domain.positions import Position, PositionSide, PositionState
from core.insight.replay_report import ReplayFacts
from core.ports.storage import UnitOfWork
from core.trading.book import PositionBook
from handlers.alert_renderer import AlertRenderer
from handlers.card_sources import CardSources
from handlers.registry import build_registry

_ALL = 1_000_000_000
_BEFORE = timedelta(minutes=1)
_AFTER = timedelta(minutes=5)
_LOOK_EVERY = timedelta(minutes=1)
_LAST_WORK = timedelta(seconds=30)
_PROGRESS_STEPS = 200
_TO = Destination(platform="replay", address=MESSAGES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is replayed, and from when to when; after `signals_end_at` no signal can be traded any more."""

    batches: list[TimedBatch]
    series: list[CandleSeries]
    starts_at: datetime
    signals_end_at: datetime
    ends_at: datetime


def run_replay(*, settings: Settings, signals: Path, candles: Path, out: Path) -> str:
    """Replay `signals` over `candles` and leave the results in `out`.

    Returns:
        A sentence for people on what came of it.

    Raises:
        ConfigurationError: an input cannot be read, or `out` cannot be written.
    """
    recording = _read(settings, signals, candles)
    prepare_folder(out)
    keeping: list[Keeping] = []
    loop = VirtualTimeLoop(recording.starts_at, lambda: any(k.database.in_flight for k in keeping))
    clock = VirtualClock(loop)
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        bar = progress.add_task("replaying", total=_PROGRESS_STEPS)

        async def work() -> str:
            return await _Replay(
                _settings(settings, out), recording, clock, keeping, lambda: progress.advance(bar)
            ).run(out)

        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(work())


def _read(settings: Settings, signals: Path, candles: Path) -> Recording:
    refs = refs_of(settings)
    batches = read_signal_file(signals, frozenset(ref.id for ref in refs))
    names = {ref.id: ref.name for ref in refs}
    wanted = {(names[s.exchange_id], s.symbol) for _, batch in batches for s in batch.signals}
    series = load_candles(candles, wanted)
    signals_end_at = batches[-1][0] + settings.waves.max_signal_age + settings.waves.window + _AFTER
    return Recording(
        batches=batches,
        series=series,
        starts_at=batches[0][0] - _BEFORE,
        signals_end_at=signals_end_at,
        ends_at=max([signals_end_at, *(one.ends_at + _AFTER for one in series)]),
    )


def _settings(settings: Settings, out: Path) -> Settings:
    """Return `settings` with the replay's own database, and every alert into its file."""
    return replace(
        settings,
        database=replace(settings.database, url=f"sqlite:///{out / 'wavehelm.db'}"),
        routes=(Route(to=(_TO,), severity=Severity.SILENT),),
    )


class _Replay:
    """One run, inside the virtual-time loop."""

    def __init__(
        self,
        settings: Settings,
        recording: Recording,
        clock: VirtualClock,
        keeping: list[Keeping],
        tell_progress: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._recording = recording
        self._clock = clock
        self._keeping = keeping
        self._tell_progress = tell_progress
        self._book = PositionBook()

    async def run(self, out: Path) -> str:
        """Play everything and write the results."""
        async with AsyncExitStack() as opened:
            keeping = await open_keeping(self._settings, self._clock, single_connection=True)
            opened.push_async_callback(keeping.close)
            self._keeping.append(keeping)
            messages = opened.enter_context(closing(MessageFile(out / MESSAGES, self._clock)))
            supervisor = Supervisor(clock=self._clock, units=keeping.units)
            opened.push_async_callback(supervisor.end)
            market = await self._open_market(keeping)
            trade = self._trade(keeping, market, supervisor)
            relay = self._relay(keeping, market, trade, supervisor, messages)
            await trade.recover()
            trade.start()
            relaying = supervisor.keep("relay", relay.run)
            supervisor.keep("outbox", relay.listen)
            await self._let_pass()
            await trade.conductor.sweep()
            await supervisor.settle(_LAST_WORK)
            relaying.cancel()
            await relay.flush(_LAST_WORK)
            async with keeping.units.reading() as unit:
                facts = await self._facts(unit, market)
        return write_results(out, facts)

    async def _let_pass(self) -> None:
        """Wait for the end of the recording, or until no signal is to come and no position is left to guard."""
        recording = self._recording
        step = (recording.ends_at - recording.starts_at) / _PROGRESS_STEPS
        while self._clock.now() < recording.ends_at:
            await self._clock.sleep(step)
            self._tell_progress()
            if self._clock.now() > recording.signals_end_at and not self._book.count:
                return

    async def _open_market(self, keeping: Keeping) -> Market:
        prices = ReplayedPrices(clock=self._clock, series=self._recording.series, side_of=self._side_of)
        stale_after = self._settings.guard.price_stale_after
        return await open_market(
            self._settings,
            clock=self._clock,
            prices=prices,
            venues={
                ref.name: replayed_venue(ref.name, prices, self._clock, stale_after) for ref in refs_of(self._settings)
            },
            ledger=keeping.ledger,
            faults=None,
        )

    def _side_of(self, exchange: str, symbol: str) -> PositionSide | None:
        position = self._book.get(exchange, symbol)
        return None if position is None else position.side

    def _trade(self, keeping: Keeping, market: Market, supervisor: Supervisor) -> Trade:
        edges = TradeEdges(
            clock=self._clock,
            units=keeping.units,
            source=ReplaySignals(self._recording.batches, self._clock),
            prices=market.prices,
            exchanges=market.exchanges,
            refs=refs_of(self._settings),
            look_every=_LOOK_EVERY,
        )
        return Trade(self._settings, edges, self._book, supervisor)

    def _relay(
        self, keeping: Keeping, market: Market, trade: Trade, supervisor: Supervisor, messages: MessageFile
    ) -> Relay:
        refs = refs_of(self._settings)
        sources = CardSources(
            units=keeping.units,
            clock=self._clock,
            exchanges=refs,
            prices=market.prices,
            fee=self._settings.paper.fee,
            mode=self._settings.trading.mode,
            progress=trade.board.progress,
        )
        return Relay(
            outbox=keeping.outbox,
            units=keeping.units,
            renderer=AlertRenderer(build_registry(), refs, sources),
            messengers={_TO.platform: messages},
            clock=self._clock,
            spawn=supervisor.spawn,
            settings=self._settings.delivery,
        )

    async def _facts(self, unit: UnitOfWork, market: Market) -> ReplayFacts:
        waves = await unit.waves.recent(_ALL)
        positions: list[Position] = [*await unit.positions.ended(), *await unit.positions.live()]
        return ReplayFacts(
            results=[result for wave in waves for result in await unit.waves.results(wave.wave_at)],
            verdicts=await unit.verdicts.decided(),
            positions=[p for p in positions if p.state is not PositionState.OPENING],
            changes=[
                change
                for ref in refs_of(self._settings)
                for change in reversed(await unit.params.history(ref.id, _ALL))
            ],
            balances={name: (await exchange.balance()).total for name, exchange in market.exchanges.items()},
            signals=sum(len(batch.signals) + len(batch.invalid) for _, batch in self._recording.batches),
        )
