"""`/signals`: the newest signals, whether or not they were traded; reasons belong to `/why`."""

from collections.abc import Mapping, Sequence

from core.domain.people import Role
from core.domain.replies import Align, Column, Reply, Table
from core.domain.signals import Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.ports.storage import UnitOfWork
from handlers import labels, texts
from handlers.invocation import Answer, Command, Request
from handlers.list_arguments import ListArguments, read_list
from handlers.lookups import known_symbols, last_wave_line, verdicts_by_signal
from handlers.services import Services

DEFAULT_ROWS = 12
MOST_ROWS = 40


async def run(request: Request) -> Answer:
    """Answer with the newest signals, of one symbol or exchange if said."""
    services = request.services
    now = services.clock.now()
    known = await known_symbols(services) if request.arguments else ()
    wanted = read_list(request.arguments, exchanges=services.exchanges, known=known, now=now, most=MOST_ROWS)
    async with services.units.reading() as unit:
        signals = await _found(unit, wanted)
        verdicts = await verdicts_by_signal(unit, signals)
        last_wave = await last_wave_line(unit, now)
    where = "".join(f", {part}" for part in wanted.told())
    if not signals:
        line = f"No signal has been received{where}."
        return Answer(reply=Reply(banner=texts.banner(services.mode), lines=(line, last_wave)))
    reply = Reply(
        title=f"Last {texts.count(len(signals), 'signal')}{where}",
        banner=texts.banner(services.mode),
        table=_table(signals, verdicts, services),
        footer="+ traded, - not, ? no verdict yet. /why tells more.",
    )
    return Answer(reply=reply)


async def _found(unit: UnitOfWork, wanted: ListArguments) -> Sequence[Signal]:
    """Return the newest signals first, at most as many as are shown."""
    exchange_id = wanted.exchange.id if wanted.exchange else None
    if wanted.period is None:
        return await unit.signals.recent(wanted.count or DEFAULT_ROWS, wanted.symbol, exchange_id)
    found = await unit.signals.between(wanted.period.since_at, wanted.period.until_at)
    mine = [s for s in found if wanted.symbol in {None, s.symbol} and exchange_id in {None, s.exchange_id}]
    return mine[: -(wanted.count or MOST_ROWS) - 1 : -1]


def _table(signals: Sequence[Signal], verdicts: Mapping[tuple[int, str], VerdictRecord], services: Services) -> Table:
    now = services.clock.now()
    rows = tuple(
        (
            texts.table_time(signal.wave_at, now),
            labels.exchange_mark(labels.title_of_id(signal.exchange_id, services.exchanges)),
            labels.coin(signal.symbol),
            labels.side_mark(signal.side),
            f"{signal.score:.0f}",
            _mark(verdicts.get(signal.key)),
        )
        for signal in signals
    )
    columns = (
        Column(title="Wave"),
        Column(title="Ex"),
        Column(title="Coin"),
        Column(title=""),
        Column(title="Score", align=Align.RIGHT),
        Column(title=""),
    )
    return Table(columns=columns, rows=rows)


def _mark(record: VerdictRecord | None) -> str:
    if record is None or record.verdict is Verdict.ORDER_UNKNOWN:
        return "?"
    return "+" if record.verdict is Verdict.EXECUTED else "-"


COMMAND = Command(
    name="signals",
    summary="The newest signals",
    run=run,
    role=Role.VIEWER,
    usage="[SYMBOL] [exchange] [period] [n]",
    examples=("/signals", "/signals SOL 5"),
)
