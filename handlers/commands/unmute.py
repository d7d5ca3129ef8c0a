"""`/unmute`: let alerts of this chat come again; what was held back is told at once."""

from collections.abc import Sequence

from core.domain.delivery import Mute
from core.domain.people import Role
from core.domain.replies import Reply
from handlers import texts
from handlers.arguments import choose, is_all
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.mute_state import active_mutes, here, record_text, state_reply, words
from handlers.pickers import word_picker


async def run(request: Request) -> Answer:
    """End the mute that is named, or the only one there is; several and no name: ask which."""
    services = request.services
    chat = here(request)
    if len(request.arguments) > 1:
        raise UsageError("One kind at a time, or all.")
    before = await active_mutes(services, chat)
    if not before:
        return Answer(reply=state_reply(services, before))
    if not request.arguments and len(before) > 1:
        return Answer(reply=_which(before))
    kind = _kind(request.arguments, before)
    async with services.units.writing() as unit:
        ended = await unit.mutes.end(chat, kind, services.clock.now())
    after = await active_mutes(services, chat)
    first = f"{texts.listing(words(mute.kind) for mute in ended).capitalize()}: told again." if ended else ""
    reply = state_reply(services, after, first=[first] if first else [])
    return Answer(reply=reply, before=record_text(before), after=record_text(after))


def _kind(arguments: Sequence[str], active: Sequence[Mute]) -> str | None:
    """Return the kind that is meant; None is all of them."""
    if not arguments or is_all(arguments[0]):
        return None
    return choose(arguments[0].replace("-", "_"), [mute.kind for mute in active])


def _which(active: Sequence[Mute]) -> Reply:
    options = [("All of them", "/unmute all"), *((words(mute.kind), f"/unmute {mute.kind}") for mute in active)]
    return Reply(picker=word_picker("Which kind is to be told here again?", options))


COMMAND = Command(
    name="unmute",
    summary="Let muted alerts come again in this chat",
    run=run,
    role=Role.OPERATOR,
    usage="[kind|all]",
    examples=("/unmute stop_moved", "/unmute all"),
    works_late=True,
    section="act",
)
