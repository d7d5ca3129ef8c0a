"""A chat that was lost takes our messages again."""

from core.domain.delivery import Alert
from core.domain.events import DeliveryRestored
from core.domain.replies import Reply, Tone

EVENT = DeliveryRestored


def render(event: DeliveryRestored, _alert: Alert) -> Reply:
    """Return which chat it is."""
    return Reply(title=f"{event.destination} takes messages again", tone=Tone.GOOD)
