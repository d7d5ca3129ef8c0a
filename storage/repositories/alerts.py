"""Alerts that people were told, for them to look back; recording and sending them belongs to others."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.delivery import Alert, DeliveryRecord, DeliveryState, Destination, FoldReason
from storage.mappers.events import alert_of
from storage.rows import AnyRow
from storage.tables import alerts, deliveries, events

ALERT_COLUMNS = (
    alerts.c.id.label("alert_id"),
    alerts.c.kind,
    alerts.c.severity,
    alerts.c.mode,
    alerts.c.created_at,
    alerts.c.acked_by,
    alerts.c.acked_at,
    events.c.payload,
)
"""What `alert_of` reads, from alerts joined with events."""


class SqlAlerts:
    """Implements `core.ports.records.Alerts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, alert_id: int) -> Alert | None:
        """Return the alert with that number, or None."""
        found = await self._connection.execute(
            select(*ALERT_COLUMNS).select_from(alerts.join(events)).where(alerts.c.id == alert_id)
        )
        row = found.first()
        return None if row is None else alert_of(row)

    async def recent(self, limit: int, kind: str | None = None) -> Sequence[Alert]:
        """Return the newest alerts first."""
        query = select(*ALERT_COLUMNS).select_from(alerts.join(events)).order_by(alerts.c.id.desc()).limit(limit)
        if kind is not None:
            query = query.where(alerts.c.kind == kind)
        return [alert_of(row) for row in await self._connection.execute(query)]

    async def deliveries(self, alert_id: int) -> Sequence[DeliveryRecord]:
        """Return what became of an alert at each destination, by destination."""
        found = await self._connection.execute(
            select(
                deliveries.c.destination,
                deliveries.c.state,
                deliveries.c.attempts,
                deliveries.c.ended_at,
                deliveries.c.error,
                deliveries.c.fold,
                deliveries.c.next_at,
            ).where(deliveries.c.alert_id == alert_id)
        )
        return sorted((_record_of(row) for row in found), key=lambda record: record.destination)

    async def acknowledge(self, alert_id: int, at: datetime, author: str) -> Alert | None:
        """Note that somebody takes care of an alert; the first to say so stays. None if there is no such alert."""
        await self._connection.execute(
            update(alerts)
            .where(alerts.c.id == alert_id, alerts.c.acked_at.is_(None))
            .values(acked_by=author, acked_at=at)
        )
        return await self.get(alert_id)


def _record_of(row: AnyRow) -> DeliveryRecord:
    state = DeliveryState(row.state)
    is_held = state is DeliveryState.PENDING and row.fold not in {None, FoldReason.MISSED.value}
    return DeliveryRecord(
        destination=Destination.parse(row.destination),
        state=state,
        attempts=row.attempts,
        ended_at=row.ended_at,
        error=row.error,
        held_until=row.next_at if is_held else None,
    )
