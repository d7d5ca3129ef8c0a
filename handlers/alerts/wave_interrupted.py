"""A wave that the end of the process cut off."""

from core.domain.delivery import Alert
from core.domain.events import WaveInterrupted
from core.domain.replies import Button, Reply
from handlers import texts

EVENT = WaveInterrupted


def render(event: WaveInterrupted, alert: Alert) -> Reply:
    """Return what was placed, and that the rest is not continued."""
    key = texts.wave_key(event.wave_at)
    placed = f"{texts.count(event.placed, 'order')} placed and settled"
    left = f"{texts.count(event.not_continued, 'signal')} not continued"
    return Reply(
        title=f"Wave {texts.time(event.wave_at, alert.created_at)} was interrupted",
        lines=(f"The bot stopped in the middle of it: {placed}, {left}.",),
        buttons=((Button(label="Signals", command=f"/wave {key}"), Button(label="Positions", command="/positions")),),
    )
