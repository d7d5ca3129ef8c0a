"""Stored events and the alerts that people were told; sending them belongs to the outbox."""

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.delivery import Alert, DeliveryState, Destination, Loudness
from core.domain.events import Event
from core.domain.market import TradingMode
from storage.mappers.events import alert_of, row_of_alert, row_of_event
from storage.rows import new_id
from storage.tables import alerts, deliveries, events

ALERT_COLUMNS = (
    alerts.c.id.label("alert_id"),
    alerts.c.kind,
    alerts.c.severity,
    alerts.c.mode,
    alerts.c.created_at,
    events.c.payload,
)
"""What `alert_of` reads, from alerts joined with events."""


class SqlAlerts:
    """Implements `core.ports.storage.Alerts`, and writes down what the unit of work records."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def recent(self, limit: int, kind: str | None = None) -> Sequence[Alert]:
        """Return the newest alerts first."""
        query = select(*ALERT_COLUMNS).select_from(alerts.join(events)).order_by(alerts.c.id.desc()).limit(limit)
        if kind is not None:
            query = query.where(alerts.c.kind == kind)
        return [alert_of(row) for row in await self._connection.execute(query)]

    async def record(self, event: Event, mode: TradingMode, targets: Sequence[tuple[Destination, Loudness]]) -> None:
        """Store `event`; if it has `targets`, also an alert with a waiting delivery for each."""
        stored = await self._connection.execute(insert(events), row_of_event(event))
        if not targets:
            return
        event_id = new_id(stored)
        raised = await self._connection.execute(insert(alerts), row_of_alert(event, event_id, mode))
        alert_id = new_id(raised)
        await self._connection.execute(
            insert(deliveries),
            [
                {
                    "alert_id": alert_id,
                    "destination": str(destination),
                    "loudness": loudness.value,
                    "state": DeliveryState.PENDING.value,
                    "attempts": 0,
                    "next_at": event.at,
                    "error": "",
                }
                for destination, loudness in targets
            ],
        )
