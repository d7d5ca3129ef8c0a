"""Stored orders, written before they are sent."""

from collections.abc import Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.errors import Bug
from core.domain.orders import Order, OrderState
from storage.mappers.orders import order_of, row_of_order
from storage.rows import AnySelect
from storage.tables import orders

UNSETTLED = tuple(state.value for state in OrderState if not state.is_settled)


class SqlOrders:
    """Implements `core.ports.storage.Orders`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, order: Order) -> None:
        """Store a new order, before it is sent.

        Raises:
            Bug: the client order id is stored already, or its position is not.
        """
        try:
            await self._connection.execute(insert(orders), row_of_order(order))
        except IntegrityError as error:
            key = order.request.client_order_id
            raise Bug(f"order {key} of position {order.position_id} cannot be stored: {error.orig}") from error

    async def save(self, order: Order) -> None:
        """Store what became of an order.

        Raises:
            Bug: the order is not stored.
        """
        key = order.request.client_order_id
        saved = await self._connection.execute(
            update(orders).where(orders.c.client_order_id == key).values(row_of_order(order))
        )
        if saved.rowcount != 1:
            raise Bug(f"order {key} is not stored")

    async def get(self, client_order_id: str) -> Order | None:
        """Return the order, or None."""
        found = await self._select(select(orders).where(orders.c.client_order_id == client_order_id))
        return found[0] if found else None

    async def unsettled(self) -> Sequence[Order]:
        """Return orders whose outcome is not known, oldest first."""
        return await self._select(select(orders).where(orders.c.state.in_(UNSETTLED)))

    async def of_position(self, position_id: int) -> Sequence[Order]:
        """Return a position's orders, oldest first."""
        return await self._select(select(orders).where(orders.c.position_id == position_id))

    async def _select(self, query: AnySelect) -> list[Order]:
        found = await self._connection.execute(query.order_by(orders.c.created_at, orders.c.id))
        return [order_of(row) for row in found]
