"""The end of a wave; its words are shared with the card of the wave."""

from core.domain.delivery import Alert
from core.domain.events import WaveFinished
from core.domain.replies import Reply
from handlers.wave_words.finished import finished

EVENT = WaveFinished


def render(event: WaveFinished, alert: Alert) -> Reply:
    """Return how the wave ended, seen when the alert was made."""
    return finished(event, alert.created_at)
