"""Symbols that people took off trading, kept after they came back; the configuration's own list is not here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.people import StopListing
from storage.mappers.people import listing_of, row_of_listing
from storage.tables import stop_list


class SqlStopList:
    """Implements `core.ports.records.StopList`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, listing: StopListing) -> None:
        """Store a listing; one in force for the same symbol ends with it."""
        await self._end(listing.symbol, listing.created_at, listing.author)
        await self._connection.execute(insert(stop_list), row_of_listing(listing))

    async def remove(self, symbol: str, at: datetime, author: str) -> StopListing | None:
        """End the listing of `symbol` and return it; None if there is none in force."""
        found = await self._connection.execute(
            select(stop_list).where(stop_list.c.symbol == symbol, _in_force(at)).order_by(stop_list.c.id.desc())
        )
        listed = found.first()
        await self._end(symbol, at, author)
        return None if listed is None else listing_of(listed)

    async def active(self, at: datetime) -> Sequence[StopListing]:
        """Return the listings in force at `at`, by symbol."""
        found = await self._connection.execute(
            select(stop_list).where(_in_force(at)).order_by(stop_list.c.symbol, stop_list.c.id)
        )
        return [listing_of(row) for row in found]

    async def _end(self, symbol: str, at: datetime, author: str) -> None:
        await self._connection.execute(
            update(stop_list).where(stop_list.c.symbol == symbol, _in_force(at)).values(ended_at=at, ended_by=author)
        )


def _in_force(at: datetime) -> ColumnElement[bool]:
    return and_(stop_list.c.ended_at.is_(None), or_(stop_list.c.until_at.is_(None), stop_list.c.until_at > at))
