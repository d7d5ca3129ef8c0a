"""One running bot, from recovery to the last alert; signals of the operating system belong to `running`."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version

from bot.app.chat import TerminalUse
from bot.app.conversation import Ground, converse
from bot.app.edges import Market, Simulation, open_chosen_market, refs_of, signal_socket
from bot.app.hearing import Hearing
from bot.app.journal import Journal
from bot.app.keeping import Keeping, open_keeping
from bot.app.stakes import live_keys, live_started, refuse_missing_keys
from bot.app.trade import Trade, TradeEdges
from bot.clock import SystemClock
from bot.control_socket import ControlSocket
from bot.exchanges.paper.faults import PaperFaults
from bot.platforms.terminal.format import to_plain
from bot.settings import Settings
from bot.supervisor import Fatal, Supervisor
from bot.telemetry.health import HealthServer
from core.domain.errors import RetryLater, WavehelmError
from core.ports.edges import Clock
from core.trading.book import PositionBook
from handlers.services import LogLine
from storage.belonging import claim_mode
from storage.lease import Lease

_BEAT_EVERY = timedelta(seconds=5)
_LAST_ORDER = timedelta(seconds=5)
_LAST_WORDS = timedelta(seconds=8)
"""From being told to stop until the last alert is out: whoever stops us waits ten seconds and then kills."""

_log = logging.getLogger(__name__)


def _no_logs(count: int, level: str) -> Sequence[LogLine]:  # noqa: ARG001 - the shape of the real one
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOptions:
    """How this process differs from a common one: the demo's faster time, the tests' faults, where its log is kept."""

    clock: Clock = field(default_factory=SystemClock)
    terminal: TerminalUse = field(default_factory=lambda: TerminalUse(is_interactive=False, reads_input=False))
    faults: PaperFaults | None = None
    volatility: float = 1.0
    price_interval: timedelta = timedelta(seconds=1)
    look_every: timedelta = timedelta(seconds=5)
    logs: Callable[[int, str], Sequence[LogLine]] = _no_logs


class Process:
    """Start it, wait, stop it. Starting is recovering: what a dead process left behind is settled first."""

    def __init__(self, settings: Settings, options: ProcessOptions | None = None) -> None:
        refuse_missing_keys(settings)
        self._settings = settings
        self._options = options or ProcessOptions()
        self._clock = self._options.clock
        self._halting = asyncio.Event()
        self._halted_s = 0.0
        self._opened: AsyncExitStack | None = None
        self._keeping: Keeping | None = None
        self._is_opening = False

    @property
    def is_writing(self) -> bool:
        """True while a thread of the database is at work; virtual time stands still meanwhile."""
        return self._is_opening or (self._keeping is not None and self._keeping.database.in_flight > 0)

    async def start(self) -> None:
        """Open everything, recover, and begin to listen; on failure everything is closed again.

        Raises:
            AlreadyRunning: another process holds the database.
            ConfigurationError: a setting must be mended first.
        """
        async with AsyncExitStack() as opened:
            keeping = self._keeping = await self._open_keeping()
            opened.push_async_callback(keeping.close)
            await claim_mode(keeping.database, self._settings.trading.mode)
            market = await self._assemble(keeping, opened)
            for platform in self._conversation.chats.closing:
                opened.push_async_callback(_close_anyway, platform.close)
            opened.push_async_callback(self._supervisor.end)
            # From here on: recovery may take longer than others wait before they take the database over.
            self._supervisor.keep("lease", lambda: self._beat(keeping.lease))
            self._follow(market)
            found = await self._trade.recover()
            balances = self._conversation.outlook.balances
            live = await live_started(self._settings, keeping.units, self._clock, balances)
            await self._journal.started(version("wavehelm"), found, live=live)
            self._begin(keeping)
            self._opened = opened.pop_all()

    async def failure(self) -> Fatal:
        """Wait for an error that no restart can mend (a token that was refused), and return it."""
        return await self._supervisor.failure()

    def halt(self) -> None:
        """Take no wave any more, and leave one in execution after the order in flight; works while it starts, too."""
        if not self._halting.is_set():
            self._halted_s = asyncio.get_running_loop().time()
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
        until_s = self._halted_s + _LAST_WORDS.total_seconds()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_ORDER.total_seconds()):
                await self._trade.executor.rest()
                await self._trade.book.seal()
        await self._journal.stopped(reason)
        self._relaying.cancel()
        await self._conversation.relay.flush(timedelta(seconds=max(1.0, until_s - asyncio.get_running_loop().time())))

    async def _open_keeping(self) -> Keeping:
        self._is_opening = True
        try:
            return await open_keeping(self._settings, self._clock)
        finally:
            self._is_opening = False

    async def _assemble(self, keeping: Keeping, opened: AsyncExitStack) -> Market:
        settings, options, clock = self._settings, self._options, self._clock
        refs = refs_of(settings)
        self._supervisor = Supervisor(clock=clock, units=keeping.units)
        book = PositionBook()
        self._journal = Journal(units=keeping.units, clock=clock, book=book, source="signals")
        source = signal_socket(settings, refs, clock, self._journal)
        market = await open_chosen_market(
            settings,
            opened,
            clock=clock,
            ledger=keeping.ledger,
            listener=self._journal,
            simulation=Simulation(
                volatility=options.volatility, interval=options.price_interval, faults=options.faults
            ),
        )
        edges = TradeEdges(
            clock=clock,
            units=keeping.units,
            source=source,
            prices=market.prices,
            exchanges=market.exchanges,
            refs=refs,
            live_keys=live_keys(settings),
            look_every=options.look_every,
            halting=self._halting,
        )
        self._trade = Trade(settings, edges, book, self._supervisor)
        ground = Ground(
            trade=self._trade,
            market=market,
            refs=refs,
            feed=source,
            clock=clock,
            spawn=self._supervisor.spawn,
            terminal=options.terminal,
            logs=options.logs,
        )
        self._conversation = await converse(settings, keeping, ground)
        return market

    def _follow(self, market: Market) -> None:
        """Let prices come in from now on: recovery may have to close at them."""
        if (real := market.real) is not None:
            for name, work in real.works().items():
                self._supervisor.keep(name, work)
            self._supervisor.spawn("contracts", real.warm_up())

    def _begin(self, keeping: Keeping) -> None:
        settings, keep = self._settings, self._supervisor.keep
        self._trade.start()
        talk = self._conversation
        self._relaying = keep("relay", talk.relay.run)
        keep("outbox", talk.relay.listen)
        keep("confirmations", talk.dispatch.watch)
        units, started_at = keeping.units, self._clock.now()
        for name, listener in talk.chats.listeners.items():
            keep(name, Hearing(name, listener, units=units, clock=self._clock, started_at=started_at).run)
        control = ControlSocket(
            settings.database.control_socket, dispatch=talk.dispatch, render=to_plain, clock=self._clock
        )
        keep("control socket", control.run)
        if settings.ops.http is not None:
            keep("health", HealthServer(settings.ops.http, talk.outlook.health, self._clock).run)

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
