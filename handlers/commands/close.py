"""`/close`: close a position, or a share of it, at market; how an order is placed belongs to the desk."""

from collections.abc import Sequence
from decimal import Decimal

from core.domain.money import NO_QUANTITY, ZERO, Quantity, Ratio
from core.domain.people import Role
from core.domain.positions import Position, PositionState
from core.domain.replies import Button, Reply, Tone
from handlers import labels, texts
from handlers.arguments import read_share
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.lookups import live_named
from handlers.services import Services


async def run(request: Request) -> Answer:
    """Close the position that is named and answer with what is left of it; nothing is closed in doubt."""
    services = request.services
    if not 1 <= len(request.arguments) <= 2:
        raise UsageError("Name one position, by its id or its symbol.")
    word, *rest = request.arguments
    share = read_share(rest[0]) if rest else Ratio(Decimal(1))
    found = await live_named(services, word)
    if not found:
        raise UsageError(f"No open position {texts.quoted(word)}; /positions has what is open.")
    if len(found) > 1:
        return Answer(reply=_which(found, rest, services))
    before = found[0]
    after = await services.desk.close(before.id, share=share, author=request.invocation.person.signature)
    if after is None:
        return Answer(reply=Reply(banner=texts.banner(services.mode), lines=(f"{_name(before)} is closed already.",)))
    return Answer(reply=_closed(before, after, services), before=_record(before), after=_record(after))


def _which(found: Sequence[Position], rest: Sequence[str], services: Services) -> Reply:
    """Return the question which position is meant, with a press for each."""
    share = f" {rest[0].removesuffix('%')[:10]}" if rest else ""
    buttons = tuple(
        Button(
            label=f"#{position.id} {labels.title_of(position.exchange, services.exchanges)}",
            command=f"/close {position.id}{share}",
            is_danger=True,
        )
        for position in found
    )
    line = f"{found[0].symbol} is open more than once, so nothing was closed. Name the id."
    return Reply(banner=texts.banner(services.mode), tone=Tone.NOTICE, lines=(line,), buttons=(buttons,))


def _closed(before: Position, after: Position, services: Services) -> Reply:
    banner = texts.banner(services.mode)
    if after.state is PositionState.CLOSED:
        pnl = after.pnl_quote if after.pnl_quote is not None else ZERO
        at = f" at {texts.price(after.exit_price)}" if after.exit_price else ""
        line = f"{_name(after)} closed{at}: {texts.money(pnl)} ({texts.percent(after.return_ratio or ZERO)})."
        return Reply(banner=banner, tone=Tone.GOOD if pnl >= 0 else Tone.BAD, lines=(line,), buttons=_POSITIONS)
    gone = Quantity(max(before.quantity - after.quantity, NO_QUANTITY))
    if not gone:
        line = f"{_name(after)} is {after.state.value}; nothing of it is closed yet."
        return Reply(banner=banner, tone=Tone.NOTICE, lines=(line,), buttons=_POSITIONS)
    line = f"{_name(after)}: {texts.quantity(gone)} closed, {texts.quantity(after.quantity)} still open."
    return Reply(banner=banner, tone=Tone.GOOD, lines=(line,), buttons=_POSITIONS)


_POSITIONS = ((Button(label="Positions", command="/positions"),),)


def _name(position: Position) -> str:
    return f"{position.symbol} {position.side.value} #{position.id}"


def _record(position: Position) -> str:
    return f"#{position.id} {position.symbol} {position.state.value} {texts.quantity(position.quantity)}"


COMMAND = Command(
    name="close",
    summary="Close a position, or a share of it, at market",
    run=run,
    role=Role.OPERATOR,
    usage="<id|SYMBOL> [percent]",
    examples=("/close 12", "/close SOL 50"),
    section="act",
)
