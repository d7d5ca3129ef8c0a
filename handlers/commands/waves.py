"""`/waves`: the last waves, a row for each exchange; one wave in full belongs to `/wave`."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.people import Role
from core.domain.replies import Align, Button, Column, Reply, Table
from core.domain.waves import Wave, WaveResult, WaveState
from handlers import labels, texts
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.list_arguments import ListArguments, read_list
from handlers.lookups import known_symbols
from handlers.services import Services

DEFAULT_WAVES = 8
MOST_WAVES = 30


async def run(request: Request) -> Answer:
    """Answer with the funnel of the last waves, of a period or an exchange if said."""
    services = request.services
    now = services.clock.now()
    wanted = read_list(
        request.arguments,
        exchanges=services.exchanges,
        known=await known_symbols(services) if request.arguments else (),
        now=now,
        most=MOST_WAVES,
    )
    if wanted.symbol is not None:
        raise UsageError(f"A wave has many symbols; /signals {wanted.symbol} has those of one.")
    waves, results = await _found(services, wanted)
    where = "".join(f", {part}" for part in wanted.told())
    if not waves:
        return Answer(reply=Reply(banner=texts.banner(services.mode), lines=(f"No wave has been seen{where}.",)))
    rows = tuple(row for wave in waves for row in _rows(wave, results[wave.wave_at], services, now))
    columns = (
        Column(title="Wave"),
        Column(title="Ex"),
        Column(title="In", align=Align.RIGHT),
        Column(title="Sel", align=Align.RIGHT),
        Column(title="Opened", align=Align.RIGHT),
    )
    return Answer(
        reply=Reply(
            title=f"Last {texts.count(len(waves), 'wave')}{where}",
            banner=texts.banner(services.mode),
            table=Table(columns=columns, rows=rows),
            footer="In: received. Sel: looked at. Opened: of max trades.",
            buttons=((Button(label="Last wave", command="/wave last"),),),
        )
    )


async def _found(
    services: Services, wanted: ListArguments
) -> tuple[Sequence[Wave], dict[datetime, Sequence[WaveResult]]]:
    """Return the waves with the results of the exchange that is wanted; a wave it had no part in is left out."""
    period, exchange = wanted.period, wanted.exchange
    async with services.units.reading() as unit:
        waves = await unit.waves.recent(
            wanted.count or (MOST_WAVES if period else DEFAULT_WAVES),
            since=period.since_at if period else None,
            until=period.until_at if period else None,
        )
        results = {wave.wave_at: await unit.waves.results(wave.wave_at) for wave in waves}
    if exchange is not None:
        results = {at: [r for r in found if r.exchange == exchange.name] for at, found in results.items()}
        waves = [wave for wave in waves if results[wave.wave_at]]
    return waves, results


def _rows(
    wave: Wave, results: Sequence[WaveResult], services: Services, now: datetime
) -> list[tuple[str, str, str, str, str]]:
    at = texts.table_time(wave.wave_at, now)
    if not results:
        return [(at, "-", "-", "-", _SHORT_STATES[wave.state])]
    return [
        (
            at,
            labels.exchange_mark(labels.title_of(result.exchange, services.exchanges)),
            str(result.received),
            str(result.selected),
            f"{result.executed}/{result.target}",
        )
        for result in results
    ]


_SHORT_STATES = {
    WaveState.COLLECTING: "collect.",
    WaveState.EXECUTING: "running",
    WaveState.FINISHED: "done",
    WaveState.NOT_FOUND: "none",
    WaveState.SKIPPED: "skipped",
    WaveState.INTERRUPTED: "cut off",
}


COMMAND = Command(
    name="waves",
    summary="The last waves and what they opened",
    run=run,
    role=Role.VIEWER,
    usage="[exchange] [period] [n]",
    examples=("/waves", "/waves 20", "/waves binance yesterday"),
)
