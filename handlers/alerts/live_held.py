"""Live entries are held back."""

from core.domain.delivery import Alert
from core.domain.events import LiveHeld
from core.domain.replies import Button, Reply
from handlers import labels

EVENT = LiveHeld


def render(event: LiveHeld, _alert: Alert) -> Reply:
    """Return who holds them back; exits go on."""
    lines = (f"By {labels.author(event.author)}: nothing is entered. Open positions stay guarded.",)
    button = Button(label="Mode", command="/mode")
    return Reply(title="Live trading is held back", lines=lines, buttons=((button,),))
