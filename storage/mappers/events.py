"""Events, alerts and what tells them as rows; an event's own fields are JSON, exact numbers and durations as texts."""

import msgspec

from core.domain.cards import Card
from core.domain.delivery import Alert, CardUpdate, Delivery, Destination, Loudness
from core.domain.errors import Bug
from core.domain.events import Event, Severity, event_types
from core.domain.market import TradingMode
from storage.rows import AnyRow, Values


def row_of_event(event: Event) -> Values:
    """Return the row of an event."""
    return {
        "kind": event.kind,
        "at": event.at,
        "exchange": event.exchange,
        "payload": msgspec.json.encode(event).decode(),
    }


def event_of(kind: str, payload: str) -> Event:
    """Return the event that `payload` was written from.

    Raises:
        Bug: there is no such kind of event, or the payload is not one of it.
    """
    try:
        return msgspec.json.decode(payload, type=event_types()[kind])
    except (KeyError, msgspec.MsgspecError) as error:
        raise Bug(f"a stored event of kind {kind!r} cannot be read: {error}") from error


def row_of_alert(event: Event, event_id: int, mode: TradingMode) -> Values:
    """Return the row of the alert that `event` raises."""
    return {
        "kind": event.kind,
        "severity": event.severity.name.lower(),
        "mode": mode.value,
        "created_at": event.at,
        "event_id": event_id,
    }


def alert_of(row: AnyRow) -> Alert:
    """Return the alert of a row that also has `alert_id` and the event's `payload`."""
    return Alert(
        id=row.alert_id,
        kind=row.kind,
        severity=Severity[row.severity.upper()],
        mode=TradingMode(row.mode),
        created_at=row.created_at,
        event=event_of(row.kind, row.payload),
        acked_by=row.acked_by,
        acked_at=row.acked_at,
    )


def delivery_of(row: AnyRow) -> Delivery:
    """Return the delivery of a row that also has the columns of its alert, and its card's message as `thread_ref`."""
    return Delivery(
        id=row.id,
        alert=alert_of(row),
        destination=Destination.parse(row.destination),
        loudness=Loudness(row.loudness),
        attempts=row.attempts,
        thread_ref=row.thread_ref,
        has_fallback=row.fallback is not None,
    )


def card_update_of(row: AnyRow) -> CardUpdate:
    """Return the update of a card's row that also has the columns of its newest alert, empty if there is none."""
    return CardUpdate(
        card=Card.parse(row.card),
        destination=Destination.parse(row.destination),
        loudness=Loudness(row.loudness),
        version=row.version,
        message_ref=row.message_ref,
        sent_at=row.sent_at,
        alert=None if row.alert_id is None else alert_of(row),
        attempts=row.attempts,
    )
