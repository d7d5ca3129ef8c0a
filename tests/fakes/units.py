"""Units of work in memory: the same promises as the real ones, judged by the same contract suite."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from core.domain.cards import Card
from core.domain.events import Event
from core.domain.market import TradingMode
from core.ports.delivery import Router
from core.ports.storage import UnitOfWork
from storage.changes import RecordedChanges
from tests.fakes.memory_market import MemoryParams, MemorySignals, MemoryVerdicts, MemoryWaves
from tests.fakes.memory_people import (
    MemoryAlerts,
    MemoryAudit,
    MemoryGrants,
    MemoryPauses,
    MemoryState,
    MemoryStopList,
)
from tests.fakes.memory_recording import MemoryMutes, MemoryRecorder
from tests.fakes.memory_store import Store
from tests.fakes.memory_trading import MemoryOrders, MemoryPositions
from tests.fakes.router import no_routes


class MemoryUnitOfWork:
    """One transaction over a store of its own."""

    def __init__(self, store: Store, mode: TradingMode, router: Router) -> None:
        self._recorder = MemoryRecorder(store, mode, router)
        self.has_news = False
        self.signals = MemorySignals(store)
        self.verdicts = MemoryVerdicts(store)
        self.waves = MemoryWaves(store)
        self.params = MemoryParams(store)
        self.orders = MemoryOrders(store)
        self.positions = MemoryPositions(store)
        self.pauses = MemoryPauses(store)
        self.audit = MemoryAudit(store)
        self.alerts = MemoryAlerts(store)
        self.state = MemoryState(store)
        self.mutes = MemoryMutes(store, self._announce)
        self.grants = MemoryGrants(store, self._announce)
        self.stop_list = MemoryStopList(store)

    async def show(self, card: Card) -> None:
        self._recorder.show(card)
        self._announce()

    async def record(self, event: Event) -> None:
        self._recorder.record(event)
        self._announce()

    def _announce(self) -> None:
        self.has_news = True


class MemoryUnits:
    """Units of work over one store; a unit changes a copy, which becomes the store when the unit ends well.

    `store` is what is committed, for tests to look into; `commits` counts writing units that ended well; `changes`
    beats as `core.ports.edges.Changes` promises.
    """

    def __init__(self, *, mode: TradingMode = TradingMode.PAPER, router: Router = no_routes) -> None:
        self.store = Store()
        self.commits = 0
        self.changes = RecordedChanges()
        self.router = router
        self._mode = mode
        self.lock = asyncio.Lock()

    @property
    def events(self) -> Sequence[Event]:
        """The events recorded so far, oldest first."""
        return tuple(self.store.events)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        async with self.lock:
            draft = self.store.copy()
            unit = MemoryUnitOfWork(draft, self._mode, self.router)
            yield unit
            self.store = draft
            self.commits += 1
            if unit.has_news:
                self.changes.beat()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        yield MemoryUnitOfWork(self.store.copy(), self._mode, self.router)
