"""Live entries begin."""

from core.domain.delivery import Alert
from core.domain.events import LiveReleased
from core.domain.replies import Button, Reply
from handlers import labels, texts

EVENT = LiveReleased


def render(event: LiveReleased, _alert: Alert) -> Reply:
    """Return who let them begin, where, and how to take that back."""
    exchanges = texts.listing(labels.scope(exchange) for exchange in event.exchanges)
    lines = (
        f"By {labels.author(event.author)}: new waves are traded with money on {exchanges}.",
        "/mode hold takes it back at once.",
    )
    button = Button(label="Hold entries", command="/mode hold")
    return Reply(title="Live trading is released", lines=lines, buttons=((button,),))
