"""`/close`: close a position, or a share of it, at market; how an order is placed belongs to the desk."""

from collections.abc import Sequence
from decimal import Decimal

from core.domain.money import HUNDRED, NO_QUANTITY, ZERO, Quantity, Ratio
from core.domain.people import Role
from core.domain.positions import Position, PositionState
from core.domain.replies import Button, Field, Reply, Tone
from handlers import closings, labels, texts
from handlers.arguments import is_all, read_share
from handlers.invocation import Answer, Command, Preview, Request, UsageError
from handlers.lookups import live_named
from handlers.pickers import position_picker
from handlers.services import Services
from handlers.valuations import value

WHOLE = Ratio(Decimal(1))


async def preview(request: Request) -> Preview | Answer:
    """Return what would be closed, with the figures of now; nothing is closed in doubt."""
    services = request.services
    if not request.arguments:
        return await _choice(services)
    word, share = _wanted(request)
    found = await live_named(services, word)
    if not found:
        return _answer(services, f"No open position {texts.quoted(word)}; /positions has what is open.")
    if len(found) > 1:
        return Answer(reply=_which(found, share, services))
    position = found[0]
    if not position.quantity:
        return _answer(services, f"{closings.name(position)} is {position.state.value}; there is nothing to close yet.")
    words = f"/close {position.id}{_percents(share)}"
    return Preview(reply=_proposed(position, share, services), words=words, state=closings.state([position]))


async def run(request: Request) -> Answer:
    """Close the position that is named, look at it again, and answer with what is left of it."""
    services = request.services
    word, share = _wanted(request)
    found = await live_named(services, word)
    if len(found) != 1:
        return _answer(services, f"{texts.quoted(word)} is not one open position; nothing was closed.")
    before = found[0]
    if await services.desk.close(before.id, share=share, author=request.invocation.person.signature) is None:
        return _answer(services, f"{closings.name(before)} is closed already.")
    async with services.units.reading() as unit:
        after = await unit.positions.get(before.id) or before
    return Answer(reply=_closed(before, after, services), before=closings.record(before), after=closings.record(after))


def _wanted(request: Request) -> tuple[str, Ratio]:
    """Return what is to be closed, and how much of it."""
    if not 1 <= len(request.arguments) <= 2:
        raise UsageError("Name one position, by its id or its symbol.")
    word, *rest = request.arguments
    if is_all(word):
        raise UsageError("To close everything, use /closeall.")
    return word, read_share(rest[0]) if rest else WHOLE


def _percents(share: Ratio) -> str:
    """Return a share as the second word of the command; nothing for all of it."""
    return "" if share == WHOLE else f" {(share * HUNDRED).normalize():f}"


def _answer(services: Services, line: str) -> Answer:
    return Answer(reply=Reply(banner=texts.banner(services.mode), tone=Tone.NOTICE, lines=(line,)))


async def _choice(services: Services) -> Answer:
    """Ask which of the open positions is meant, the newest first."""
    async with services.units.reading() as unit:
        live = await unit.positions.live()
    if not live:
        return _answer(services, "No position is open.")
    picker = position_picker("Which position is to be closed?", live[::-1], "/close", services.exchanges)
    return Answer(reply=Reply(banner=texts.banner(services.mode), picker=picker))


def _which(found: Sequence[Position], share: Ratio, services: Services) -> Reply:
    """Return the question which position is meant, with a press for each."""
    buttons = tuple(
        Button(
            label=f"#{position.id} {labels.title_of(position.exchange, services.exchanges)}",
            command=f"/close {position.id}{_percents(share)}"[:60],
            is_danger=True,
        )
        for position in found
    )
    line = f"{found[0].symbol} is open more than once, so nothing was closed. Name the id."
    return Reply(banner=texts.banner(services.mode), tone=Tone.NOTICE, lines=(line,), buttons=(buttons,))


def _proposed(position: Position, share: Ratio, services: Services) -> Reply:
    valued = value(position, services.prices, services.fee)
    pnl = "unknown without a price"
    if valued.pnl_quote is not None and valued.return_ratio is not None:
        pnl = f"{texts.money(valued.pnl_quote)} ({texts.percent(valued.return_ratio)})"
    closes = Quantity(position.quantity * share)
    part = "" if share == WHOLE else f"{_percents(share).strip()} % of "
    fields = [
        Field(name="Exchange", value=labels.title_of(position.exchange, services.exchanges)),
        Field(name="Size", value=f"{texts.size(position.quantity * position.entry)}, {position.leverage}x"),
        Field(name="Entry", value=texts.price(position.entry)),
        Field(name="Price", value="none yet" if valued.price is None else texts.price(valued.price)),
        Field(name="P&L now", value=pnl),
        Field(name="Closes", value=f"{texts.quantity(closes)} of {texts.quantity(position.quantity)}"),
    ]
    if share != WHOLE:
        fields.append(Field(name="Remains", value=f"about {texts.quantity(position.quantity - closes)}"))
    return Reply(
        title=f"Close {part}{closings.name(position)} at market?",
        banner=texts.banner(services.mode),
        tone=Tone.WARNING,
        fields=tuple(fields),
    )


def _closed(before: Position, after: Position, services: Services) -> Reply:
    banner = texts.banner(services.mode)
    if after.state is PositionState.CLOSED:
        pnl = after.pnl_quote if after.pnl_quote is not None else ZERO
        at = f" at {texts.price(after.exit_price)}" if after.exit_price else ""
        told = f"{texts.money(pnl)} ({texts.percent(after.return_ratio or ZERO)})"
        lines = (f"{closings.name(after)} closed{at}: {told}.", "Checked: nothing of it is open any more.")
        return Reply(banner=banner, tone=Tone.GOOD if pnl >= 0 else Tone.BAD, lines=lines, buttons=closings.POSITIONS)
    gone = Quantity(max(before.quantity - after.quantity, NO_QUANTITY))
    if not gone:
        line = f"{closings.name(after)} is {after.state.value}; nothing of it is closed yet."
        return Reply(banner=banner, tone=Tone.NOTICE, lines=(line,), buttons=closings.POSITIONS)
    line = f"{closings.name(after)}: {texts.quantity(gone)} closed, {texts.quantity(after.quantity)} still open."
    return Reply(banner=banner, tone=Tone.GOOD, lines=(line,), buttons=closings.POSITIONS)


COMMAND = Command(
    name="close",
    summary="Close a position, or a share of it, at market",
    run=run,
    preview=preview,
    role=Role.OPERATOR,
    usage="<id|SYMBOL> [percent]",
    examples=("/close 12", "/close SOL 50"),
    section="act",
)
