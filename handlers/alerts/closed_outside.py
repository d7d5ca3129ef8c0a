"""A position that is gone at the venue, and not by us."""

from core.domain.delivery import Alert
from core.domain.events import ClosedOutside
from core.domain.replies import Button, Reply

EVENT = ClosedOutside


def render(event: ClosedOutside, _alert: Alert) -> Reply:
    """Return that it was closed elsewhere, and whether its result is known."""
    guessed = ("The venue does not tell at which price, so the result is an estimate.",) if event.is_estimate else ()
    return Reply(
        title=f"{event.symbol} was closed outside #{event.position_id}",
        lines=("The venue has no such position any more, and this bot did not close it.", *guessed),
        buttons=((Button(label="Details", command=f"/position {event.position_id}"),),),
    )
