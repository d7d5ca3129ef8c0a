"""A wave waits for a veto; its words are shared with the card of the wave."""

from core.domain.delivery import Alert
from core.domain.events import WaveWaiting
from core.domain.replies import Reply
from handlers.wave_words.waiting import waiting

EVENT = WaveWaiting


def render(event: WaveWaiting, alert: Alert) -> Reply:
    """Return who is about to be opened and until when people may say no, seen when the alert was made."""
    return waiting(event.progress, event.until_at, alert.created_at)
