"""Stored pauses, kept after they ended."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.pauses import Pause
from storage.mappers.people import pause_of, row_of_pause
from storage.rows import new_id
from storage.tables import pauses


class SqlPauses:
    """Implements `core.ports.storage.Pauses`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, pause: Pause) -> Pause:
        """Store a new pause and return it with its id."""
        added = await self._connection.execute(insert(pauses), row_of_pause(pause))
        return replace(pause, id=new_id(added))

    async def end(self, pause: Pause, at: datetime, by: str) -> None:
        """Mark a pause as ended; one that has ended stays as it was."""
        await self._connection.execute(
            update(pauses).where(pauses.c.id == pause.id, pauses.c.ended_at.is_(None)).values(ended_at=at, ended_by=by)
        )

    async def active(self, at: datetime) -> Sequence[Pause]:
        """Return the pauses in force at `at`, oldest first."""
        found = await self._connection.execute(
            select(pauses)
            .where(pauses.c.ended_at.is_(None), or_(pauses.c.until_at.is_(None), pauses.c.until_at > at))
            .order_by(pauses.c.id)
        )
        return [pause_of(row) for row in found]
