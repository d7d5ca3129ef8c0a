"""`/position`: one position in full, open or ended; the list belongs to `/positions`."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.money import ZERO
from core.domain.people import Role
from core.domain.positions import Position
from core.domain.replies import Button, Field, Reply, Tone
from handlers import labels, texts
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.lookups import live_named, read_id
from handlers.pickers import position_picker
from handlers.services import Services
from handlers.valuations import value


async def run(request: Request) -> Answer:
    """Answer with one position; ask which one when none is named, or a symbol is open more than once."""
    if not request.arguments:
        return Answer(reply=await _which(request.services))
    if len(request.arguments) > 1:
        raise UsageError("Name one position, by its id or its symbol.")
    word = request.arguments[0]
    found = await _found(request.services, word)
    if len(found) == 1:
        return Answer(reply=_shown(found[0], request))
    if not found:
        raise UsageError(f"No position {texts.quoted(word)} is known; /positions has what is open.")
    line = f"{found[0].symbol} is open more than once."
    picker = position_picker("Which one?", found, "/position", request.services.exchanges)
    return Answer(reply=Reply(banner=texts.banner(request.services.mode), lines=(line,), picker=picker))


async def _which(services: Services) -> Reply:
    """Return the question which of the open positions is meant, the newest first."""
    async with services.units.reading() as unit:
        live = await unit.positions.live()
    banner = texts.banner(services.mode)
    if not live:
        return Reply(banner=banner, lines=("No position is open.",))
    picker = position_picker("Which position?", live[::-1], "/position", services.exchanges)
    return Reply(banner=banner, lines=(f"{texts.count(len(live), 'position')} open.",), picker=picker)


async def _found(services: Services, word: str) -> Sequence[Position]:
    """Return the live positions that `word` names, else the ended one with that id or the last one of that symbol."""
    live = await live_named(services, word)
    if live:
        return live
    number = read_id(word)
    async with services.units.reading() as unit:
        if number is not None:
            ended = await unit.positions.get(number)
            return [ended] if ended else []
        symbol = word.upper()
        return await unit.positions.ended(symbol=symbol, limit=1) or await unit.positions.ended(
            symbol=f"{symbol}USDT", limit=1
        )


def _shown(position: Position, request: Request) -> Reply:
    services = request.services
    now = services.clock.now()
    title = f"{position.symbol} {position.side.value.upper()} #{position.id}"
    is_live = position.state.is_live
    fields = (*_origin(position), *(_open(position, services) if is_live else _ended(position, now)))
    return Reply(
        title=f"{title} · {labels.title_of(position.exchange, services.exchanges)}",
        banner=texts.banner(services.mode),
        tone=_tone(position, services),
        fields=fields,
        footer=f"Wave {texts.time(position.wave_at, now)}" if position.wave_at else "",
        buttons=_buttons(position, request),
    )


def _tone(position: Position, services: Services) -> Tone:
    pnl = value(position, services.prices, services.fee).pnl_quote if position.state.is_live else position.pnl_quote
    if not pnl:
        return Tone.PLAIN
    return Tone.GOOD if pnl > 0 else Tone.BAD


def _origin(position: Position) -> tuple[Field, ...]:
    fields = [Field(name="State", value=position.state.value)]
    if position.entry_price is not None:
        invested = position.entry_price * position.entry_quantity
        fields += [
            Field(name="Entry", value=texts.price(position.entry_price)),
            Field(name="Size", value=f"{texts.size(invested)} ({texts.quantity(position.entry_quantity)})"),
        ]
    return (*fields, Field(name="Leverage", value=f"{position.leverage}x"))


def _open(position: Position, services: Services) -> tuple[Field, ...]:
    now = services.clock.now()
    valued = value(position, services.prices, services.fee)
    price = "none yet" if valued.price is None else texts.price(valued.price)
    pnl = "unknown without a price"
    if valued.pnl_quote is not None and valued.return_ratio is not None:
        pnl = f"{texts.money(valued.pnl_quote)} ({texts.percent(valued.return_ratio)})"
    fields = [
        Field(name="Price", value=price),
        Field(name="P&L now", value=pnl),
        Field(name="Stop", value=_stop(position)),
        Field(name="Trailing", value=_trailing(position)),
        Field(name="Age", value=texts.age(now - (position.opened_at or position.created_at))),
        Field(name="Fees", value=texts.cost(position.fees_quote)),
    ]
    if position.exit_quantity:
        fields.insert(2, Field(name="Still open", value=texts.quantity(position.quantity)))
    return tuple(fields)


def _stop(position: Position) -> str:
    if position.stop_price is None:
        return "NONE"
    if not position.entry_price:
        return texts.price(position.stop_price)
    distance = texts.percent(position.profit_ratio(position.stop_price))
    return f"{texts.price(position.stop_price)} ({distance}{', break-even' if position.is_breakeven else ''})"


def _trailing(position: Position) -> str:
    plan = position.plan
    if not position.is_trailing:
        return f"from {texts.percent(plan.trailing_activation)}"
    best = f"armed, best {texts.price(position.best_price)}" if position.best_price else "armed"
    return f"{best}, follows by {texts.percent(plan.trailing_distance).lstrip('+')}"


def _ended(position: Position, now: datetime) -> tuple[Field, ...]:
    fields = []
    if position.exit_price is not None:
        fields.append(Field(name="Exit", value=texts.price(position.exit_price)))
    if position.exit_reason is not None:
        fields.append(Field(name="Reason", value=labels.EXIT_REASONS[position.exit_reason][1]))
    if position.pnl_quote is not None:
        result = f"{texts.money(position.pnl_quote)} ({texts.percent(position.return_ratio or ZERO)})"
        fields.append(Field(name="Result", value=result))
    if position.closed_at is not None:
        fields.append(Field(name="Closed", value=texts.time(position.closed_at, now)))
        if position.opened_at is not None:
            fields.append(Field(name="Held", value=texts.age(position.closed_at - position.opened_at)))
    return (*fields, Field(name="Fees", value=texts.cost(position.fees_quote)))


def _buttons(position: Position, request: Request) -> tuple[tuple[Button, ...], ...]:
    """Return the presses; those that close only where the asker could type it."""
    rows = []
    if position.state.is_live and any(command.name == "close" for command in request.commands):
        close = Button(label="Close", command=f"/close {position.id}", is_danger=True)
        rows.append((close, Button(label="Close half", command=f"/close {position.id} 50", is_danger=True)))
    return (*rows, (Button(label="Positions", command="/positions"),))


COMMAND = Command(
    name="position",
    summary="One position in full",
    run=run,
    role=Role.VIEWER,
    usage="[id|SYMBOL]",
    examples=("/position SOL", "/position 12"),
)
