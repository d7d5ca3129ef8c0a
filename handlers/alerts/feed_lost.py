"""The signal server is out of reach."""

from core.domain.delivery import Alert
from core.domain.events import FeedLost
from core.domain.replies import Reply
from handlers import texts

EVENT = FeedLost


def render(event: FeedLost, alert: Alert) -> Reply:
    """Return since when and why; open positions do not depend on it."""
    lines = (
        f"Out of reach since {texts.time(event.since_at, alert.created_at)}: {event.reason.rstrip('.')}.",
        "No wave is traded until it is back. Open positions stay guarded.",
    )
    return Reply(title=f"Feed lost: {event.source}", lines=lines)
