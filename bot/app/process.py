"""One running bot, from recovery to the last alert; signals of the operating system belong to `running`."""

import asyncio
import contextlib
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
from bot.app.journal import Journal
from bot.app.keeping import Keeping, open_keeping
from bot.app.outlook import Outlook
from bot.app.trade import Trade, TradeEdges, TradingDesk
from bot.clock import SystemClock
from bot.control_socket import ControlSocket
from bot.exchanges.paper_faults import PaperFaults
from bot.platforms.terminal.format import to_plain
from bot.settings import Settings
from bot.supervisor import Supervisor
from bot.telemetry.health import HealthServer
from core.delivery.relay import Relay
from core.domain.errors import ConfigurationError
from core.ports.edges import Clock
from core.trading.book import PositionBook
from core.trading.pausing import Pausing
from handlers.alert_renderer import AlertRenderer
from handlers.dispatch import Dispatcher
from handlers.registry import build_registry
from handlers.services import Services

_BEAT_EVERY = timedelta(seconds=5)
_LAST_ORDER = timedelta(seconds=5)
_LAST_ALERTS = timedelta(seconds=3)


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
        self._keeping: Keeping | None = None

    async def start(self) -> None:
        """Open everything, recover, and begin to listen; on failure everything is closed again.

        Raises:
            AlreadyRunning: another process holds the database.
            ConfigurationError: a setting must be mended first.
        """
        self._keeping = await open_keeping(self._settings, self._clock)
        try:
            await self._assemble(self._keeping)
            found = await self._trade.recover()
            await self._journal.started(version("wavehelm"), found)
        except BaseException:
            await self._close()
            raise
        self._begin()

    async def failure(self) -> ConfigurationError:
        """Wait for an error that no restart can mend (a token that was refused), and return it."""
        return await self._supervisor.failure()

    async def stop(self, reason: str) -> None:
        """End in order: no new waves, the order in flight finished, the last alerts out, everything closed."""
        self._trade.halting.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_ORDER.total_seconds()):
                await self._trade.executor.rest()
        await self._journal.stopped(reason)
        self._relaying.cancel()
        await self._relay.flush(_LAST_ALERTS)
        await self._close()

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

    def _begin(self) -> None:
        settings, keep = self._settings, self._supervisor.keep
        keep("lease", self._beat)
        self._trade.start()
        self._relaying = keep("relay", self._relay.run)
        keep("outbox", self._relay.listen)
        for name, listener in self._chats.listeners.items():
            keep(name, listener.run)
        control = ControlSocket(
            settings.database.control_socket, dispatch=self._dispatch, render=to_plain, clock=self._clock
        )
        keep("control socket", control.run)
        if settings.ops.http is not None:
            keep("health", HealthServer(settings.ops.http, self._outlook.health, self._clock).run)

    async def _beat(self) -> None:
        while self._keeping is not None:
            await self._keeping.lease.beat()
            await self._clock.sleep(_BEAT_EVERY)

    async def _close(self) -> None:
        keeping, self._keeping = self._keeping, None
        if keeping is None:
            return
        await self._supervisor.end()
        for platform in self._chats.closing:
            await platform.close()
        await keeping.lease.release()
        await keeping.database.close()
