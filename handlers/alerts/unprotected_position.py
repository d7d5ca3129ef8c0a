"""A position stood without a stop."""

from core.domain.delivery import Alert
from core.domain.events import UnprotectedPosition
from core.domain.replies import Button, Reply
from handlers import texts

EVENT = UnprotectedPosition


def render(event: UnprotectedPosition, _alert: Alert) -> Reply:
    """Return what is done about it, and the press that ends it at once."""
    action = texts.sentence(event.action)
    detail = (texts.sentence(event.detail),) if event.detail else ()
    return Reply(
        title=f"{event.symbol} has no stop #{event.position_id}",
        lines=(action, *detail),
        buttons=(
            (
                Button(label="Details", command=f"/position {event.position_id}"),
                Button(label="Close", command=f"/close {event.position_id}", is_danger=True),
            ),
        ),
    )
