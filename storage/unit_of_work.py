"""Transactions as core sees them: a change and the events it causes are one commit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.cards import Card
from core.domain.events import Event
from core.domain.market import TradingMode
from core.ports.delivery import Router
from core.ports.storage import UnitOfWork
from storage.engine import Database
from storage.repositories.alerts import SqlAlerts
from storage.repositories.audit import SqlAudit
from storage.repositories.grants import SqlGrants
from storage.repositories.mutes import SqlMutes
from storage.repositories.orders import SqlOrders
from storage.repositories.params import SqlParams
from storage.repositories.pauses import SqlPauses
from storage.repositories.positions import SqlPositions
from storage.repositories.recording import Recorder
from storage.repositories.signals import SqlSignals
from storage.repositories.state import SqlState
from storage.repositories.stop_list import SqlStopList
from storage.repositories.verdicts import SqlVerdicts
from storage.repositories.waves import SqlWaves


class SqlUnitOfWork:
    """Implements `core.ports.storage.UnitOfWork` over one connection in a transaction.

    Attributes:
        has_news: Something was recorded, shown, granted or released, for others to hear of when it is committed.
    """

    def __init__(self, connection: AsyncConnection, mode: TradingMode, router: Router) -> None:
        self._recorder = Recorder(connection, mode, router)
        self.has_news = False
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
        self.mutes = SqlMutes(connection, self._announce)
        self.grants = SqlGrants(connection, self._announce)
        self.stop_list = SqlStopList(connection)

    async def show(self, card: Card) -> None:
        """Note that `card` has changed: it will be shown, for the first time or anew, at every destination of it."""
        await self._recorder.show(card)
        self._announce()

    async def record(self, event: Event) -> None:
        """Write `event` down, with an alert and one delivery a destination for every route that matches it.

        The cards that it changes are shown anew where they live.
        """
        await self._recorder.record(event)
        self._announce()

    def _announce(self) -> None:
        self.has_news = True


class SqlUnits:
    """Implements `core.ports.storage.Units`; commits that recorded something are told by `Database.changes`."""

    def __init__(self, database: Database, mode: TradingMode, router: Router) -> None:
        self._database = database
        self._mode = mode
        self._router = router

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
                unit = SqlUnitOfWork(connection, self._mode, self._router)
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
            yield SqlUnitOfWork(connection, self._mode, self._router)

    def _announce(self, unit: SqlUnitOfWork | None) -> None:
        if unit is not None and unit.has_news:
            self._database.changes.beat()
