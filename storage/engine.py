"""The connections to the database: one that writes, a few that read. Statements belong to the repositories."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from core.domain.errors import Bug, ConfigurationError, RetryLater
from storage.changes import RecordedChanges
from storage.driver import connect
from storage.failures import translated_errors

# A killed process loses nothing with NORMAL: what was committed is with the operating system. Only a power cut can take
# the last commits (never the file's order); after one, reconciliation with the venues finds what was placed, and client
# order ids that are derived, not drawn, keep it from being placed again. FULL would cost a disk flush on every commit.
WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")

# Readers leave checkpoints to the writer: two connections that checkpoint at once can damage the log of old SQLites.
READER_PRAGMAS = ("query_only=ON", "wal_autocheckpoint=0")


class Database:
    """An open database. Every change goes through one connection, one transaction at a time.

    Attributes:
        path: Its file; None for a database in memory.
        changes: Beats after every commit that recorded an event, showed a card or queued something again.
    """

    def __init__(
        self,
        url: URL,
        *,
        single_connection: bool = False,
        readers: int = 4,
        busy_timeout: timedelta = timedelta(seconds=5),
    ) -> None:
        """Prepare connections to `url`, as `sqlite_url` returns it; `open` is the way in."""
        in_memory = url.database in {None, "", ":memory:"}
        self.path = None if in_memory else Path(str(url.database)).absolute()
        self.changes = RecordedChanges()
        self._in_flight = 0
        self._lock = asyncio.Lock()
        self._kept: AsyncConnection | None = None
        self._url = url if self.path is None else url.set(database=str(self.path))
        self._pragmas = (f"busy_timeout={round(busy_timeout / timedelta(milliseconds=1))}", "temp_store=MEMORY")
        self._writer = _engine(self._url, 1, (*self._pragmas, *WRITER_PRAGMAS), "BEGIN IMMEDIATE")
        self._reader: AsyncEngine | None = None
        if not (single_connection or in_memory):
            self._reader = _engine(self._url, readers, (*self._pragmas, *READER_PRAGMAS), "BEGIN")

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        single_connection: bool = False,
        readers: int = 4,
        busy_timeout: timedelta = timedelta(seconds=5),
    ) -> Self:
        """Open the database at `url`, creating the file and its folder if there are none.

        Args:
            url: `sqlite:///relative/path`, `sqlite:////absolute/path`, with or without `+aiosqlite`.
            single_connection: Read through the writing connection, too, so that a replay runs the same way every time.
                A reading unit then waits for a writing one to end, so never open one inside the other.
            readers: How many units may read at the same time.
            busy_timeout: How long another process's transaction is waited for.

        Raises:
            ConfigurationError: the URL is none of ours, or the file cannot be opened.
        """
        parsed = sqlite_url(url)
        database = cls(parsed, single_connection=single_connection, readers=readers, busy_timeout=busy_timeout)
        try:
            if database.path is not None:
                database.path.parent.mkdir(parents=True, exist_ok=True)
            async with database.write():
                pass
        except OSError as error:
            raise ConfigurationError(f"the folder of the database cannot be made: {error}") from error
        except RetryLater as error:
            await database.close()
            raise ConfigurationError(f"{url} cannot be opened: {error}") from error
        except BaseException:
            await database.close()
            raise
        return database

    @property
    def in_flight(self) -> int:
        """How many pieces of work are open or waited for right now; virtual time must stand while there are."""
        return self._in_flight

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Return the writing connection in a transaction: committed when the block ends, rolled back when it raises.

        A commit that has begun is waited for even when the task is cancelled, so that its outcome is known.

        Raises:
            RetryLater: the database is locked, full or out of reach; nothing was changed.
            Bug: a row or statement was refused.
        """
        async with self._writing(AsyncConnection.commit) as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Return a connection that sees one state of the database; nothing done with it is kept.

        Raises:
            RetryLater: the database is locked or out of reach.
        """
        if self._reader is None:
            async with self._writing(AsyncConnection.rollback) as connection:
                yield connection
        else:
            with self._counted(), translated_errors():
                connection = await _opened(self._reader)
                try:
                    await connection.begin()
                    yield connection
                finally:
                    # The library closes in a task of its own, which may outlive the pool; here it is waited for.
                    await _settled(connection.close())

    async def copy_to(self, path: Path) -> None:
        """Write a complete, compact copy of the database to `path`, which must not exist; others go on meanwhile.

        Raises:
            RetryLater: the disk is full or the file cannot be written.
            Bug: `path` exists, or the database is in memory.
        """
        if self.path is None:
            raise Bug("a database in memory cannot be copied")
        copier = _engine(self._url, 1, (*self._pragmas, "wal_autocheckpoint=0"), None)
        with self._counted(), translated_errors():
            try:
                async with copier.connect() as connection:
                    await connection.exec_driver_sql("VACUUM INTO ?", (str(path),))
            finally:
                await copier.dispose()

    async def close(self) -> None:
        """Close all connections, the writing one last: it folds the log into the file. Safe to repeat."""
        with self._counted():
            if self._reader is not None:
                await self._reader.dispose()
            if self._kept is not None:
                await self._kept.close()
                self._kept = None
            await self._writer.dispose()

    @asynccontextmanager
    async def _writing(self, end: Callable[[AsyncConnection], Awaitable[None]]) -> AsyncIterator[AsyncConnection]:
        """Return the writing connection in a transaction that `end` ends; kept for the next one if all went well."""
        with self._counted(), translated_errors():
            async with self._lock:
                connection, self._kept = self._kept or await _opened(self._writer), None
                try:
                    await connection.begin()
                    yield connection
                    await _settled(end(connection))
                except BaseException:
                    await _settled(connection.close())
                    raise
                self._kept = connection

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1


def sqlite_url(text: str) -> URL:
    """Return the URL that `text` names, with the driver that we use.

    Raises:
        ConfigurationError: it is no URL of a database that we support.
    """
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ConfigurationError(f"{text!r} is no database URL; write sqlite:///path/to/wavehelm.db") from error
    if url.drivername not in {"sqlite", "sqlite+aiosqlite"}:
        raise ConfigurationError(f"a database of the kind {url.drivername!r} is not supported; write sqlite:///path")
    if url.query:
        raise ConfigurationError(
            f"options in the database URL are not supported: {dict(url.query)}; write sqlite:///path"
        )
    return url.set(drivername="sqlite+aiosqlite")


def _engine(url: URL, size: int, pragmas: Sequence[str], begin: str | None) -> AsyncEngine:
    """Return an engine whose transactions start with `begin`; None: every statement stands for itself."""
    engine = create_async_engine(
        url,
        # The creator is asked for something to await: that is what our driver's connection is.
        async_creator=lambda: connect(url.database or ":memory:", pragmas),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_reset_on_return=None,
    )
    if begin is not None:

        @event.listens_for(engine.sync_engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine


async def _opened(engine: AsyncEngine) -> AsyncConnection:
    """Return a connection of `engine`; one that arrives after the task was cancelled is given back, not lost."""
    opening = asyncio.ensure_future(_connect(engine))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await _finished(opening)
        if not opening.cancelled() and opening.exception() is None:
            await _settled(opening.result().close())
        raise


async def _connect(engine: AsyncEngine) -> AsyncConnection:
    return await engine.connect()


async def _settled(step: Awaitable[None]) -> None:
    """Run `step` to its end, even when the task is cancelled meanwhile."""
    running = asyncio.ensure_future(step)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await _finished(running)
        raise


async def _finished(running: asyncio.Future[Any]) -> None:
    """Wait until `running` is done, however often we are cancelled meanwhile."""
    while not running.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([running])
