"""One instance a database: a row that says who holds it, kept fresh by a heartbeat. Who beats is not decided here."""

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.errors import AlreadyRunning
from core.ports.edges import Clock
from storage.engine import Database
from storage.repositories.state import SqlState

KEY = "lease"
STALE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the database.

    Attributes:
        started: When the process was started, in the kernel's ticks since boot; None where that cannot be known.
        since_at: When it took the database.
        beat_at: Its last sign of life.
    """

    host: str
    pid: int
    started: int | None
    since_at: datetime
    beat_at: datetime

    def is_same(self, other: "Holder | None") -> bool:
        """Return True if `other` is this very holding, whenever it last beat."""
        return other is not None and replace(other, beat_at=self.beat_at) == self


class Lease:
    """The right of one process to trade with a database."""

    def __init__(self, database: Database, clock: Clock, host: str, pid: int) -> None:
        self._database = database
        self._clock = clock
        self._host = host
        self._pid = pid
        self._held: Holder | None = None

    async def acquire(self) -> None:
        """Take the database, from nobody or from a holder that is gone. Call once, before anything else is written.

        Raises:
            AlreadyRunning: a live instance holds it; the text says which.
            RetryLater: the database cannot be written now.
        """
        now = self._clock.now()
        mine = Holder(host=self._host, pid=self._pid, started=started_of(self._pid), since_at=now, beat_at=now)
        async with self._database.write() as connection:
            known = await _read(connection)
            if known is not None and self._is_alive(known, now):
                raise AlreadyRunning(
                    f"another instance holds this database: process {known.pid} on {known.host}, "
                    f"since {known.since_at:%Y-%m-%d %H:%M:%S} UTC"
                )
            await _write(connection, mine)
        self._held = mine

    async def beat(self) -> None:
        """Show that this process lives; to be called every few seconds.

        Raises:
            AlreadyRunning: another instance took the database over; stop at once.
            RetryLater: the database cannot be written now; the lease is still ours.
        """
        if self._held is None:
            return
        async with self._database.write() as connection:
            known = await _read(connection)
            if not self._held.is_same(known):
                who = "nobody" if known is None else f"process {known.pid} on {known.host}"
                raise AlreadyRunning(f"this instance lost its hold of the database to {who}")
            await _write(connection, replace(self._held, beat_at=self._clock.now()))

    async def release(self) -> None:
        """Give the database back; safe to repeat, and when another instance has it by now."""
        if self._held is None:
            return
        async with self._database.write() as connection:
            if self._held.is_same(await _read(connection)):
                await _write(connection, None)
        self._held = None

    def _is_alive(self, known: Holder, now: datetime) -> bool:
        """Return True if the holder may still be running. A killed one on this host is known to be gone at once."""
        is_fresh = now - known.beat_at <= STALE_AFTER
        if known.host != self._host:
            return is_fresh
        if known.pid == self._pid or not is_running(known.pid):
            return False
        started = started_of(known.pid)
        if started is not None and known.started is not None:
            return started == known.started
        # The number may belong to a stranger by now; without start times only the heartbeat can tell.
        return is_fresh


async def holder(database: Database) -> Holder | None:
    """Return who holds the database by its own word, or None."""
    async with database.read() as connection:
        return await _read(connection)


def is_running(pid: int) -> bool:
    """Return True if this host has a process with that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def started_of(pid: int) -> int | None:
    """Return when the process was started, in ticks since boot, or None where the system does not tell.

    Field 22 of /proc/<pid>/stat, see proc_pid_stat(5).
    """
    fields = _stat_of(pid)
    return int(fields[19]) if fields else None


def _is_zombie(pid: int) -> bool:
    """Return True for a process that was killed and that its parent has not looked after yet."""
    fields = _stat_of(pid)
    return bool(fields) and fields[0] == "Z"


def _stat_of(pid: int) -> list[str]:
    """Return the fields of the process's status from the third (its state) on; empty where there are none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # The second field is a name in brackets that may itself hold blanks and brackets.
    return status.rpartition(")")[2].split()


async def _read(connection: AsyncConnection) -> Holder | None:
    text = await SqlState(connection).get(KEY)
    return None if text is None else msgspec.json.decode(text, type=Holder)


async def _write(connection: AsyncConnection, held: Holder | None) -> None:
    await SqlState(connection).put(KEY, None if held is None else msgspec.json.encode(held).decode())
