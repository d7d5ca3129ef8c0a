"""`/positions`: what is open, as a table; one position in full belongs to `/position`."""

from collections.abc import Sequence

from core.domain.people import Role
from core.domain.replies import Align, Button, Column, Reply, Table
from handlers import labels, texts
from handlers.arguments import find_exchange
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.services import Services
from handlers.valuations import Total, Valuation, add_up, value

MOST_ROWS = 40
MOST_BUTTONS = 6
_SORTS = ("pnl", "age", "symbol")


async def run(request: Request) -> Answer:
    """Answer with every live position and the totals."""
    services = request.services
    exchange, sort = _wanted(request)
    async with services.units.reading() as unit:
        live = [position for position in await unit.positions.live() if exchange in {None, position.exchange}]
    valued = _sorted([value(position, services.prices, services.fee) for position in live], sort)
    where = f" on {labels.title_of(exchange, services.exchanges)}" if exchange else ""
    if not valued:
        return Answer(reply=Reply(banner=texts.banner(services.mode), lines=(f"No position is open{where}.",)))
    more = len(valued) - MOST_ROWS
    reply = Reply(
        title=f"{texts.count(len(valued), 'position')} open{where}",
        banner=texts.banner(services.mode),
        table=_table(valued[:MOST_ROWS], services),
        footer=" · ".join([*([f"and {more} more"] if more > 0 else []), *_totals(valued, services)]),
        buttons=_buttons(valued),
    )
    return Answer(reply=reply)


def _wanted(request: Request) -> tuple[str | None, str]:
    """Return the exchange's name, if one is named, and how to sort."""
    exchange, sort = None, "age"
    for word in request.arguments:
        found = find_exchange(word, request.services.exchanges)
        if found is not None:
            exchange = found.name
        elif word.lower() in _SORTS:
            sort = word.lower()
        else:
            names = texts.listing([*(ref.name for ref in request.services.exchanges), *_SORTS])
            raise UsageError(f"{texts.quoted(word)} is neither an exchange nor a way to sort; one of {names}.")
    return exchange, sort


def _sorted(valued: Sequence[Valuation], sort: str) -> list[Valuation]:
    if sort == "pnl":
        return sorted(valued, key=lambda each: (each.return_ratio is None, -(each.return_ratio or 0), each.position.id))
    if sort == "symbol":
        return sorted(valued, key=lambda each: (each.position.symbol, each.position.exchange))
    return sorted(valued, key=lambda each: (each.position.opened_at or each.position.created_at, each.position.id))


def _table(valued: Sequence[Valuation], services: Services) -> Table:
    now = services.clock.now()
    rows = []
    for each in valued:
        position = each.position
        title = labels.title_of(position.exchange, services.exchanges)
        ratio = "-" if each.return_ratio is None else texts.percent_amount(each.return_ratio)
        age = texts.short_age(now - (position.opened_at or position.created_at))
        side = labels.side_mark(position.side)
        rows.append((str(position.id), labels.coin(position.symbol), side, labels.exchange_mark(title), ratio, age))
    columns = (
        Column(title="#", align=Align.RIGHT),
        Column(title="Coin"),
        Column(title=""),
        Column(title="Ex"),
        Column(title="P&L %", align=Align.RIGHT),
        Column(title="Age", align=Align.RIGHT),
    )
    return Table(columns=columns, rows=tuple(rows))


def _totals(valued: Sequence[Valuation], services: Services) -> list[str]:
    """Return the sum of each exchange when there are several, and the sum of all."""
    names = sorted({each.position.exchange for each in valued})
    parts = []
    for name in names if len(names) > 1 else ():
        of_exchange = add_up(each for each in valued if each.position.exchange == name)
        parts.append(f"{labels.title_of(name, services.exchanges)}: {_total(of_exchange)}")
    return [*parts, f"Total: {_total(add_up(valued))}"]


def _total(total: Total) -> str:
    text = texts.money(total.pnl_quote)
    if total.return_ratio is not None:
        text += f" ({texts.percent(total.return_ratio)})"
    return f"{text}, {total.unpriced} without a price" if total.unpriced else text


def _buttons(valued: Sequence[Valuation]) -> tuple[tuple[Button, ...], ...]:
    buttons = [
        Button(label=labels.coin(each.position.symbol), command=f"/position {each.position.id}")
        for each in valued[:MOST_BUTTONS]
    ]
    return tuple(tuple(buttons[index : index + 3]) for index in range(0, len(buttons), 3))


COMMAND = Command(
    name="positions",
    summary="What is open, with profit and age",
    run=run,
    role=Role.VIEWER,
    usage="[exchange] [pnl|age|symbol]",
    examples=("/positions", "/positions binance pnl"),
    aliases=("pos",),
    is_everyday=True,
)
