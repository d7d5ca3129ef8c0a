"""An order of which nobody knows yet what became."""

from core.domain.delivery import Alert
from core.domain.events import OrderUnknown
from core.domain.replies import Field, Reply

EVENT = OrderUnknown


def render(event: OrderUnknown, _alert: Alert) -> Reply:
    """Return which order it is, and that it is being looked up."""
    fields = [Field(name="Order", value=event.client_order_id)]
    if event.detail:
        fields.append(Field(name="Detail", value=event.detail))
    return Reply(
        title=f"{event.symbol} {event.side} {event.leg}: outcome unknown",
        lines=("The order was sent and no clear answer came. It is being looked up and is not sent again.",),
        fields=tuple(fields),
    )
