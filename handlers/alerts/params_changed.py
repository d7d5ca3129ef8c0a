"""Params moved by more than the alert threshold."""

from core.domain.delivery import Alert
from core.domain.events import ParamsChanged
from core.domain.replies import Button, Field, Reply
from handlers import labels, texts

EVENT = ParamsChanged


def render(event: ParamsChanged, alert: Alert) -> Reply:
    """Return old and new value of each, and who changed it."""
    fields = tuple(
        Field(name=labels.PARAM_TITLES.get(name, name), value=f"{labels.param(name, old)} → {labels.param(name, new)}")
        for name, old, new in event.changes
    )
    by = f"By wave {texts.time(event.wave_at, alert.created_at)}." if event.wave_at else f"By a {event.source}."
    if event.author:
        by = f"By {labels.author(event.author)}."
    history = f"/params history {event.exchange}" if event.exchange else "/params history"
    return Reply(
        title="Params changed", lines=(by,), fields=fields, buttons=((Button(label="History", command=history),),)
    )
