"""An unknown order was looked up."""

from core.domain.delivery import Alert
from core.domain.events import OrderSettled
from core.domain.replies import Field, Reply

EVENT = OrderSettled


def render(event: OrderSettled, _alert: Alert) -> Reply:
    """Return whether it was filled after all."""
    outcome = "was filled" if event.was_filled else "was never executed"
    return Reply(
        title=f"{event.symbol} {event.leg}: settled",
        lines=(f"The order whose outcome was unknown {outcome}.",),
        fields=(Field(name="Order", value=event.client_order_id),),
    )
