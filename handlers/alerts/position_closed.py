"""A position ended, with its result."""

from core.domain.delivery import Alert
from core.domain.events import PositionClosed
from core.domain.replies import Field, Reply, Tone
from handlers import labels, texts

EVENT = PositionClosed


def render(event: PositionClosed, _alert: Alert) -> Reply:
    """Return the result first, then the way there."""
    reason = labels.EXIT_REASONS[event.reason][1]
    if event.author:
        reason += f" ({labels.author(event.author)})"
    fields = (
        Field(name="Result", value=f"{texts.money(event.pnl_quote)} ({texts.percent(event.return_ratio)})"),
        Field(name="Reason", value=reason),
        Field(name="Price", value=f"{texts.price(event.entry_price)} → {texts.price(event.exit_price)}"),
        Field(name="Held", value=texts.age(event.held)),
        Field(name="Fees", value=texts.cost(event.fees_quote)),
    )
    return Reply(
        title=f"{event.symbol} {event.side.value.upper()} closed #{event.position_id}",
        tone=Tone.GOOD if event.pnl_quote >= 0 else Tone.BAD,
        fields=fields,
    )
