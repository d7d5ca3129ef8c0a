"""Small pieces of state by name, in the table `settings`."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import settings


class SqlState:
    """Implements `core.ports.storage.State`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, key: str) -> str | None:
        """Return the text stored under `key`, or None."""
        found = await self._connection.execute(select(settings.c.value).where(settings.c.key == key))
        return found.scalar()

    async def put(self, key: str, value: str | None) -> None:
        """Store `value` under `key`; None removes it."""
        if value is None:
            await self._connection.execute(delete(settings).where(settings.c.key == key))
        else:
            await self._connection.execute(
                insert(settings)
                .values(key=key, value=value)
                .on_conflict_do_update(index_elements=[settings.c.key], set_={"value": value})
            )
