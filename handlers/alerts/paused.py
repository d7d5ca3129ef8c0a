"""Entries are held back."""

from core.domain.delivery import Alert
from core.domain.events import Paused
from core.domain.replies import Button, Reply
from handlers import labels

EVENT = Paused


def render(event: Paused, alert: Alert) -> Reply:
    """Return what is paused by whom, until when and why."""
    name = labels.scope(event.scope)
    lines = [f"By {labels.author(event.author)}{labels.until(event.until_at, alert.created_at)}."]
    if event.reason:
        lines.append(f"Reason: {event.reason.rstrip('.')}.")
    lines.append("Open positions stay guarded.")
    button = Button(label="Resume", command=f"/resume {event.scope}")
    return Reply(title=f"Paused: {name}", lines=tuple(lines), buttons=((button,),))
