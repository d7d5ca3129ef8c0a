"""The record of what people asked: each row carries a digest of itself and of the row before."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.people import AuditEntry
from storage.mappers.people import audit_of, row_of_audit
from storage.tables import audit

FIRST = "0" * 64
"""What the first row is linked to."""


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

    async def verify(self) -> int | None:
        """Return the id of the first row that was changed or whose predecessor is gone, or None if all is well.

        Rows cut off at the end leave no trace here; compare the count with a backup for those.
        """
        previous = FIRST
        for row in await self._connection.execute(select(audit).order_by(audit.c.id)):
            expected = digest_of(previous, row_of_audit(audit_of(row)))
            if row.previous_hash != previous or row.hash != expected:
                return int(row.id)
            previous = expected
        return None


def digest_of(previous: str, values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the hash before and the row, written as JSON with sorted names."""
    return hashlib.sha256(previous.encode() + msgspec.json.encode(dict(values), order="sorted")).hexdigest()
