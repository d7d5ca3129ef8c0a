"""`/outcomes`: positions that ended, with reason and result; figures over many of them belong to later reports."""

from collections.abc import Sequence
from datetime import timedelta

from core.domain.money import NO_MONEY, ZERO
from core.domain.people import Role
from core.domain.positions import Position
from core.domain.replies import Align, Column, Field, Reply, Table
from handlers import labels, texts
from handlers.invocation import Answer, Command, Request
from handlers.list_arguments import ListArguments, read_list
from handlers.lookups import known_symbols
from handlers.services import Services
from handlers.time_arguments import Period

DEFAULT_ROWS = 15
MOST_ROWS = 40


async def run(request: Request) -> Answer:
    """Answer with the positions closed in a period (24 h unless said), newest first, and their sum."""
    services = request.services
    now = services.clock.now()
    wanted = read_list(
        request.arguments,
        exchanges=services.exchanges,
        known=await _known(services) if request.arguments else (),
        now=now,
        most=MOST_ROWS,
    )
    period = wanted.period or Period(since_at=now - timedelta(hours=24), until_at=now, title="last 24h")
    async with services.units.reading() as unit:
        ended = await unit.positions.ended(
            since=period.since_at,
            until=wanted.period.until_at if wanted.period else None,
            exchange=wanted.exchange.name if wanted.exchange else None,
            symbol=wanted.symbol,
        )
    title = _title(wanted, period)
    if not ended:
        return Answer(reply=Reply(banner=texts.banner(services.mode), lines=(f"Nothing was closed: {title}.",)))
    rows = wanted.count or DEFAULT_ROWS
    return Answer(
        reply=Reply(
            title=f"{len(ended)} closed, {title}",
            banner=texts.banner(services.mode),
            table=_table(ended[:rows]),
            fields=_sums(ended),
            footer=f"and {len(ended) - rows} more; the sums have all" if len(ended) > rows else "",
        )
    )


async def _known(services: Services) -> set[str]:
    async with services.units.reading() as unit:
        ended = await unit.positions.ended(limit=500)
    return {position.symbol for position in ended} | set(await known_symbols(services))


def _title(wanted: ListArguments, period: Period) -> str:
    parts = [period.title, wanted.symbol, wanted.exchange.title if wanted.exchange else None]
    return ", ".join(part for part in parts if part)


def _table(ended: Sequence[Position]) -> Table:
    rows = []
    for position in ended:
        reason = labels.EXIT_REASONS[position.exit_reason][0] if position.exit_reason else "-"
        held = "-"
        if position.closed_at and position.opened_at:
            held = texts.short_age(position.closed_at - position.opened_at)
        ratio = texts.percent_amount(position.return_ratio or ZERO)
        rows.append((labels.coin(position.symbol), labels.side_mark(position.side), ratio, reason, held))
    columns = (
        Column(title="Coin"),
        Column(title=""),
        Column(title="%", align=Align.RIGHT),
        Column(title="Why"),
        Column(title="Held", align=Align.RIGHT),
    )
    return Table(columns=columns, rows=tuple(rows))


def _sums(ended: Sequence[Position]) -> tuple[Field, ...]:
    pnl = sum((position.pnl_quote or NO_MONEY for position in ended), start=NO_MONEY)
    invested = sum((position.entry * position.entry_quantity for position in ended if position.entry_price), start=ZERO)
    won = sum(1 for position in ended if position.pnl_quote is not None and position.pnl_quote > 0)
    ratio = f" ({texts.percent(pnl / invested)})" if invested else ""
    return (
        Field(name="Result", value=f"{texts.money(pnl)}{ratio}"),
        Field(name="Won", value=f"{won} of {len(ended)}"),
    )


COMMAND = Command(
    name="outcomes",
    summary="Closed positions with reason and result",
    run=run,
    role=Role.VIEWER,
    usage="[period] [SYMBOL] [exchange] [n]",
    examples=("/outcomes 7d SOL", "/outcomes 2026-11-01..2026-11-07"),
    is_everyday=True,
)
