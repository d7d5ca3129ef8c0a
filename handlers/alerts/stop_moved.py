"""The protective stop stands at a better price."""

from core.domain.delivery import Alert
from core.domain.events import StopMoved
from core.domain.replies import Reply
from handlers import texts

EVENT = StopMoved


def render(event: StopMoved, _alert: Alert) -> Reply:
    """Return where the stop was and where it is."""
    old = f"{texts.price(event.old_price)} → " if event.old_price else ""
    return Reply(
        title=f"{event.symbol} stop moved #{event.position_id}", lines=(f"{old}{texts.price(event.new_price)}",)
    )
