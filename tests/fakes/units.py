"""Storage in memory: the same promises as the real one, judged by the same contract suite."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.domain.delivery import Alert, Delivery, DeliveryState, Destination, Loudness
from core.domain.events import Event
from core.domain.market import TradingMode
from core.ports.storage import UnitOfWork
from tests.fakes.memory_market import MemoryParams, MemorySignals, MemoryVerdicts, MemoryWaves
from tests.fakes.memory_people import MemoryAlerts, MemoryAudit, MemoryPauses, MemoryState
from tests.fakes.memory_store import Store, StoredDelivery
from tests.fakes.memory_trading import MemoryOrders, MemoryPositions

Routes = Callable[[Event], Sequence[tuple[Destination, Loudness]]]


def no_routes(event: Event) -> Sequence[tuple[Destination, Loudness]]:
    return ()


class MemoryUnitOfWork:
    """One transaction over a store of its own."""

    def __init__(self, store: Store, mode: TradingMode, routes: Routes) -> None:
        self._store = store
        self._mode = mode
        self._routes = routes
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

    async def record(self, event: Event) -> None:
        self._store.events.append(event)
        targets = self._routes(event)
        if not targets:
            return
        alert = Alert(
            id=len(self._store.alerts) + 1,
            kind=event.kind,
            severity=event.severity,
            mode=self._mode,
            created_at=event.at,
            event=event,
        )
        self._store.alerts[alert.id] = alert
        for destination, loudness in targets:
            delivery = Delivery(
                id=len(self._store.deliveries) + 1, alert=alert, destination=destination, loudness=loudness, attempts=0
            )
            self._store.deliveries[delivery.id] = StoredDelivery(
                delivery=delivery, state=DeliveryState.PENDING, next_at=event.at
            )


class MemoryUnits:
    """Units of work over one store; a unit changes a copy, which becomes the store when the unit ends well.

    `store` is what is committed, for tests to look into; `commits` counts writing units that ended well.
    """

    def __init__(self, *, mode: TradingMode = TradingMode.PAPER, routes: Routes = no_routes) -> None:
        self.store = Store()
        self.commits = 0
        self.arrivals = asyncio.Event()
        self._mode = mode
        self._routes = routes
        self.lock = asyncio.Lock()

    @property
    def events(self) -> Sequence[Event]:
        """The events recorded so far, oldest first."""
        return tuple(self.store.events)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        async with self.lock:
            draft = self.store.copy()
            yield MemoryUnitOfWork(draft, self._mode, self._routes)
            has_news = len(draft.deliveries) > len(self.store.deliveries)
            self.store = draft
            self.commits += 1
            if has_news:
                self.arrivals.set()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        yield MemoryUnitOfWork(self.store.copy(), self._mode, self._routes)


class MemoryOutbox:
    """The deliveries of a `MemoryUnits`."""

    def __init__(self, units: MemoryUnits) -> None:
        self._units = units

    async def pending(self, at: datetime, limit: int, busy: Collection[Destination]) -> Sequence[Delivery]:
        due = [
            head.delivery
            for head in self._heads().values()
            if head.next_at <= at and head.delivery.destination not in busy
        ]
        return due[:limit]

    async def sent(self, delivery: Delivery, at: datetime, message_ref: str) -> None:
        await self._count(delivery, state=DeliveryState.SENT, ended_at=at, message_ref=message_ref)

    async def retry(self, delivery: Delivery, next_at: datetime, error: str) -> None:
        await self._count(delivery, next_at=next_at, error=error)

    async def failed(self, delivery: Delivery, at: datetime, error: str) -> None:
        await self._count(delivery, state=DeliveryState.FAILED, ended_at=at, error=error)

    async def backlog(self) -> Mapping[Destination, int]:
        counts: dict[Destination, int] = {}
        for waiting in self._waiting():
            counts[waiting.delivery.destination] = counts.get(waiting.delivery.destination, 0) + 1
        return counts

    async def next_due(self) -> datetime | None:
        return min((head.next_at for head in self._heads().values()), default=None)

    async def arrival(self) -> None:
        await self._units.arrivals.wait()
        self._units.arrivals.clear()

    def _waiting(self) -> list[StoredDelivery]:
        return [each for each in self._units.store.deliveries.values() if each.state is DeliveryState.PENDING]

    def _heads(self) -> dict[Destination, StoredDelivery]:
        heads: dict[Destination, StoredDelivery] = {}
        for waiting in self._waiting():
            heads.setdefault(waiting.delivery.destination, waiting)
        return heads

    async def _count(self, delivery: Delivery, **changes: Any) -> None:  # noqa: ANN401 - fields of StoredDelivery
        async with self._units.lock:
            stored = self._units.store.deliveries
            known = stored[delivery.id]
            if known.state is DeliveryState.PENDING:
                counted = replace(known.delivery, attempts=known.delivery.attempts + 1)
                stored[delivery.id] = replace(known, delivery=counted, **changes)
