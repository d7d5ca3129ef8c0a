"""Roles given in chat, kept as history; what the configuration grants is not here."""

from collections.abc import Callable, Sequence

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.people import Grant
from storage.mappers.people import grant_of, row_of_grant
from storage.tables import grants

NEWEST = select(func.max(grants.c.id)).group_by(grants.c.platform, grants.c.person_id)


class SqlGrants:
    """Implements `core.ports.records.Grants`. `announce` is called when somebody's rights change."""

    def __init__(self, connection: AsyncConnection, announce: Callable[[], None]) -> None:
        self._connection = connection
        self._announce = announce

    async def add(self, grant: Grant) -> None:
        """Store a grant; earlier ones of the person stay as history."""
        await self._connection.execute(insert(grants), row_of_grant(grant))
        self._announce()

    async def current(self) -> Sequence[Grant]:
        """Return the grant of each person that was stored last, by platform and id."""
        found = await self._connection.execute(
            select(grants).where(grants.c.id.in_(NEWEST)).order_by(grants.c.platform, grants.c.person_id)
        )
        return [grant_of(row) for row in found]
