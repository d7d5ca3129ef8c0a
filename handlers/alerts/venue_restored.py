"""A venue takes our calls again."""

from core.domain.delivery import Alert
from core.domain.events import VenueRestored
from core.domain.replies import Reply, Tone
from handlers import texts

EVENT = VenueRestored


def render(event: VenueRestored, _alert: Alert) -> Reply:
    """Return how long it did not."""
    lines = (f"It takes our calls again after {texts.age(event.outage)}.",)
    return Reply(title="The venue answers again", tone=Tone.GOOD, lines=lines)
