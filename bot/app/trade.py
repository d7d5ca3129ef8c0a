"""Wires the core: everything that trades, given its edges. What the edges are is decided elsewhere."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.settings import Settings
from bot.supervisor import Supervisor
from core.domain.errors import RetryLater
from core.domain.market import ExchangeRef
from core.domain.money import Ratio
from core.domain.pauses import Pause
from core.domain.positions import Position
from core.domain.release import Release
from core.domain.waves import WaveProgress
from core.guard.freshness import Freshness
from core.guard.guardian import Guardian
from core.ports.edges import Clock, Exchange, PriceSource, SignalSource
from core.ports.storage import Units
from core.trading.book import PositionBook
from core.trading.entries import Entries
from core.trading.exits import Exits
from core.trading.funding import Funding
from core.trading.ground import Ground
from core.trading.notices import Notices
from core.trading.pausing import Pausing
from core.trading.protection import Protection
from core.trading.reconcile import Reconcile
from core.trading.releasing import Releasing
from core.trading.settlement import Settlement
from core.trading.stops import Stops
from core.waves.board import WaveBoard
from core.waves.candidates import Candidates
from core.waves.collector import Collector
from core.waves.conductor import Conductor
from core.waves.exchange_wave import ExchangeWave
from core.waves.executor import WaveExecutor
from core.waves.veto import Vetoes
from core.waves.wave_params import WaveParamsKeeper


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeEdges:
    """What the trade stands on.

    Attributes:
        exchanges: By name.
        refs: In the order of their ids.
        live_keys: The fingerprints of the keys in use, by exchange; None where no money is at stake.
        halting: Once set, no wave is taken any more, and one in execution ends after the order in flight.
    """

    clock: Clock
    units: Units
    source: SignalSource
    prices: PriceSource
    exchanges: Mapping[str, Exchange]
    refs: Sequence[ExchangeRef]
    live_keys: Mapping[str, str] | None = None
    look_every: timedelta = timedelta(seconds=5)
    halting: asyncio.Event = field(default_factory=asyncio.Event)


class Trade:
    """The trading half of the process."""

    def __init__(self, settings: Settings, edges: TradeEdges, book: PositionBook, supervisor: Supervisor) -> None:
        self._settings = settings
        self._edges = edges
        self._supervisor = supervisor
        self.book = book
        self._halting = edges.halting
        units, clock, trading = edges.units, edges.clock, settings.trading
        ground = Ground(units=units, clock=clock, book=book, settings=trading)
        self._stops = Stops(ground)
        self._exits = Exits(ground)
        self._entries = Entries(ground, stops=self._stops, exits=self._exits)
        self._settlement = Settlement(
            ground,
            exchanges=edges.exchanges,
            refs=edges.refs,
            entries=self._entries,
            exits=self._exits,
            stops=self._stops,
        )
        self._reconcile = Reconcile(
            ground, exchanges=edges.exchanges, entries=self._entries, exits=self._exits, stops=self._stops
        )
        self._protection = Protection(ground, exchanges=edges.exchanges, reconcile=self._reconcile)
        self._funding = Funding(ground, exchanges=edges.exchanges)
        self._notices = Notices(
            ground,
            exchanges=edges.exchanges,
            settlement=self._settlement,
            reconcile=self._reconcile,
            exits=self._exits,
        )
        self.guardian = Guardian(
            units=units,
            clock=clock,
            book=book,
            prices=edges.prices,
            exchanges=edges.exchanges,
            stops=self._stops,
            exits=self._exits,
            notices=self._notices,
            settings=settings.guard,
            trading=trading,
            spawn=supervisor.spawn,
        )
        self._freshness = Freshness(
            units=units,
            clock=clock,
            book=book,
            prices=edges.prices,
            guardian=self.guardian,
            settings=settings.guard,
            every=edges.look_every,
        )
        self.board = WaveBoard()
        self.vetoes = Vetoes(units=units, clock=clock, board=self.board)
        self.collector = Collector(units=units, clock=clock, settings=settings.waves)
        self.executor = WaveExecutor(
            units=units,
            clock=clock,
            exchange_waves=[self._exchange_wave(ref) for ref in edges.refs],
            settings=settings.waves,
            halting=self._halting,
        )
        self.conductor = Conductor(
            units=units,
            clock=clock,
            source=edges.source,
            collector=self.collector,
            executor=self.executor,
            settings=settings.waves,
        )

    async def recover(self) -> tuple[str, ...]:
        """Bring what a dead process left behind to a known state: orders, positions, stops, waves.

        What is open is guarded before a wave is gone on with, for that may take minutes.

        Returns:
            A sentence for each thing that was not as it should be.

        Raises:
            ConfigurationError: a venue refuses our keys; once the process runs, that is an outage like any other.
        """
        await asyncio.gather(*map(self._prove_keys, self._edges.exchanges.values()))
        async with self._edges.units.reading() as unit:
            for position in await unit.positions.live():
                self.book.put(position)
        found = await self._settlement.recover()
        found += await self._reconcile.run()
        self._guard()
        found += await self.executor.recover()
        await self.conductor.sweep()
        return found

    async def _prove_keys(self, exchange: Exchange) -> None:
        limit = self._settings.trading.order_timeout
        with suppress(RetryLater, TimeoutError):  # A venue that is away keeps nobody from starting.
            async with asyncio.timeout(limit.total_seconds()):
                await exchange.balance()

    def start(self) -> None:
        """Start to take in signals and waves."""
        keep = self._supervisor.keep
        keep("collector", lambda: self.collector.run(self._edges.source))
        keep("conductor", self.conductor.run)
        keep("sweep", self.conductor.sweep_always)

    def _guard(self) -> None:
        keep = self._supervisor.keep
        keep("guardian", self.guardian.run)
        for exchange in self._edges.exchanges.values():
            keep(f"reports of {exchange.name}", lambda exchange=exchange: self.guardian.listen(exchange))  # type: ignore[misc]
            keep(f"notices of {exchange.name}", lambda exchange=exchange: self._notices.run(exchange))  # type: ignore[misc]
        keep("freshness", self._freshness.run)
        keep("settlement", self._settlement.run)
        keep("reconcile", self._reconcile_always)
        keep("protection", self._protection.run)

    async def _reconcile_always(self) -> None:
        while True:
            await self._edges.clock.sleep(self._settings.guard.reconcile_every)
            await self._reconcile.run()
            await self._funding.run()

    def _exchange_wave(self, ref: ExchangeRef) -> ExchangeWave:
        edges, settings = self._edges, self._settings
        exchange = edges.exchanges[ref.name]
        return ExchangeWave(
            ref=ref,
            exchange=exchange,
            units=edges.units,
            clock=edges.clock,
            book=self.book,
            params=WaveParamsKeeper(ref=ref, units=edges.units, clock=edges.clock, defaults=settings.trading.defaults),
            candidates=Candidates(
                exchange=exchange,
                prices=edges.prices,
                book=self.book,
                clock=edges.clock,
                validation=settings.validation,
                trading=settings.trading,
                price_stale_after=settings.guard.price_stale_after,
            ),
            entries=self._entries,
            waves=settings.waves,
            trading=settings.trading,
            halting=self._halting,
            board=self.board,
            live_keys=edges.live_keys,
        )


class TradingDesk:
    """The verbs that people may use, as the commands know them."""

    def __init__(self, *, pausing: Pausing, releasing: Releasing, guardian: Guardian, vetoes: Vetoes) -> None:
        self._pausing = pausing
        self._releasing = releasing
        self._guardian = guardian
        self._vetoes = vetoes

    async def pause(self, scope: str, *, reason: str, author: str, until_at: datetime | None) -> Pause:
        """Hold entries of `scope` back; see `Pausing.pause`."""
        return await self._pausing.pause(scope, reason=reason, author=author, until_at=until_at)

    async def resume(self, scope: str, *, author: str) -> Sequence[Pause]:
        """End the pauses of `scope`; see `Pausing.resume`."""
        return await self._pausing.resume(scope, author=author)

    async def close(self, position_id: int, *, share: Ratio, author: str) -> Position | None:
        """Close part or all of a position; see `Guardian.close`."""
        return await self._guardian.close(position_id, share=share, author=author)

    def waves_in_progress(self) -> Sequence[WaveProgress]:
        """Return what the exchanges trade right now; see `Vetoes.in_progress`."""
        return self._vetoes.in_progress()

    async def veto(
        self, *, symbol: str | None, exchange: str | None, wave_at: datetime | None, author: str
    ) -> Sequence[tuple[str, str]]:
        """Strike out what is left of the waves in progress; see `Vetoes.veto`."""
        return await self._vetoes.veto(symbol=symbol, exchange=exchange, wave_at=wave_at, author=author)

    async def go(self, *, exchange: str | None, wave_at: datetime | None, author: str) -> Sequence[str]:
        """End the wait for a veto; see `Vetoes.go`."""
        return await self._vetoes.go(exchange=exchange, wave_at=wave_at, author=author)

    async def released(self) -> Release | None:
        """Return the release of live trading that stands; see `Releasing.standing`."""
        return await self._releasing.standing()

    async def release(self, *, author: str) -> Release:
        """Let live entries begin; see `Releasing.give`."""
        return await self._releasing.give(author=author)

    async def hold(self, *, author: str) -> Release | None:
        """Hold live entries back; see `Releasing.take_back`."""
        return await self._releasing.take_back(author=author)
