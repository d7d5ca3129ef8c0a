"""Transactions as core sees them: a change and the events it causes are one commit."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.delivery import Destination, Loudness
from core.domain.events import Event
from core.domain.market import TradingMode
from core.ports.storage import UnitOfWork
from storage.engine import Database
from storage.repositories.alerts import SqlAlerts
from storage.repositories.audit import SqlAudit
from storage.repositories.orders import SqlOrders
from storage.repositories.params import SqlParams
from storage.repositories.pauses import SqlPauses
from storage.repositories.positions import SqlPositions
from storage.repositories.signals import SqlSignals
from storage.repositories.state import SqlState
from storage.repositories.verdicts import SqlVerdicts
from storage.repositories.waves import SqlWaves

Routes = Callable[[Event], Sequence[tuple[Destination, Loudness]]]
"""Says who is told of an event, and how loudly."""


class SqlUnitOfWork:
    """Implements `core.ports.storage.UnitOfWork` over one connection in a transaction."""

    def __init__(self, connection: AsyncConnection, mode: TradingMode, routes: Routes) -> None:
        self._mode = mode
        self._routes = routes
        self.has_deliveries = False
        self.signals = SqlSignals(connection)
        self.verdicts = SqlVerdicts(connection)
        self.waves = SqlWaves(connection)
        self.params = SqlParams(connection)
        self.orders = SqlOrders(connection)
        self.positions = SqlPositions(connection)
        self.pauses = SqlPauses(connection)
        self.audit = SqlAudit(connection)
        self.alerts = SqlAlerts(connection)
        self.state = SqlState(connection)

    async def record(self, event: Event) -> None:
        """Write `event` down, with an alert and one delivery a destination for every route that matches it."""
        targets = self._routes(event)
        await self.alerts.record(event, self._mode, targets)
        self.has_deliveries = self.has_deliveries or bool(targets)


class SqlUnits:
    """Implements `core.ports.storage.Units`; commits that carry deliveries wake the outbox."""

    def __init__(self, database: Database, mode: TradingMode, routes: Routes) -> None:
        self._database = database
        self._mode = mode
        self._routes = routes

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        """Return a transaction: committed when the block ends, rolled back when it raises. One at a time.

        Raises:
            RetryLater: the database is locked, full or out of reach; nothing was changed.
            Bug: a row was refused.
        """
        unit: SqlUnitOfWork | None = None
        try:
            async with self._database.write() as connection:
                unit = SqlUnitOfWork(connection, self._mode, self._routes)
                yield unit
        except asyncio.CancelledError:
            # The commit may have gone through all the same; waking for nothing does no harm.
            self._announce(unit)
            raise
        self._announce(unit)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """Return a consistent view for queries; nothing in it is kept.

        Raises:
            RetryLater: the database is locked or out of reach.
        """
        async with self._database.read() as connection:
            yield SqlUnitOfWork(connection, self._mode, self._routes)

    def _announce(self, unit: SqlUnitOfWork | None) -> None:
        if unit is not None and unit.has_deliveries:
            self._database.arrivals.set()
