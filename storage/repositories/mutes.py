"""Kinds of alerts that are held back for a time; holding them back belongs to `holds`."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.delivery import Destination, FoldReason, Mute
from storage.rows import AnyRow
from storage.tables import FOLDED, deliveries, mutes


class SqlMutes:
    """Implements `core.ports.records.Mutes`. `announce` is called when something that waited becomes due."""

    def __init__(self, connection: AsyncConnection, announce: Callable[[], None]) -> None:
        self._connection = connection
        self._announce = announce

    async def put(self, mute: Mute) -> None:
        """Store a mute; a later end for the same destination and kind replaces an earlier one.

        What is held back already is held back as long.
        """
        name = str(mute.destination)
        condition = and_(mutes.c.destination == name, mutes.c.kind == mute.kind)
        known = (await self._connection.execute(select(mutes.c.until_at).where(condition))).scalar()
        if known is not None and known >= mute.until_at:
            return
        await self._connection.execute(delete(mutes).where(condition))
        await self._connection.execute(
            insert(mutes).values(destination=name, kind=mute.kind, until_at=mute.until_at, author=mute.author)
        )
        await self._hold(name, mute.kind, mute.until_at)

    async def active(self, at: datetime, destination: Destination | None = None) -> Sequence[Mute]:
        """Return the mutes in force at `at`, of all destinations if none is named, by destination and kind."""
        query = select(mutes).where(mutes.c.until_at > at)
        if destination is not None:
            query = query.where(mutes.c.destination == str(destination))
        found = [_mute_of(row) for row in await self._connection.execute(query)]
        return sorted(found, key=lambda mute: (mute.destination, mute.kind))

    async def end(self, destination: Destination, kind: str | None, at: datetime) -> Sequence[Mute]:
        """End the mutes of `kind` (None: all) at a destination; what they held back is told at once. Returns them."""
        ended = [mute for mute in await self.active(at, destination) if kind in {None, mute.kind}]
        for mute in ended:
            name = str(mute.destination)
            await self._connection.execute(delete(mutes).where(mutes.c.destination == name, mutes.c.kind == mute.kind))
            await self._hold(name, mute.kind, at)
        if ended:
            self._announce()
        return ended

    async def _hold(self, destination: str, kind: str, until_at: datetime) -> None:
        """Let what the mute of `kind` holds back be told at `until_at`."""
        await self._connection.execute(
            update(deliveries)
            .where(
                FOLDED,
                deliveries.c.destination == destination,
                deliveries.c.fold == FoldReason.MUTED.value,
                deliveries.c.fold_group == kind,
            )
            .values(next_at=until_at)
        )


def _mute_of(row: AnyRow) -> Mute:
    return Mute(destination=Destination.parse(row.destination), kind=row.kind, until_at=row.until_at, author=row.author)
