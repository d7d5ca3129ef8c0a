"""Part of a position was closed."""

from core.domain.delivery import Alert
from core.domain.events import PositionReduced
from core.domain.replies import Button, Reply
from handlers import labels, texts

EVENT = PositionReduced


def render(event: PositionReduced, _alert: Alert) -> Reply:
    """Return how much was closed at which price, and what is left."""
    closed = f"{texts.quantity(event.quantity)} closed at {texts.price(event.price)}"
    line = f"{closed}, {texts.quantity(event.left)} left: {labels.EXIT_REASONS[event.reason][1]}."
    return Reply(
        title=f"{event.symbol} {event.side.value.upper()} reduced #{event.position_id}",
        lines=(line,),
        buttons=((Button(label="Details", command=f"/position {event.position_id}"),),),
    )
