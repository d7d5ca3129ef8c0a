"""Stored positions and their fills; the database itself keeps a symbol to one live position."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_new
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.errors import Bug
from core.domain.positions import Position, PositionLeg, PositionState
from storage.mappers.positions import leg_of, position_of, row_of_leg, row_of_position
from storage.rows import AnySelect, new_id
from storage.tables import position_legs, positions

LIVE = tuple(state.value for state in PositionState if state.is_live)


class SqlPositions:
    """Implements `core.ports.storage.Positions`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, position: Position) -> Position:
        """Store a new position and return it with its id.

        Raises:
            Bug: the exchange and symbol hold a live position already.
        """
        try:
            added = await self._connection.execute(insert(positions), row_of_position(position))
        except IntegrityError as error:
            raise _held(position) from error
        return replace(position, id=new_id(added))

    async def save(self, position: Position) -> None:
        """Store a changed position.

        Raises:
            Bug: the position is not stored, or another one is live on its exchange and symbol.
        """
        try:
            saved = await self._connection.execute(
                update(positions).where(positions.c.id == position.id).values(row_of_position(position))
            )
        except IntegrityError as error:
            raise _held(position) from error
        if saved.rowcount != 1:
            raise Bug(f"position {position.id} {position.symbol} is not stored")

    async def add_leg(self, leg: PositionLeg) -> None:
        """Store a fill; the same client order id again is ignored.

        Raises:
            Bug: its position is not stored.
        """
        try:
            await self._connection.execute(
                insert_new(position_legs).on_conflict_do_nothing(index_elements=["client_order_id"]), row_of_leg(leg)
            )
        except IntegrityError as error:
            raise Bug(f"fill {leg.client_order_id} names position {leg.position_id}, which is not stored") from error

    async def legs(self, position_id: int) -> Sequence[PositionLeg]:
        """Return the fills of a position, oldest first."""
        found = await self._connection.execute(
            select(position_legs)
            .where(position_legs.c.position_id == position_id)
            .order_by(position_legs.c.filled_at, position_legs.c.id)
        )
        return [leg_of(row) for row in found]

    async def get(self, position_id: int) -> Position | None:
        """Return the position, or None."""
        found = await self._select(select(positions).where(positions.c.id == position_id))
        return found[0] if found else None

    async def live(self) -> Sequence[Position]:
        """Return positions opening, open or closing, oldest first."""
        return await self._select(select(positions).where(positions.c.state.in_(LIVE)).order_by(positions.c.id))

    async def ended(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        exchange: str | None = None,
        symbol: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Position]:
        """Return closed positions by time of closing, newest first; from `since` on, before `until`."""
        query = select(positions).where(
            positions.c.state == PositionState.CLOSED.value, positions.c.closed_at.is_not(None)
        )
        if since is not None:
            query = query.where(positions.c.closed_at >= since)
        if until is not None:
            query = query.where(positions.c.closed_at < until)
        if exchange is not None:
            query = query.where(positions.c.exchange == exchange)
        if symbol is not None:
            query = query.where(positions.c.symbol == symbol)
        return await self._select(query.order_by(positions.c.closed_at.desc(), positions.c.id.desc()).limit(limit))

    async def _select(self, query: AnySelect) -> list[Position]:
        return [position_of(row) for row in await self._connection.execute(query)]


def _held(position: Position) -> Bug:
    return Bug(f"{position.exchange} {position.symbol} holds a live position already")
