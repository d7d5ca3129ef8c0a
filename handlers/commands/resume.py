"""`/resume`: take entries again; resuming what is not paused changes nothing."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.pauses import EVERYTHING, Pause
from core.domain.people import Role
from handlers import labels, texts
from handlers.arguments import find_symbol, read_scope
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.lookups import known_symbols
from handlers.pause_state import active_pauses, record_text, state_reply
from handlers.services import Services


async def run(request: Request) -> Answer:
    """End the pause that is named and answer with the resulting state; several pauses and no name: ask which."""
    services = request.services
    before = await active_pauses(services)
    scope = await _scope(request, before)
    if scope is None:
        which = "More than one pause is in force; which one is to end?"
        return Answer(reply=replace(state_reply(services, before, first=(which,)), title="Resume what?"))
    ended = await services.desk.resume(scope, author=request.invocation.person.signature)
    after = await active_pauses(services)
    reply = state_reply(services, after, first=_done(scope, ended, after, services))
    return Answer(reply=reply, before=record_text(before), after=record_text(after))


async def _scope(request: Request, active: Sequence[Pause]) -> str | None:
    """Return the scope to resume; without a word the only one there is, None when there are several."""
    if len(request.arguments) > 1:
        raise UsageError("One scope at most.")
    scopes = list(dict.fromkeys(pause.scope for pause in active))
    if not request.arguments:
        return (scopes or [EVERYTHING])[0] if len(scopes) <= 1 else None
    word = request.arguments[0]
    services = request.services
    held = find_symbol(word, scopes)
    scope = held or read_scope(word, services.exchanges, await known_symbols(services))
    if scope is None:
        raise UsageError(f"{texts.quoted(word)} is neither an exchange nor a symbol seen here, nor all.")
    return scope


def _done(scope: str, ended: Sequence[Pause], after: Sequence[Pause], services: Services) -> tuple[str, ...]:
    name = labels.scope(scope, services.exchanges)
    if not ended:
        return (f"There was no pause of {name}.",)
    wider = scope != EVERYTHING and any(pause.scope == EVERYTHING for pause in after)
    line = f"The pause of {name} is over." if scope != EVERYTHING else "Resumed."
    return (f"{line} It is still held back by the pause of everything.",) if wider else (line,)


COMMAND = Command(
    name="resume",
    summary="Take entries again",
    run=run,
    role=Role.OPERATOR,
    usage="[exchange|SYMBOL|all]",
    examples=("/resume", "/resume binance"),
    is_everyday=True,
    section="act",
)
