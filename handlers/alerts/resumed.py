"""Entries are taken again."""

from core.domain.delivery import Alert
from core.domain.events import Resumed
from core.domain.replies import Reply, Tone
from handlers import labels

EVENT = Resumed


def render(event: Resumed, _alert: Alert) -> Reply:
    """Return what runs again, by whose word."""
    line = f"By {labels.author(event.author)}. New waves are traded."
    return Reply(title=f"Resumed: {labels.scope(event.scope)}", tone=Tone.GOOD, lines=(line,))
