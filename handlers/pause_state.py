"""What is paused now, for the answers of those commands that change or show it; the verbs belong to the desk."""

from collections.abc import Sequence

from core.domain.market import TradingMode
from core.domain.pauses import EVERYTHING, Pause
from core.domain.replies import Button, Reply, Tone
from handlers import labels, texts
from handlers.services import Services

MOST_LINES = 12


async def active_pauses(services: Services) -> Sequence[Pause]:
    """Return the pauses in force now, the widest first."""
    now = services.clock.now()
    async with services.units.reading() as unit:
        active = await unit.pauses.active(now)
    return sorted(active, key=lambda pause: (pause.scope != EVERYTHING, pause.scope.isupper(), pause.scope))


def record_text(active: Sequence[Pause]) -> str:
    """Return the pauses as the audit keeps them: scopes and ends."""
    ends = (f"{p.scope} until {p.until_at.isoformat() if p.until_at else 'resumed'}" for p in active)
    return "; ".join(ends) or "nothing paused"


def pause_lines(services: Services, active: Sequence[Pause]) -> tuple[str, ...]:
    """Return a line for every pause."""
    now = services.clock.now()
    lines = [labels.pause(pause, services.exchanges, now) for pause in active[:MOST_LINES]]
    return (*lines, f"and {len(active) - MOST_LINES} more") if len(active) > MOST_LINES else tuple(lines)


def state_reply(services: Services, active: Sequence[Pause], *, first: Sequence[str] = ()) -> Reply:
    """Return the resulting state as an answer, with a button for every pause that could be ended; `first` leads it."""
    is_paused = any(pause.scope == EVERYTHING for pause in active)
    title = "Entries are paused" if is_paused else "Entries are partly paused" if active else "Entries run"
    new = "New waves are traded."
    if services.mode is TradingMode.LIVE:
        new = "New waves are traded as long as live trading is released: see /mode."
    last = "Open positions stay guarded; their stops are untouched." if active else new
    return Reply(
        title=title,
        banner=texts.banner(services.mode),
        tone=Tone.NOTICE if active else Tone.GOOD,
        lines=(*first, *pause_lines(services, active), last),
        buttons=resume_buttons(services, active),
    )


def resume_buttons(services: Services, active: Sequence[Pause]) -> tuple[tuple[Button, ...], ...]:
    """Return a press for each of the first pauses, and one for all when there are several."""
    scopes = dict.fromkeys(pause.scope for pause in active[:5])
    if len(scopes) > 1:
        scopes[EVERYTHING] = None
    buttons = [
        Button(label=f"Resume {labels.scope(scope, services.exchanges)}", command=f"/resume {scope}")
        for scope in scopes
    ]
    return tuple(tuple(buttons[index : index + 2]) for index in range(0, len(buttons), 2))
