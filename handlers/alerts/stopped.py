"""The process ends in order."""

from core.domain.delivery import Alert
from core.domain.events import Stopped
from core.domain.replies import Reply
from handlers import texts

EVENT = Stopped


def render(event: Stopped, _alert: Alert) -> Reply:
    """Return why it ends and what it leaves open."""
    left = texts.count(event.open_positions, "position")
    stays = f"{left} open; the stops at the venue stand." if event.open_positions else "No position is open."
    return Reply(title="Stopped", lines=(f"Reason: {event.reason}.", stays))
