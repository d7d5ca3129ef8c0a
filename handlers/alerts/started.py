"""The process is ready."""

from core.domain.delivery import Alert
from core.domain.events import Started
from core.domain.replies import Button, Reply, Tone
from handlers import texts

EVENT = Started
MOST_FINDINGS = 15


def render(event: Started, _alert: Alert) -> Reply:
    """Return what the recovery found, and where to look."""
    found = event.found[:MOST_FINDINGS]
    more = len(event.found) - len(found)
    lines = (
        f"Wavehelm {event.version} is ready, {texts.count(event.open_positions, 'position')} open.",
        *found,
        *((f"And {more} more findings.",) if more > 0 else ()),
    )
    tone = Tone.NOTICE if found else Tone.PLAIN
    return Reply(title="Started", tone=tone, lines=lines, buttons=((Button(label="Status", command="/status"),),))
