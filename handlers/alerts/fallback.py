"""An event that has no module of its own: its kind and its facts as they are."""

from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.delivery import Alert
from core.domain.events import Event
from core.domain.replies import Field, Reply
from handlers import texts

EVENT = Event


def render(event: Event, alert: Alert) -> Reply:
    """Return every fact of `event` by name."""
    facts = [
        Field(name=field.name.replace("_", " "), value=_shown(getattr(event, field.name), alert.created_at))
        for field in fields(event)
        if field.name not in {"at", "exchange"}
    ]
    return Reply(title=alert.kind.replace("_", " ").capitalize(), fields=tuple(facts))


def _shown(value: object, now: datetime) -> str:
    if isinstance(value, datetime):
        return texts.time(value, now)
    if isinstance(value, timedelta):
        return texts.age(value)
    if isinstance(value, Decimal):
        return texts.number(value)
    if isinstance(value, tuple):
        return texts.listing(_shown(item, now) for item in value)
    return "-" if value is None else str(value)
