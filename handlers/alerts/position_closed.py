"""A position ended, with its result."""

from core.domain.delivery import Alert
from core.domain.events import PositionClosed
from core.domain.replies import Reply, Tone
from handlers import labels, texts

EVENT = PositionClosed


def render(event: PositionClosed, _alert: Alert) -> Reply:
    """Return the result first, its reason in a line, the way there in another."""
    reason = labels.EXIT_REASONS[event.reason][1]
    if event.author:
        reason += f" ({labels.author(event.author)})"
    prices = f"{texts.price(event.entry_price)} → {texts.price(event.exit_price)}"
    return Reply(
        title=f"{event.symbol} {event.side.value.upper()} closed #{event.position_id}: {texts.money(event.pnl_quote)}",
        tone=Tone.GOOD if event.pnl_quote >= 0 else Tone.BAD,
        lines=(
            f"{texts.percent(event.return_ratio)}: {reason}.",
            f"{prices} in {texts.age(event.held)}, fees {texts.cost(event.fees_quote)}.",
        ),
    )
