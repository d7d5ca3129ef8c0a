"""`/mute`: hold one kind of alerts back in this chat for a time; critical ones always come."""

from datetime import timedelta

from core.domain.delivery import Mute
from core.domain.events import event_types
from core.domain.people import Role
from core.domain.replies import Reply
from handlers import texts
from handlers.arguments import choose, take_duration
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.mute_state import active_mutes, here, kinds, record_text, state_reply, words
from handlers.pickers import word_picker
from handlers.services import Services

LOOKED_AT = 50
LONGEST = timedelta(days=7)


async def run(request: Request) -> Answer:
    """Mute the kind that is named and answer with all that is muted here; without a name, ask which."""
    services = request.services
    chat = here(request)
    if not request.arguments:
        return Answer(reply=await _which(services))
    kind = _read_kind(request.arguments[0])
    duration = _read_duration(request.arguments[1:])
    before = await active_mutes(services, chat)
    mute = Mute(
        destination=chat,
        kind=kind,
        until_at=services.clock.now() + duration,
        author=request.invocation.person.signature,
    )
    async with services.units.writing() as unit:
        await unit.mutes.put(mute)
    after = await active_mutes(services, chat)
    reply = state_reply(services, after)
    return Answer(reply=reply, before=record_text(before), after=record_text(after))


def _read_kind(word: str) -> str:
    kind = choose(word.replace("-", "_"), event_types())
    if kind not in kinds():
        raise UsageError(f"{words(kind).capitalize()} is critical, and what is critical is always told.")
    return kind


def _read_duration(rest: tuple[str, ...]) -> timedelta:
    duration, others = take_duration(rest)
    if others:
        raise UsageError(f"{texts.quoted(others[0])} is too much: a kind and a time.")
    if duration is None:
        raise UsageError("Say for how long: for 1h, for 7d at most.")
    if duration > LONGEST:
        raise UsageError(f"{texts.age(duration)} is too long; 7d at most.")
    return duration


async def _which(services: Services) -> Reply:
    """Return the question which of the kinds that were told last is to be muted for an hour."""
    async with services.units.reading() as unit:
        recent = await unit.alerts.recent(LOOKED_AT)
    known = kinds()
    seen = [kind for kind in dict.fromkeys(alert.kind for alert in recent) if kind in known]
    if not seen:
        raise UsageError("No alert that could be muted has been told yet. Name a kind and a time.")
    options = [(words(kind), f"/mute {kind} for 1h") for kind in seen]
    return Reply(picker=word_picker("Which kind is to be muted here for an hour?", options))


COMMAND = Command(
    name="mute",
    summary="Hold one kind of alerts back in this chat",
    run=run,
    role=Role.OPERATOR,
    usage="[kind for 1h]",
    examples=("/mute stop_moved for 1h", "/mute"),
    section="act",
)
