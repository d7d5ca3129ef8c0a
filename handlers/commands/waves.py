"""`/waves`: the last waves, a row for each exchange; one wave in full belongs to `/wave`."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.people import Role
from core.domain.replies import Align, Button, Column, Reply, Table
from core.domain.waves import Wave, WaveResult, WaveState
from handlers import labels, texts
from handlers.arguments import read_count
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.services import Services

DEFAULT_WAVES = 8
MOST_WAVES = 30


async def run(request: Request) -> Answer:
    """Answer with the funnel of the last waves."""
    services = request.services
    if len(request.arguments) > 1:
        raise UsageError("One count at most.")
    wanted = read_count(request.arguments[0], MOST_WAVES) if request.arguments else DEFAULT_WAVES
    async with services.units.reading() as unit:
        waves = await unit.waves.recent(wanted)
        results = {wave.wave_at: await unit.waves.results(wave.wave_at) for wave in waves}
    if not waves:
        return Answer(reply=Reply(banner=texts.banner(services.mode), lines=("No wave has been seen yet.",)))
    now = services.clock.now()
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
            title=f"Last {texts.count(len(waves), 'wave')}",
            banner=texts.banner(services.mode),
            table=Table(columns=columns, rows=rows),
            footer="In: received. Sel: looked at. Opened: of max trades.",
            buttons=((Button(label="Last wave", command="/wave last"),),),
        )
    )


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
    usage="[n]",
    examples=("/waves", "/waves 20"),
)
