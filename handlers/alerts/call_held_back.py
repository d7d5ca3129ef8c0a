"""A call to a venue fails again and again."""

from core.domain.delivery import Alert
from core.domain.events import CallHeldBack
from core.domain.replies import Button, Reply
from handlers import texts

EVENT = CallHeldBack
_CALLS = {
    "entry": "Entering",
    "exit": "Closing",
    "stop": "Placing the stop of",
    "first_stop": "Placing the stop of",
    "leverage": "Setting the leverage of",
}


def render(event: CallHeldBack, _alert: Alert) -> Reply:
    """Return what is not tried for a while, and why the venue refuses it."""
    what = f"{_CALLS.get(event.call, event.call)} {event.symbol}"
    return Reply(
        title="The venue refuses again and again",
        lines=(
            f"{what} fails and is tried less often.",
            f"It says: {texts.cut(event.detail, 300)}",
        ),
        buttons=((Button(label="Positions", command="/positions"),),),
    )
