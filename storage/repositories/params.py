"""Stored params, every change they ever had, and what people set over them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.params import ParamChange, ParamOverride, StoredParams
from storage.mappers.waves import change_of, override_of, params_of
from storage.tables import overrides, params, params_history


class SqlParams:
    """Implements `core.ports.storage.Params`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, exchange_id: int) -> StoredParams | None:
        """Return the row of an exchange, or None if there is none."""
        row = (await self._connection.execute(select(params).where(params.c.exchange_id == exchange_id))).first()
        return None if row is None else params_of(row)

    async def save(self, params: StoredParams, changes: Sequence[ParamChange]) -> None:
        """Store the row and append `changes` to the history."""
        await self._put(params)
        if changes:
            await self._connection.execute(insert(params_history), [asdict(change) for change in changes])

    async def history(self, exchange_id: int, limit: int, name: str | None = None) -> Sequence[ParamChange]:
        """Return the newest changes first."""
        query = select(params_history).where(params_history.c.exchange_id == exchange_id)
        if name is not None:
            query = query.where(params_history.c.name == name)
        found = await self._connection.execute(query.order_by(params_history.c.id.desc()).limit(limit))
        return [change_of(row) for row in found]

    async def overrides(self, exchange_id: int, at: datetime) -> Sequence[ParamOverride]:
        """Return the overrides in force at `at`, oldest first."""
        found = await self._connection.execute(
            select(overrides)
            .where(
                overrides.c.exchange_id == exchange_id,
                or_(overrides.c.until_at.is_(None), overrides.c.until_at > at),
            )
            .order_by(overrides.c.id)
        )
        return [override_of(row) for row in found]

    async def _put(self, stored: StoredParams) -> None:
        values = asdict(stored)
        await self._connection.execute(
            insert(params).values(values).on_conflict_do_update(index_elements=[params.c.exchange_id], set_=values)
        )
