"""`/params`: what waves are traded with, where it came from, and how it changed; changing it is another command."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.market import ExchangeRef
from core.domain.params import PARAM_NAMES, ParamChange
from core.domain.people import Role
from core.domain.replies import Align, Button, Column, Reply, Table
from core.ports.storage import UnitOfWork
from handlers import labels, texts
from handlers.arguments import read_exchange
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.services import Services

HISTORY_ROWS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    """A param in force: its value, where it is from, since when."""

    value: Decimal | int | None
    source: str
    since_at: datetime | None = None


async def run(request: Request) -> Answer:
    """Answer with the params in force, of one exchange in detail, or with their history."""
    services = request.services
    words = list(request.arguments)
    is_history = bool(words) and words[0].lower() == "history"
    words = words[1:] if is_history else words
    if len(words) > 1:
        raise UsageError("One exchange at most.")
    refs = [read_exchange(words[0], services.exchanges)] if words else list(services.exchanges)
    if is_history:
        return Answer(reply=await _history(services, refs))
    async with services.units.reading() as unit:
        values = {ref.name: await _in_force(unit, ref, services) for ref in refs}
    if len(refs) == 1:
        return Answer(reply=_detail(refs[0], values[refs[0].name], services))
    return Answer(reply=_overview(refs, values, services))


async def _in_force(unit: UnitOfWork, ref: ExchangeRef, services: Services) -> dict[str, _Value]:
    """Return every param of an exchange: a person's override, else what is stored, else the default."""
    now = services.clock.now()
    overrides = {override.name: override for override in await unit.params.overrides(ref.id, now)}
    stored = await unit.params.get(ref.id)
    values: dict[str, _Value] = {}
    for name in PARAM_NAMES:
        value = getattr(stored, name, None)
        default = getattr(services.defaults, name, None)
        if name in overrides:
            found = overrides[name]
            values[name] = _Value(value=found.value, source="override", since_at=found.created_at)
        elif value is not None:
            last = next(iter(await unit.params.history(ref.id, 1, name)), None)
            since = last.changed_at if last else stored.updated_at if stored else None
            values[name] = _Value(value=value, source=last.source if last else "stored", since_at=since)
        else:
            values[name] = _Value(value=default, source="-" if default is None else "default")
    return values


def _detail(ref: ExchangeRef, values: dict[str, _Value], services: Services) -> Reply:
    now = services.clock.now()
    rows = tuple(
        (
            labels.PARAM_TITLES[name],
            labels.param(name, each.value),
            each.source,
            texts.short_age(now - each.since_at) if each.since_at else "-",
        )
        for name, each in values.items()
    )
    columns = (
        Column(title="Param"),
        Column(title="Value", align=Align.RIGHT),
        Column(title="From"),
        Column(title="Age"),
    )
    return Reply(
        title=f"Params · {ref.title}",
        banner=texts.banner(services.mode),
        table=Table(columns=columns, rows=rows),
        buttons=((Button(label="History", command=f"/params history {ref.name}"),),),
    )


def _overview(refs: Sequence[ExchangeRef], values: dict[str, dict[str, _Value]], services: Services) -> Reply:
    marks = {"override": "!", "default": "*"}
    rows = tuple(
        (
            labels.PARAM_TITLES[name],
            *(labels.param(name, each.value) + marks.get(each.source, "") for each in _row(refs, values, name)),
        )
        for name in PARAM_NAMES
    )
    columns = (Column(title="Param"), *(Column(title=texts.cut(ref.title, 9), align=Align.RIGHT) for ref in refs))
    used = {each.source for of_exchange in values.values() for each in of_exchange.values()}
    legend = {"override": "! a person's override", "default": "* default, nothing stored"}
    return Reply(
        title="Params",
        banner=texts.banner(services.mode),
        table=Table(columns=columns, rows=rows),
        footer=", ".join(text for source, text in legend.items() if source in used),
        buttons=(
            tuple(Button(label=ref.title, command=f"/params {ref.name}") for ref in refs),
            (Button(label="History", command="/params history"),),
        ),
    )


def _row(refs: Sequence[ExchangeRef], values: dict[str, dict[str, _Value]], name: str) -> list[_Value]:
    return [values[ref.name][name] for ref in refs]


async def _history(services: Services, refs: Sequence[ExchangeRef]) -> Reply:
    titles = {ref.id: ref.title for ref in refs}
    async with services.units.reading() as unit:
        changes = [change for ref in refs for change in await unit.params.history(ref.id, HISTORY_ROWS)]
    changes.sort(key=lambda change: change.changed_at, reverse=True)
    now = services.clock.now()
    lines = tuple(_change(change, titles[change.exchange_id], now) for change in changes[:HISTORY_ROWS])
    return Reply(
        title="Params, newest changes first",
        banner=texts.banner(services.mode),
        lines=lines or ("Nothing was ever changed.",),
    )


def _change(change: ParamChange, title: str, now: datetime) -> str:
    moved = f"{labels.param(change.name, change.old)} → {labels.param(change.name, change.new)}"
    by = labels.author(change.author) if change.author else change.source
    if change.wave_at:
        by = f"wave {texts.time(change.wave_at, now)}"
    name = labels.PARAM_TITLES.get(change.name, change.name)
    return f"{texts.time(change.changed_at, now)} {title} {name}: {moved} ({by})"


COMMAND = Command(
    name="params",
    summary="Values that waves are traded with",
    run=run,
    role=Role.VIEWER,
    usage="[exchange] | history [exchange]",
    examples=("/params binance", "/params history bybit"),
    is_everyday=True,
)
