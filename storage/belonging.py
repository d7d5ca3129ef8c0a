"""Which trading mode a database belongs to: books of one kind of money are never compared with an account of another.

What else is kept in the database does not matter here, only that there is something.
"""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.errors import ConfigurationError
from core.domain.market import TradingMode
from storage.engine import Database
from storage.repositories.state import SqlState
from storage.tables import metadata, settings

KEY = "trading.mode"


async def claim_mode(database: Database, mode: TradingMode) -> None:
    """Let a new `database` belong to `mode`, once and for all; call it while holding the lease. Safe to repeat.

    A database that was filled before modes were written down belongs to paper: there was nothing else.

    Raises:
        ConfigurationError: it belongs to another mode.
        RetryLater: it cannot be written now.
    """
    async with database.write() as connection:
        known = await _mode_of(connection) or mode.value
        await SqlState(connection).put(KEY, known)
    _refuse_other(known, mode)


async def check_mode(database: Database, mode: TradingMode) -> None:
    """Say beforehand what `claim_mode` would say; changes nothing.

    Raises:
        ConfigurationError: it belongs to another mode.
    """
    async with database.read() as connection:
        known = await _mode_of(connection)
    _refuse_other(known or mode.value, mode)


def _refuse_other(known: str, mode: TradingMode) -> None:
    if known != mode.value:
        raise ConfigurationError(
            f"this database belongs to {known} trading, and trading.mode is {mode.value}: "
            f"use another database.url for {mode.value} trading (or DATABASE_URL), or set trading.mode: {known}"
        )


async def _mode_of(connection: AsyncConnection) -> str | None:
    """Return which mode was written down; paper where there was no such thing; None of a new database."""
    known = await SqlState(connection).get(KEY)
    if known is None and await _holds_anything(connection):
        return TradingMode.PAPER.value
    return known


async def _holds_anything(connection: AsyncConnection) -> bool:
    for table in metadata.sorted_tables:
        # The table `settings` holds the lease of whoever asks.
        if table is not settings and await connection.scalar(select(exists(select(table)))):
            return True
    return False
