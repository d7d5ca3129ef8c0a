"""Open positions whose price has not been seen for too long."""

from core.domain.delivery import Alert
from core.domain.events import PricesStale
from core.domain.replies import Reply
from handlers import texts

EVENT = PricesStale


def render(event: PricesStale, _alert: Alert) -> Reply:
    """Return which symbols, for how long; the stops at the venue stand meanwhile."""
    lines = (
        f"No price of {texts.listing(event.symbols)} for {texts.age(event.age)}.",
        "They are being asked for anew; the stops at the venue stand.",
    )
    return Reply(title="Prices are stale", lines=lines)
