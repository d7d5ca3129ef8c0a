"""Part of a position was closed."""

from core.domain.delivery import Alert
from core.domain.events import PositionReduced
from core.domain.replies import Button, Field, Reply
from handlers import labels, texts

EVENT = PositionReduced


def render(event: PositionReduced, _alert: Alert) -> Reply:
    """Return how much was closed at which price, and what is left."""
    fields = (
        Field(name="Closed", value=f"{texts.quantity(event.quantity)} at {texts.price(event.price)}"),
        Field(name="Left", value=texts.quantity(event.left)),
        Field(name="Reason", value=labels.EXIT_REASONS[event.reason][1]),
    )
    return Reply(
        title=f"{event.symbol} {event.side.value.upper()} reduced #{event.position_id}",
        fields=fields,
        buttons=((Button(label="Details", command=f"/position {event.position_id}"),),),
    )
