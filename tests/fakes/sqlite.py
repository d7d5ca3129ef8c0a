"""A real database in a temporary folder, migrated and closed again, for tests of storage and of what stands on it."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from storage.engine import Database
from storage.schema import upgrade

_NEW: list[bytes] = []
"""An empty database of the newest schema, once there is one: to migrate costs more than most tests do."""


@asynccontextmanager
async def opened(folder: Path, *, single_connection: bool = False) -> AsyncIterator[Database]:
    """Yield a database of the newest schema in `folder`."""
    path = folder / "wavehelm.db"
    if not path.exists():
        path.write_bytes(await _new())
    database = await _open(path, single_connection=single_connection)
    try:
        await upgrade(database)
        yield database
    finally:
        await database.close()


async def _new() -> bytes:
    if not _NEW:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "new.db"
            database = await _open(path)
            try:
                await upgrade(database)
            finally:
                await database.close()
            _NEW.append(path.read_bytes())
    return _NEW[0]


async def _open(path: Path, *, single_connection: bool = False) -> Database:
    return await Database.open(f"sqlite:///{path}", single_connection=single_connection)
