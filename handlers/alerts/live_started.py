"""The process trades with money."""

from collections.abc import Iterator

from core.domain.delivery import Alert
from core.domain.events import LiveStarted
from core.domain.replies import Button, Field, Reply
from handlers import labels, texts

EVENT = LiveStarted
HOW_TO_STOP = (
    "To stop: /pause holds new entries back, /mode hold takes the release back, /closeall closes what is open. "
    "The stops at the venue stand whatever happens here."
)


def render(event: LiveStarted, alert: Alert) -> Reply:
    """Return where money is at stake, how much of it, whether entries are made, and how to stop."""
    return Reply(
        title="Started with REAL MONEY",
        lines=(f"Wavehelm trades live on {texts.listing(map(labels.scope, event.exchanges))}.", HOW_TO_STOP),
        fields=tuple(_fields(event, alert)),
        buttons=((Button(label="Pause", command="/pause"), Button(label="Mode", command="/mode")),),
    )


def _fields(event: LiveStarted, alert: Alert) -> Iterator[Field]:
    yield Field(name="Entries", value=_entries(event, alert))
    yield Field(name="Size", value="not set" if event.size_quote is None else f"{texts.size(event.size_quote)} each")
    yield Field(name="Leverage", value=str(event.leverage))
    told = {exchange: (total, free) for exchange, total, free in event.balances}
    for exchange in event.exchanges:
        money = told.get(exchange)
        value = "does not answer" if money is None else f"{texts.size(money[0])}, {texts.size(money[1])} free"
        yield Field(name=f"Balance {labels.scope(exchange)}", value=value)


def _entries(event: LiveStarted, alert: Alert) -> str:
    if event.released_by is None:
        return "HELD BACK until somebody confirms /mode live"
    since = f", {texts.time(event.released_at, alert.created_at)}" if event.released_at else ""
    return f"released by {labels.author(event.released_by)}{since}"
