"""The venue itself closed a position, or part of it."""

from core.domain.delivery import Alert
from core.domain.events import PositionLiquidated
from core.domain.replies import Button, Reply
from handlers import texts

EVENT = PositionLiquidated


def render(event: PositionLiquidated, _alert: Alert) -> Reply:
    """Return what the venue took, and what is left."""
    left = f"{texts.quantity(event.left)} left" if event.left else "nothing is left"
    return Reply(
        title=f"{event.symbol} {event.side.value.upper()} liquidated #{event.position_id}",
        lines=(
            f"The venue itself closed {texts.quantity(event.quantity)} at {texts.price(event.price)}, {left}.",
            "The margin was gone before the stop was reached, or others' losses were spread (auto-deleveraging).",
        ),
        buttons=((Button(label="Details", command=f"/position {event.position_id}"),),),
    )
