"""The deliveries that wait: a queue in the database, one for each destination, in the order of recording."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from core.domain.delivery import Delivery, DeliveryState, Destination
from storage.engine import Database
from storage.mappers.events import delivery_of
from storage.repositories.alerts import ALERT_COLUMNS
from storage.tables import WAITING, alerts, deliveries, events

# Written as the partial index has it, so that SQLite uses the index.
HEADS = select(func.min(deliveries.c.id)).where(WAITING).group_by(deliveries.c.destination)


class SqlOutbox:
    """Implements `core.ports.delivery.Outbox`. Only the oldest delivery of a destination is ever offered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self, at: datetime, limit: int, busy: Collection[Destination]) -> Sequence[Delivery]:
        """Return the oldest pending delivery of each destination not in `busy` that may be tried at `at`."""
        query = (
            select(
                deliveries.c.id,
                deliveries.c.destination,
                deliveries.c.loudness,
                deliveries.c.attempts,
                *ALERT_COLUMNS,
            )
            .select_from(deliveries.join(alerts).join(events))
            .where(
                deliveries.c.id.in_(HEADS),
                deliveries.c.next_at <= at,
                deliveries.c.destination.not_in(sorted(str(destination) for destination in busy)),
            )
            .order_by(deliveries.c.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [delivery_of(row) for row in await connection.execute(query)]

    async def sent(self, delivery: Delivery, at: datetime, message_ref: str) -> None:
        """Mark a delivery as done; `message_ref` is the platform's name of the message."""
        await self._count(delivery, state=DeliveryState.SENT.value, ended_at=at, message_ref=message_ref)

    async def retry(self, delivery: Delivery, next_at: datetime, error: str) -> None:
        """Count a failed attempt; the delivery and those behind it wait until `next_at`."""
        await self._count(delivery, next_at=next_at, error=error)

    async def failed(self, delivery: Delivery, at: datetime, error: str) -> None:
        """Give a delivery up: the destination can never take it."""
        await self._count(delivery, state=DeliveryState.FAILED.value, ended_at=at, error=error)

    async def backlog(self) -> Mapping[Destination, int]:
        """Return how many deliveries wait, by destination."""
        query = select(deliveries.c.destination, func.count()).where(WAITING).group_by(deliveries.c.destination)
        async with self._database.read() as connection:
            return {Destination.parse(name): count for name, count in await connection.execute(query)}

    async def next_due(self) -> datetime | None:
        """Return when the next waiting delivery may be tried, or None if none waits."""
        query = select(deliveries.c.next_at).where(deliveries.c.id.in_(HEADS)).order_by(deliveries.c.next_at).limit(1)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar()

    async def arrival(self) -> None:
        """Wait until something was recorded since the last call of this; what a former process left does not count."""
        await self._database.arrivals.wait()
        self._database.arrivals.clear()

    async def _count(self, delivery: Delivery, **changes: Any) -> None:  # noqa: ANN401 - columns of deliveries
        """Store the outcome of an attempt; a delivery that has ended stays as it is, so calling twice is safe."""
        async with self._database.write() as connection:
            await connection.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery.id, deliveries.c.state == DeliveryState.PENDING.value)
                .values(attempts=deliveries.c.attempts + 1, **changes)
            )
