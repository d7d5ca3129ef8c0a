"""`/pause`: hold entries back; exits and stops are never touched, and pausing twice changes nothing."""

from collections.abc import Collection, Sequence

from core.domain.market import ExchangeRef
from core.domain.pauses import EVERYTHING
from core.domain.people import Role
from handlers.arguments import nearest_symbol, read_scope, take_duration
from handlers.invocation import Answer, Command, Request
from handlers.lookups import known_symbols
from handlers.pause_state import active_pauses, record_text, state_reply


async def run(request: Request) -> Answer:
    """Pause and answer with the resulting state; words that name no scope pause everything and are the reason."""
    services = request.services
    known = await known_symbols(services) if request.arguments else ()
    scope, rest = _split(request.arguments, services.exchanges, known)
    duration, words = take_duration(rest)
    before = await active_pauses(services)
    await services.desk.pause(
        scope,
        reason=" ".join(words)[:200],
        author=request.invocation.person.signature,
        until_at=services.clock.now() + duration if duration else None,
    )
    after = await active_pauses(services)
    reply = state_reply(services, after, first=_unseen(scope, services.exchanges, known))
    return Answer(reply=reply, before=record_text(before), after=record_text(after))


def _split(words: Sequence[str], exchanges: Sequence[ExchangeRef], known: Collection[str]) -> tuple[str, Sequence[str]]:
    """Return the scope and the words behind it; in doubt the widest scope, because that is safe."""
    scope = read_scope(words[0], exchanges, known) if words else None
    return (EVERYTHING, words) if scope is None else (scope, words[1:])


def _unseen(scope: str, exchanges: Sequence[ExchangeRef], known: Collection[str]) -> tuple[str, ...]:
    """Return a warning if the scope is a symbol that nobody has seen: it is paused, but may be misspelt."""
    if scope == EVERYTHING or scope in known or any(ref.name == scope for ref in exchanges):
        return ()
    guess = nearest_symbol(scope, known)
    return (f"No signal of {scope} has been seen{f'; did you mean {guess}?' if guess else '.'}",)


COMMAND = Command(
    name="pause",
    summary="Hold new entries back; open positions stay guarded",
    run=run,
    role=Role.OPERATOR,
    usage="[exchange|SYMBOL|all] [for 2h] [reason]",
    examples=("/pause", "/pause binance for 2h news", "/pause SOL"),
    aliases=("stop",),
    is_everyday=True,
    works_late=True,
    section="act",
)
