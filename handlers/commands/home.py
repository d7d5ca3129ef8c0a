"""`/home`: the control panel, for Slack's App Home and every chat; acting belongs to the commands that it offers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.domain.people import Role
from core.domain.positions import Position
from core.domain.replies import Align, Button, Column, Field, Reply, Table, Tone
from core.domain.waves import WaveProgress
from handlers import labels, summaries, texts
from handlers.invocation import Answer, Command, Request
from handlers.mode_state import find_unreleased
from handlers.pause_state import active_pauses, pause_lines
from handlers.services import Services
from handlers.valuations import Valuation, value
from handlers.wave_words import presses

MOST_ROWS = 12
MOST_VETOES = 6
LONGEST_CANDIDATES = 8

_PRESSES = (
    (("positions", "Positions", ""), ("status", "Status", ""), ("waves", "Waves", ""), ("health", "Health", "")),
    (("outcomes", "Outcomes", ""), ("params", "Params", ""), ("alerts", "Alerts", ""), ("stoplist", "Stop list", "")),
    (("pause", "Pause all", " all"), ("resume", "Resume", ""), ("closeall", "Close all", "")),
    (("logs", "Logs", ""), ("config", "Settings", ""), ("audit", "Audit", "")),
    (("home", "Refresh", ""), ("help", "Help", "")),
)
"""Command, label and arguments of every press, a row a line; a person sees those of the commands that are theirs."""

_DANGERS = frozenset({"closeall"})


async def run(request: Request) -> Answer:
    """Answer with where everything stands, and with a press for all that the asker may do here."""
    services = request.services
    now = services.clock.now()
    pauses = await active_pauses(services)
    async with services.units.reading() as unit:
        live = await unit.positions.live()
    traffic = await services.traffic()
    is_unreleased = await find_unreleased(services)
    waves = services.desk.waves_in_progress()
    questions = services.questions()
    failing = [each for each in traffic if summaries.is_failing(each)]
    fields = (
        Field(name="Mode", value=texts.banner(services.mode)),
        Field(name="Entries", value=summaries.entries(pauses, services, is_unreleased=is_unreleased)),
        Field(name="Next wave", value=summaries.next_wave(services, now)),
        Field(name="Open", value=summaries.open_positions(live, services)),
        Field(name="Unrealised", value=summaries.unrealised(live, services)),
        Field(name="To deliver", value=summaries.deliveries(traffic, now)),
        *([Field(name="To confirm", value=f"{texts.count(questions, 'question')} waiting")] if questions else []),
    )
    reply = Reply(
        title="Wavehelm",
        banner=texts.banner(services.mode),
        tone=Tone.WARNING if failing else Tone.NOTICE if pauses else Tone.PLAIN,
        lines=(*pause_lines(services, pauses), *(_wave(wave, services, now) for wave in waves)),
        fields=fields,
        table=_table(live, services) if live else None,
        footer=f"As of {now:%H:%M:%S} UTC." + (f" And {len(live) - MOST_ROWS} more." if len(live) > MOST_ROWS else ""),
        buttons=(*_vetoes(waves, request), *_presses(request)),
    )
    return Answer(reply=reply)


def _wave(wave: WaveProgress, services: Services, now: datetime) -> str:
    """Return how far an exchange has come with a wave."""
    name = f"Wave {texts.time(wave.wave_at, now)} on {labels.title_of(wave.exchange, services.exchanges)}"
    opened = f"{len(wave.opened)}/{wave.target} opened" if wave.target else f"{wave.received} received"
    vetoed = f", {len(wave.vetoed)} vetoed" if wave.vetoed else ""
    if wave.veto_until_at is None:
        return f"{name}: {wave.stage.value}, {opened}{vetoed}."
    default = "trades" if wave.trades_by_default else "is left out"
    left_s = max(0, int((wave.veto_until_at - now).total_seconds()))
    candidates = texts.listing((f"{labels.base(s)} {side}" for s, side in wave.candidates), LONGEST_CANDIDATES)
    return f"{name}: {default} in {left_s}s unless somebody says otherwise{vetoed}. Candidates: {candidates}."


def _vetoes(waves: Iterable[WaveProgress], request: Request) -> tuple[tuple[Button, ...], ...]:
    """Return the presses of every wave that waits for a veto, where the asker may veto."""
    exchanges = request.services.exchanges
    if not _may(request, "veto"):
        return ()
    rows: list[tuple[Button, ...]] = []
    for wave in waves:
        if wave.veto_until_at is None:
            continue
        title = labels.title_of(wave.exchange, exchanges)
        rows.append(
            (
                presses.skip(wave, label=f"Skip wave · {title}"),
                presses.go(wave, label=f"Go now · {title}"),
            )
        )
        rows += presses.drops(wave, MOST_VETOES)
    return tuple(rows)


def _presses(request: Request) -> tuple[tuple[Button, ...], ...]:
    rows = (
        tuple(
            Button(label=label, command=f"/{name}{arguments}", is_danger=name in _DANGERS)
            for name, label, arguments in row
            if _may(request, name)
        )
        for row in _PRESSES
    )
    return tuple(row for row in rows if row)


def _may(request: Request, name: str) -> bool:
    return any(command.name == name for command in request.commands)


def _table(live: Sequence[Position], services: Services) -> Table:
    """Return the newest positions with what they make."""
    rows = tuple(_row(value(position, services.prices, services.fee), services) for position in live[::-1][:MOST_ROWS])
    columns = (
        Column(title="#", align=Align.RIGHT),
        Column(title="Coin"),
        Column(title=""),
        Column(title="Ex"),
        Column(title="P&L %", align=Align.RIGHT),
    )
    return Table(columns=columns, rows=rows)


def _row(valued: Valuation, services: Services) -> tuple[str, ...]:
    position = valued.position
    title = labels.title_of(position.exchange, services.exchanges)
    return (
        str(position.id),
        labels.coin(position.symbol),
        labels.side_mark(position.side),
        labels.exchange_mark(title),
        "-" if valued.return_ratio is None else texts.percent_amount(valued.return_ratio),
    )


COMMAND = Command(
    name="home",
    summary="The control panel: where things stand, and presses",
    run=run,
    role=Role.VIEWER,
)
