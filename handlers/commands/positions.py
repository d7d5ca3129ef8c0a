"""`/positions`: what is open, as a table; one position in full belongs to `/position`."""

from collections.abc import Sequence

from core.domain.people import Role
from core.domain.positions import Position
from core.domain.replies import Align, Button, Column, Reply, Table
from handlers import labels, summaries, texts
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.list_arguments import ListArguments, read_list
from handlers.lookups import known_symbols
from handlers.services import Services
from handlers.valuations import Valuation, add_up, value

MOST_ROWS = 40
MOST_BUTTONS = 6
_SORTS = ("pnl", "age", "symbol")


async def run(request: Request) -> Answer:
    """Answer with every live position, or with those that are asked for, and their totals."""
    services = request.services
    wanted, sort = await _wanted(request)
    async with services.units.reading() as unit:
        live = [position for position in await unit.positions.live() if _is_wanted(position, wanted)]
    valued = _sorted([value(position, services.prices, services.fee) for position in live], sort)
    where = "".join(f", {part}" for part in wanted.told())
    if not valued:
        return Answer(reply=Reply(banner=texts.banner(services.mode), lines=(f"No position is open{where}.",)))
    rows = wanted.count or MOST_ROWS
    more = len(valued) - rows
    reply = Reply(
        title=f"{texts.count(len(valued), 'position')} open{where}",
        banner=texts.banner(services.mode),
        table=_table(valued[:rows], services),
        footer=" · ".join([*([f"and {more} more"] if more > 0 else []), *_totals(valued, services)]),
        buttons=_buttons(valued[:rows]),
    )
    return Answer(reply=reply)


async def _wanted(request: Request) -> tuple[ListArguments, str]:
    """Return what narrows the list, and how to sort it."""
    services = request.services
    sorts = [word.lower() for word in request.arguments if word.lower() in _SORTS]
    if len(sorts) > 1:
        raise UsageError(f"One way to sort at most: {texts.listing(_SORTS)}.")
    wanted = read_list(
        [word for word in request.arguments if word.lower() not in _SORTS],
        exchanges=services.exchanges,
        known=await known_symbols(services) if request.arguments else (),
        now=services.clock.now(),
        most=MOST_ROWS,
    )
    return wanted, sorts[0] if sorts else "age"


def _is_wanted(position: Position, wanted: ListArguments) -> bool:
    """Return True if the position is of the exchange and symbol, and was opened in the period, that are asked for."""
    period = wanted.period
    if period is not None and not period.since_at <= (position.opened_at or position.created_at) < period.until_at:
        return False
    is_there = wanted.exchange is None or wanted.exchange.name == position.exchange
    return is_there and wanted.symbol in {None, position.symbol}


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
        parts.append(f"{labels.title_of(name, services.exchanges)}: {summaries.total(of_exchange)}")
    return [*parts, f"Total: {summaries.total(add_up(valued))}"]


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
    usage="[exchange] [SYMBOL] [period] [n] [pnl|age|symbol]",
    examples=("/positions", "/positions binance pnl"),
    aliases=("pos",),
    is_everyday=True,
)
