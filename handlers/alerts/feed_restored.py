"""The signal server is back."""

from core.domain.delivery import Alert
from core.domain.events import FeedRestored
from core.domain.replies import Reply, Tone
from handlers import texts

EVENT = FeedRestored


def render(event: FeedRestored, _alert: Alert) -> Reply:
    """Return how long it was away."""
    lines = (f"Back after {texts.age(event.outage)}. Waves are traded again.",)
    return Reply(title=f"Feed restored: {event.source}", tone=Tone.GOOD, lines=lines)
