"""A real database in a temporary folder, migrated and closed again, for tests of storage and of what stands on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from storage.engine import Database
from storage.schema import upgrade


@asynccontextmanager
async def opened(folder: Path, *, single_connection: bool = False) -> AsyncIterator[Database]:
    """Yield a database of the newest schema in `folder`."""
    database = await Database.open(f"sqlite:///{folder}/wavehelm.db", single_connection=single_connection)
    try:
        await upgrade(database)
        yield database
    finally:
        await database.close()
