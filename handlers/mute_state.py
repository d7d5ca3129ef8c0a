"""What is muted in a chat, for the answers of those commands that change it; holding alerts back is for the router."""

from collections.abc import Sequence

from core.domain.delivery import Destination, Mute
from core.domain.events import Event, Severity, event_types
from core.domain.replies import Button, Reply, Tone
from handlers import labels, texts
from handlers.invocation import Request, UsageError
from handlers.services import Services

MOST_LINES = 20
MOST_BUTTONS = 6


def here(request: Request) -> Destination:
    """Return the chat that was spoken in, as a destination of alerts.

    Raises:
        UsageError: alerts never come there.
    """
    try:
        return Destination.parse(request.invocation.chat)
    except ValueError:
        raise UsageError("No alert comes here; say it in the chat that is meant.") from None


def kinds() -> dict[str, type[Event]]:
    """Return the kinds of alerts that may be muted: all but the critical ones."""
    return {kind: event for kind, event in event_types().items() if event.severity < Severity.CRITICAL}


def words(kind: str) -> str:
    """Return a kind as people read it."""
    return kind.replace("_", " ")


async def active_mutes(services: Services, chat: Destination) -> Sequence[Mute]:
    """Return what is muted in `chat` now."""
    async with services.units.reading() as unit:
        return await unit.mutes.active(services.clock.now(), chat)


def record_text(active: Sequence[Mute]) -> str:
    """Return mutes as the audit keeps them: kinds and ends."""
    return "; ".join(f"{mute.kind} until {mute.until_at.isoformat()}" for mute in active) or "nothing muted"


def state_reply(services: Services, active: Sequence[Mute], *, first: Sequence[str] = ()) -> Reply:
    """Return what is muted here as an answer, with a press for each that would end it; `first` leads it."""
    now = services.clock.now()
    lines = [
        f"{words(mute.kind)}: until {texts.time(mute.until_at, now)} ({texts.age(mute.until_at - now)} left)"
        f", by {labels.author(mute.author)}"
        for mute in active[:MOST_LINES]
    ]
    if len(active) > MOST_LINES:
        lines.append(f"and {len(active) - MOST_LINES} more")
    last = ["What they hold back comes as one message then; critical alerts always come."] if active else []
    buttons = [Button(label=f"Unmute {words(mute.kind)}", command=f"/unmute {mute.kind}") for mute in active]
    shown = buttons[:MOST_BUTTONS]
    return Reply(
        title=f"{texts.count(len(active), 'kind')} muted here" if active else "Nothing is muted here",
        tone=Tone.NOTICE if active else Tone.GOOD,
        lines=(*first, *lines, *last),
        buttons=tuple(tuple(shown[index : index + 2]) for index in range(0, len(shown), 2)),
    )
