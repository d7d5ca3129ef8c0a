"""The process ends in order."""

from core.domain.delivery import Alert
from core.domain.events import Stopped
from core.domain.market import TradingMode
from core.domain.replies import Reply
from handlers import texts

EVENT = Stopped


def render(event: Stopped, alert: Alert) -> Reply:
    """Return why it ends, what it leaves open, and what guards that meanwhile."""
    left = texts.count(event.open_positions, "position")
    on_paper = alert.mode is TradingMode.PAPER
    guarded = "on paper nothing guards them until the next start" if on_paper else "the stops at the venue stand"
    stays = f"{left} open; {guarded}." if event.open_positions else "No position is open."
    return Reply(title="Stopped", lines=(f"Reason: {event.reason}.", stays))
