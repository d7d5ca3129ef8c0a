"""In-memory orders and positions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.errors import Bug
from core.domain.orders import Order
from core.domain.positions import Position, PositionLeg, PositionState
from tests.fakes.memory_store import Store


class MemoryOrders:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, order: Order) -> None:
        key = order.request.client_order_id
        if key in self._store.orders:
            raise Bug(f"order {key} is stored already")
        if order.position_id not in self._store.positions:
            raise Bug(f"order {key} names position {order.position_id}, which is not stored")
        self._store.orders[key] = order

    async def save(self, order: Order) -> None:
        key = order.request.client_order_id
        if key not in self._store.orders:
            raise Bug(f"order {key} is not stored")
        self._store.orders[key] = order

    async def get(self, client_order_id: str) -> Order | None:
        return self._store.orders.get(client_order_id)

    async def unsettled(self) -> Sequence[Order]:
        return sorted((o for o in self._store.orders.values() if not o.state.is_settled), key=lambda o: o.created_at)

    async def of_position(self, position_id: int) -> Sequence[Order]:
        found = [o for o in self._store.orders.values() if o.position_id == position_id]
        return sorted(found, key=lambda o: o.created_at)


class MemoryPositions:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, position: Position) -> Position:
        stored = replace(position, id=len(self._store.positions) + 1)
        self._put(stored)
        return stored

    async def save(self, position: Position) -> None:
        if position.id not in self._store.positions:
            raise Bug(f"position {position.id} {position.symbol} is not stored")
        self._put(position)

    def _put(self, position: Position) -> None:
        holders = (
            p
            for p in self._store.positions.values()
            if (p.exchange, p.symbol) == (position.exchange, position.symbol)
            and p.state.is_live
            and p.id != position.id
        )
        if position.state.is_live and any(holders):
            raise Bug(f"{position.exchange} {position.symbol} holds a live position already")
        self._store.positions[position.id] = position

    async def add_leg(self, leg: PositionLeg) -> None:
        if leg.position_id not in self._store.positions:
            raise Bug(f"fill {leg.client_order_id} names position {leg.position_id}, which is not stored")
        self._store.legs.setdefault(leg.client_order_id, leg)

    async def legs(self, position_id: int) -> Sequence[PositionLeg]:
        found = [leg for leg in self._store.legs.values() if leg.position_id == position_id]
        return sorted(found, key=lambda leg: leg.filled_at)

    async def get(self, position_id: int) -> Position | None:
        return self._store.positions.get(position_id)

    async def live(self) -> Sequence[Position]:
        return [p for p in self._store.positions.values() if p.state.is_live]

    async def ended(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        exchange: str | None = None,
        symbol: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Position]:
        found = [
            (p.closed_at, p.id, p)
            for p in self._store.positions.values()
            if p.state is PositionState.CLOSED
            and p.closed_at is not None
            and (since is None or p.closed_at >= since)
            and (until is None or p.closed_at < until)
            and exchange in {None, p.exchange}
            and symbol in {None, p.symbol}
        ]
        return [position for _, _, position in sorted(found, key=lambda f: f[:2], reverse=True)][:limit]
