"""The venue refused an order."""

from core.domain.delivery import Alert
from core.domain.events import OrderRefused
from core.domain.replies import Reply
from handlers import labels

EVENT = OrderRefused


def render(event: OrderRefused, _alert: Alert) -> Reply:
    """Return which order, why in our words, and the venue's own sentence."""
    reasons = {reason.value: words for reason, words in labels.REFUSALS.items()}
    reason = reasons.get(event.reason, event.reason.replace("_", " "))
    detail = (f"The venue says: {event.detail}",) if event.detail else ()
    title = f"{event.symbol} {event.side} {event.leg} refused"
    return Reply(title=title, lines=(f"{reason[:1].upper()}{reason[1:]}.", *detail))
