"""What the process keeps: its database, opened, upgraded and leased to this process alone."""

import logging
import os
import socket
from dataclasses import dataclass

from bot.settings import Settings
from core.delivery.routing import Routing
from core.domain.errors import RetryLater
from core.ports.edges import Clock
from storage.engine import Database
from storage.lease import Lease
from storage.outbox import SqlOutbox
from storage.paper_ledger import SqlPaperLedger
from storage.schema import is_empty, upgrade
from storage.unit_of_work import SqlUnits

LIVING = frozenset({"telegram", "slack"})
"""Platforms whose messages can be edited."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """An open database and what reads and writes it."""

    database: Database
    routing: Routing
    units: SqlUnits
    outbox: SqlOutbox
    ledger: SqlPaperLedger
    lease: Lease

    async def close(self) -> None:
        """Give the lease back and close the database; safe to repeat."""
        await _give_back(self.database, self.lease)


async def open_keeping(settings: Settings, clock: Clock, *, single_connection: bool = False) -> Keeping:
    """Open the database, bring it to this version, and take the lease on it.

    Raises:
        AlreadyRunning: another process holds it.
        ConfigurationError: it cannot be opened, or belongs to a newer version.
    """
    database = await Database.open(settings.database.url, single_connection=single_connection)
    lease = Lease(database, clock, socket.gethostname(), os.getpid())
    try:
        # The lease lives in the database, so the very first start must make the tables before it can take it. Any other
        # database is upgraded by whoever holds the lease, never under an older version that still runs.
        if await is_empty(database):
            await upgrade(database)
        await lease.acquire()
        await upgrade(database)
    except BaseException:
        await _give_back(database, lease)
        raise

    routing = Routing(
        routes=settings.routes,
        mode=settings.trading.mode,
        now=clock.now,
        zone=settings.reports.timezone,
        living=LIVING,
    )
    return Keeping(
        database=database,
        routing=routing,
        units=SqlUnits(database, settings.trading.mode, routing),
        outbox=SqlOutbox(database),
        ledger=SqlPaperLedger(database),
        lease=lease,
    )


async def _give_back(database: Database, lease: Lease) -> None:
    try:
        await lease.release()
    except RetryLater as error:
        # Nobody waits for it: on this host the next start sees that we are gone, elsewhere that we beat no more.
        _log.warning("lease_not_released", extra={"error": str(error)})
    finally:
        await database.close()
