"""aiosqlite with one trip to its thread a statement, where it takes four; what is executed is not known here.

A trip costs more than most of our statements. SQLAlchemy asks a cursor to be made, to execute, to fetch and to close;
here the rows come back with the execution, and the rest needs no thread.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self, TypeVar

import aiosqlite

T = TypeVar("T")

_PATIENCE_S = 5
_PAUSE_MS = 10

Parameters = Sequence[Any] | dict[str, Any]


class OneTripCursor:
    """What SQLAlchemy's adapter uses of a cursor."""

    def __init__(self, connection: "OneTripConnection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Parameters = ()) -> Self:
        """Execute one statement and keep its rows."""
        return await self._connection.run(self._execute, operation, parameters)

    async def executemany(self, operation: str, parameters: Iterable[Parameters]) -> Self:
        """Execute one statement for each of `parameters`; it gives no rows."""
        return await self._connection.run(self._execute_many, operation, parameters)

    async def fetchall(self) -> list[Any]:
        """Return the rows of the last statement."""
        return self._rows

    async def close(self) -> None:
        """Forget the rows."""
        self._rows = []

    def _execute(self, operation: str, parameters: Parameters) -> Self:
        cursor = self._connection.raw.execute(operation, parameters)
        return self._take(cursor, cursor.fetchall() if cursor.description else [])

    def _execute_many(self, operation: str, parameters: Iterable[Parameters]) -> Self:
        return self._take(self._connection.raw.executemany(operation, parameters), [])

    def _take(self, cursor: sqlite3.Cursor, rows: list[Any]) -> Self:
        self._rows = rows
        self.description = cursor.description
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid
        cursor.close()
        return self


class OneTripConnection(aiosqlite.Connection):
    """A connection whose cursors live outside its thread. `stopping` is done once the thread has been told to end."""

    stopping: asyncio.Future[Any] | None = None

    def stop(self) -> asyncio.Future[Any] | None:
        """Tell the thread to end after what it has to do."""
        self.stopping = super().stop()
        return self.stopping

    def cursor(self) -> OneTripCursor:  # type: ignore[override]  # used by SQLAlchemy's adapter alone
        """Return a cursor; nothing is asked of the database yet."""
        return OneTripCursor(self)

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Run `function` in the connection's thread."""
        done: T = await self._execute(function, *arguments)  # type: ignore[no-untyped-call]
        return done

    @property
    def raw(self) -> sqlite3.Connection:
        """The connection itself, for functions that run in its thread."""
        return self._conn


async def connect(path: str, pragmas: Sequence[str]) -> OneTripConnection:
    """Open `path` with `pragmas`; the connection begins no transaction by itself.

    Raises:
        sqlite3.Error: the file cannot be opened, or is no database.
    """

    def connector() -> sqlite3.Connection:
        raw = sqlite3.connect(path, isolation_level=None)
        try:
            for pragma in pragmas:
                _set(raw, pragma)
        except BaseException:
            raw.close()
            raise
        return raw

    connection = OneTripConnection(connector, iter_chunk_size=64)
    # As SQLAlchemy does for connections of its own: a crash must not leave the process waiting for this thread.
    connection._thread.daemon = True  # noqa: SLF001
    try:
        await connection
    except BaseException:
        # The thread was told to end; it must have ended before the event loop may, which it reports to.
        if connection.stopping is not None:
            await connection.stopping
        raise
    return connection


def _set(raw: sqlite3.Connection, pragma: str) -> None:
    """Set a pragma; runs in the connection's thread, so waiting here holds up nobody else.

    SQLite does not wait its busy time when a file is switched to WAL: two first starts at once would fail each other.
    """
    give_up_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            raw.execute(f"PRAGMA {pragma}").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_s:
                raise
            time.sleep(_PAUSE_MS / 1000)
        else:
            return
