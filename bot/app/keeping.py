"""What the process keeps: its database, opened, upgraded and leased to this process alone."""

import os
import socket
from dataclasses import dataclass

from bot.settings import Settings
from core.delivery.routing import destinations
from core.domain.delivery import Destination, Loudness
from core.domain.events import Event
from core.ports.edges import Clock
from storage.engine import Database
from storage.lease import Lease
from storage.outbox import SqlOutbox
from storage.paper_ledger import SqlPaperLedger
from storage.schema import upgrade
from storage.unit_of_work import SqlUnits


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """An open database and what reads and writes it."""

    database: Database
    units: SqlUnits
    outbox: SqlOutbox
    ledger: SqlPaperLedger
    lease: Lease


async def open_keeping(settings: Settings, clock: Clock, *, single_connection: bool = False) -> Keeping:
    """Open the database, bring it to this version, and take the lease on it.

    Raises:
        AlreadyRunning: another process holds it.
        ConfigurationError: it cannot be opened, or belongs to a newer version.
    """
    database = await Database.open(settings.database.url, single_connection=single_connection)
    try:
        # The lease lives in the database, so the very first start must make the tables before it can take it; an
        # older database is only upgraded by whoever holds the lease, which both versions know.
        await upgrade(database)
        lease = Lease(database, clock, socket.gethostname(), os.getpid())
        await lease.acquire()
    except BaseException:
        await database.close()
        raise

    def routes(event: Event) -> list[tuple[Destination, Loudness]]:
        return destinations(settings.routes, event, settings.trading.mode)

    return Keeping(
        database=database,
        units=SqlUnits(database, settings.trading.mode, routes),
        outbox=SqlOutbox(database),
        ledger=SqlPaperLedger(database),
        lease=lease,
    )
