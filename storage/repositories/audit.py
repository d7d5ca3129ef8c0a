"""The record of what people asked: each row carries a digest of itself and of the row before."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.people import AuditEntry
from storage.mappers.people import audit_of, row_of_audit
from storage.rows import AnyRow
from storage.tables import audit

FIRST = "0" * 64
"""What the first row is linked to."""

AT_ONCE = 500
"""Rows that are verified in one go: some 20 ms of work."""


class SqlAudit:
    """Implements `core.ports.storage.Audit`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, entry: AuditEntry) -> None:
        """Append a row, linked to the one before; needs a writing transaction, so that no row comes in between."""
        last = (await self._connection.execute(select(audit.c.hash).order_by(audit.c.id.desc()).limit(1))).scalar()
        values = row_of_audit(entry)
        previous = last or FIRST
        await self._connection.execute(
            insert(audit), {**values, "previous_hash": previous, "hash": digest_of(previous, values)}
        )

    async def recent(self, limit: int) -> Sequence[AuditEntry]:
        """Return the newest rows first."""
        found = await self._connection.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
        return [audit_of(row) for row in found]

    async def between(self, since: datetime, until: datetime) -> Sequence[AuditEntry]:
        """Return the rows from `since` on and before `until`, in the order of recording."""
        found = await self._connection.execute(
            select(audit).where(audit.c.at >= since, audit.c.at < until).order_by(audit.c.id)
        )
        return [audit_of(row) for row in found]

    async def verify(self) -> int | None:
        """Return the id of the first row that was changed or whose predecessor is gone, or None if all is well.

        Read in parts, so that a long record holds up nobody else. Rows cut off at the end leave no trace here; compare
        the count with a backup for those.
        """
        previous, last_id = FIRST, 0
        while True:
            rows = await self._part(last_id)
            for row in rows:
                if not _is_linked(row, previous):
                    return int(row.id)
                previous, last_id = row.hash, row.id
            if len(rows) < AT_ONCE:
                return None

    async def _part(self, after_id: int) -> Sequence[AnyRow]:
        found = await self._connection.execute(
            select(audit).where(audit.c.id > after_id).order_by(audit.c.id).limit(AT_ONCE)
        )
        return found.all()


def _is_linked(row: AnyRow, previous: str) -> bool:
    """Return True if the row is as it was written, behind the row whose digest is `previous`."""
    try:
        entry = audit_of(row)
    except ValueError:
        return False  # A role that there never was: written by nobody of ours.
    return bool(row.previous_hash == previous and row.hash == digest_of(previous, row_of_audit(entry)))


def digest_of(previous: str, values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the hash before and the row, written as JSON with sorted names."""
    return hashlib.sha256(previous.encode() + msgspec.json.encode(dict(values), order="sorted")).hexdigest()
