"""One running bot, from recovery to the last alert; signals of the operating system belong to `running`."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version

from bot.app.chat import TerminalUse, build_access, build_chats
from bot.app.edges import (
    open_market,
    refs_of,
    refuse_what_is_not_there,
    signal_socket,
    simulated_prices,
    simulated_venue,
)
from bot.app.hearing import Hearing
from bot.app.journal import Journal
from bot.app.keeping import Keeping, open_keeping
from bot.app.outlook import Outlook
from bot.app.trade import Trade, TradeEdges, TradingDesk
from bot.clock import SystemClock
from bot.control_socket import ControlSocket
from bot.exchanges.paper_faults import PaperFaults
from bot.platforms.terminal.format import to_plain
from bot.settings import Settings
from bot.supervisor import Fatal, Supervisor
from bot.telemetry.health import HealthServer
from core.delivery.relay import Relay
from core.domain.errors import RetryLater, WavehelmError
from core.ports.edges import Clock
from core.trading.book import PositionBook
from core.trading.pausing import Pausing
from handlers.alert_renderer import AlertRenderer
from handlers.dispatch import Dispatcher
from handlers.registry import build_registry
from handlers.services import Services
from storage.lease import Lease

_BEAT_EVERY = timedelta(seconds=5)
_LAST_ORDER = timedelta(seconds=5)
_LAST_ALERTS = timedelta(seconds=3)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOptions:
    """How this process differs from a common one: the demo's faster time, the tests' faults."""

    clock: Clock = field(default_factory=SystemClock)
    terminal: TerminalUse = field(default_factory=lambda: TerminalUse(is_interactive=False, reads_input=False))
    faults: PaperFaults | None = None
    volatility: float = 1.0
    price_interval: timedelta = timedelta(seconds=1)
    look_every: timedelta = timedelta(seconds=5)


class Process:
    """Start it, wait, stop it. Starting is recovering: what a dead process left behind is settled first."""

    def __init__(self, settings: Settings, options: ProcessOptions | None = None) -> None:
        refuse_what_is_not_there(settings)
        self._settings = settings
        self._options = options or ProcessOptions()
        self._clock = self._options.clock
        self._halting = asyncio.Event()
        self._opened: AsyncExitStack | None = None

    async def start(self) -> None:
        """Open everything, recover, and begin to listen; on failure everything is closed again.

        Raises:
            AlreadyRunning: another process holds the database.
            ConfigurationError: a setting must be mended first.
        """
        async with AsyncExitStack() as opened:
            keeping = await open_keeping(self._settings, self._clock)
            opened.push_async_callback(keeping.close)
            await self._assemble(keeping)
            for platform in self._chats.closing:
                opened.push_async_callback(_close_anyway, platform.close)
            opened.push_async_callback(self._supervisor.end)
            found = await self._trade.recover()
            await self._journal.started(version("wavehelm"), found)
            self._begin(keeping)
            self._opened = opened.pop_all()

    async def failure(self) -> Fatal:
        """Wait for an error that no restart can mend (a token that was refused), and return it."""
        return await self._supervisor.failure()

    def halt(self) -> None:
        """Take no wave any more, and leave one in execution after the order in flight; works while it starts, too."""
        self._halting.set()

    async def stop(self, reason: str) -> None:
        """End in order: no new waves, the order in flight finished, the last alerts out, everything closed.

        Safe to repeat, and when `start` has failed.
        """
        opened, self._opened = self._opened, None
        if opened is None:
            return
        async with opened:
            try:
                await self._wind_down(reason)
            except RetryLater as error:
                _log.error("ended_without_a_record", extra={"reason": reason, "error": str(error)})

    async def _wind_down(self, reason: str) -> None:
        self.halt()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_ORDER.total_seconds()):
                await self._trade.executor.rest()
                await self._trade.book.seal()
        await self._journal.stopped(reason)
        self._relaying.cancel()
        await self._relay.flush(_LAST_ALERTS)

    async def _assemble(self, keeping: Keeping) -> None:
        settings, options, clock = self._settings, self._options, self._clock
        refs = refs_of(settings)
        registry = build_registry()
        self._supervisor = Supervisor(clock=clock, units=keeping.units)
        book = PositionBook()
        self._journal = Journal(units=keeping.units, clock=clock, book=book, source="signals")
        source = signal_socket(settings, refs, clock, self._journal)
        raw_prices, simulated = simulated_prices(
            settings, clock, volatility=options.volatility, interval=options.price_interval
        )
        market = await open_market(
            settings,
            clock=clock,
            prices=raw_prices,
            venues={ref.name: simulated_venue(ref.name, simulated, clock) for ref in refs},
            ledger=keeping.ledger,
            faults=options.faults,
        )
        edges = TradeEdges(
            clock=clock,
            units=keeping.units,
            source=source,
            prices=market.prices,
            exchanges=market.exchanges,
            refs=refs,
            look_every=options.look_every,
            halting=self._halting,
        )
        self._trade = Trade(settings, edges, book, self._supervisor)
        outlook = Outlook(feed=source, outbox=keeping.outbox, units=keeping.units, exchanges=market.exchanges)
        services = Services(
            units=keeping.units,
            clock=clock,
            prices=market.prices,
            desk=TradingDesk(pausing=Pausing(units=keeping.units, clock=clock), guardian=self._trade.guardian),
            outbox=keeping.outbox,
            exchanges=refs,
            mode=settings.trading.mode,
            version=version("wavehelm"),
            started_at=clock.now(),
            defaults=settings.trading.defaults,
            fee=settings.paper.fee,
            next_wave_at=self._trade.conductor.upcoming,
            health=outlook.health,
            balances=outlook.balances,
        )
        self._dispatch = Dispatcher(registry=registry, access=build_access(settings), services=services)
        self._chats = build_chats(
            settings, dispatch=self._dispatch, commands=registry.commands, clock=clock, terminal=options.terminal
        )
        self._outlook = outlook
        self._relay = Relay(
            outbox=keeping.outbox,
            renderer=AlertRenderer(registry, refs),
            messengers=self._chats.messengers,
            clock=clock,
            spawn=self._supervisor.spawn,
            send_timeout=settings.delivery.send_timeout,
        )

    def _begin(self, keeping: Keeping) -> None:
        settings, keep = self._settings, self._supervisor.keep
        keep("lease", lambda: self._beat(keeping.lease))
        self._trade.start()
        self._relaying = keep("relay", self._relay.run)
        keep("outbox", self._relay.listen)
        units, started_at = keeping.units, self._clock.now()
        for name, listener in self._chats.listeners.items():
            keep(name, Hearing(name, listener, units=units, clock=self._clock, started_at=started_at).run)
        control = ControlSocket(
            settings.database.control_socket, dispatch=self._dispatch, render=to_plain, clock=self._clock
        )
        keep("control socket", control.run)
        if settings.ops.http is not None:
            keep("health", HealthServer(settings.ops.http, self._outlook.health, self._clock).run)

    async def _beat(self, lease: Lease) -> None:
        while True:
            try:
                await lease.beat()
            except RetryLater as error:
                # The lease is still ours; a pause that grows would let others believe that we are gone.
                _log.warning("lease_not_renewed", extra={"error": str(error)})
            await self._clock.sleep(_BEAT_EVERY)


async def _close_anyway(close: Callable[[], Awaitable[None]]) -> None:
    """Close one thing; its refusal must not keep the others open."""
    try:
        await close()
    except WavehelmError as error:
        _log.warning("not_closed_in_order", extra={"error": str(error)})
