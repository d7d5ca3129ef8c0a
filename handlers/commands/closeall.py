"""`/closeall`: close many positions at market, one after another; how an order is placed belongs to the desk."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.people import Role
from core.domain.positions import Position
from core.domain.replies import Reply, Tone
from handlers import closings, labels, texts
from handlers.arguments import find_exchange, is_all, nearest
from handlers.invocation import Answer, Command, Preview, Request, UsageError
from handlers.lookups import live_named, read_id
from handlers.services import Services
from handlers.valuations import value

_RESULTS = {"profitable": "in profit", "losing": "at a loss"}


async def preview(request: Request) -> Preview | Answer:
    """Return the list of what would be closed; the act is bound to exactly these positions."""
    services = request.services
    chosen, what = await _chosen(request)
    if not chosen:
        return Answer(reply=_reply(services, f"No position is open{what}; nothing to close."))
    words = " ".join(["/closeall", *(f"#{position.id}" for position in chosen)])
    reply = closings.proposal(chosen, f"Close all positions{what}?", services)
    note = await _still_opening(services)
    return Preview(reply=replace(reply, lines=reply.lines + note), words=words, state=closings.state(chosen))


async def run(request: Request) -> Answer:
    """Close the positions that are named and answer with what came of each, and with what is open still."""
    services = request.services
    chosen, _ = await _chosen(request)
    if not chosen:
        return Answer(reply=_reply(services, "None of these positions is open any more."))
    done = await closings.close_each(chosen, services, request.invocation.person.signature)
    left = await closings.still_live(chosen, services)
    return Answer(
        reply=closings.result(done, left, services),
        before="; ".join(closings.record(position) for position in chosen),
        after="; ".join(closings.record(position) for position in left) or "none of them is open",
    )


async def _chosen(request: Request) -> tuple[Sequence[Position], str]:
    """Return the live positions that are meant, by id, and the words for them."""
    services = request.services
    words = request.arguments
    async with services.units.reading() as unit:
        live = sorted(filter(_has_coins, await unit.positions.live()), key=lambda position: position.id)
    if not words or (len(words) == 1 and is_all(words[0])):
        return live, ""
    ids = [read_id(word) for word in words]
    if None not in ids:
        return [position for position in live if position.id in ids], " of those named"
    if len(words) == 1:
        exchange = find_exchange(words[0], services.exchanges)
        if exchange is not None:
            on_it = [position for position in live if position.exchange == exchange.name]
            return on_it, f" on {labels.title_of(exchange.name, services.exchanges)}"
        if words[0].lower() in _RESULTS:
            return _by_result(live, services, words[0].lower()), f" {_RESULTS[words[0].lower()]}"
    return await _named(services, words)


def _by_result(live: Sequence[Position], services: Services, wanted: str) -> Sequence[Position]:
    """Return the positions that would close with a profit, or with a loss; those without a price are neither."""
    valued = [value(position, services.prices, services.fee) for position in live]
    known = [(each.position, each.pnl_quote) for each in valued if each.pnl_quote is not None]
    return [position for position, pnl in known if (pnl > 0 if wanted == "profitable" else pnl < 0)]


async def _named(services: Services, words: Sequence[str]) -> tuple[Sequence[Position], str]:
    """Return the live positions of several symbols or ids."""
    found: dict[int, Position] = {}
    for word in words:
        try:
            found |= {position.id: position for position in filter(_has_coins, await live_named(services, word))}
        except UsageError:
            guess = nearest(word, [*_RESULTS, *(exchange.name for exchange in services.exchanges)])
            if guess is None:
                raise
            raise UsageError(f"{texts.quoted(word)}: did you mean {guess}? It stands alone.") from None
    return [found[key] for key in sorted(found)], f" of {texts.listing(word.upper() for word in words)}"


def _has_coins(position: Position) -> bool:
    """Return False for a position that is only opening: there is nothing to close yet."""
    return position.quantity > 0


async def _still_opening(services: Services) -> tuple[str, ...]:
    """Return a line about positions that are only opening, which are never among those that are closed."""
    async with services.units.reading() as unit:
        opening = sum(not _has_coins(position) for position in await unit.positions.live())
    return (f"Not among them: {texts.count(opening, 'position')} still opening.",) if opening else ()


def _reply(services: Services, line: str) -> Reply:
    return Reply(banner=texts.banner(services.mode), tone=Tone.NOTICE, lines=(line,))


COMMAND = Command(
    name="closeall",
    summary="Close many positions at market",
    run=run,
    preview=preview,
    role=Role.OPERATOR,
    usage="[exchange|profitable|losing|SYMBOLS]",
    examples=("/closeall losing", "/closeall binance", "/closeall SOL ETH"),
    section="act",
)
