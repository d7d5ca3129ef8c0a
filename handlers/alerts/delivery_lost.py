"""A chat that takes nothing from us any more."""

from core.domain.delivery import Alert
from core.domain.events import DeliveryLost
from core.domain.replies import Button, Reply
from handlers import texts

EVENT = DeliveryLost


def render(event: DeliveryLost, _alert: Alert) -> Reply:
    """Return which chat it is, what its platform said, and what a person can do about it."""
    said = (f"The platform says: {texts.cut(event.error, 300)}",) if event.error else ()
    return Reply(
        title=f"{event.destination} takes no messages any more",
        lines=(
            *said,
            "Alerts for it go to its fallback, if it has one. Let the bot in again, or change the routes.",
        ),
        buttons=((Button(label="Health", command="/health"),),),
    )
