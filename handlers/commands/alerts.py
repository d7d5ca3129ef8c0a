"""`/alerts`: what people were told, and whether it reached them; words of each kind are in handlers/alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.delivery import Alert, DeliveryRecord, DeliveryState
from core.domain.events import event_types
from core.domain.people import Role
from core.domain.replies import Align, Button, Column, Field, Reply, Table, Tone
from handlers import alerts as renderers
from handlers import labels, texts
from handlers.alert_renderer import care, tone_of
from handlers.arguments import nearest, read_count
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.lookups import read_id
from handlers.registry import find_renderers
from handlers.services import Services

DEFAULT_ROWS = 12
MOST_ROWS = 40
LONGEST_KIND = 16
"""So that a row is not wider than a phone."""

MOST_DELIVERIES = 12
LONGEST_ERROR = 120

Told = tuple[Alert, Sequence[DeliveryRecord]]
Rows = tuple[tuple[Button, ...], ...]


async def run(request: Request) -> Answer:
    """Answer with the newest alerts, or with one in full if its number is named."""
    services = request.services
    number, count, kind = _wanted(request.arguments)
    if number is not None:
        return Answer(reply=await _one(number, request))
    async with services.units.reading() as unit:
        newest = await unit.alerts.recent(count or DEFAULT_ROWS, kind)
        told = [(alert, await unit.alerts.deliveries(alert.id)) for alert in newest]
    if not told:
        of_kind = f" of the kind {kind}" if kind else ""
        return Answer(reply=Reply(lines=(f"There has been no alert{of_kind}.",)))
    reply = Reply(
        title=f"Last {texts.count(len(told), 'alert')}{f': {_words(kind)}' if kind else ''}",
        banner=texts.banner(services.mode),
        lines=_cared_for(newest),
        table=_table(told, services.clock.now()),
        footer=f"{_legend(told, services.clock.now())} /alerts #{newest[0].id} shows one in full.",
    )
    return Answer(reply=reply)


def _wanted(words: Sequence[str]) -> tuple[int | None, int | None, str | None]:
    """Return the number of one alert, how many are wanted, and of which kind.

    A bare number up to the longest list says how many; with its # or above, it is an alert's.
    """
    number, count, kind = None, None, None
    kinds = sorted(event_types())
    for word in words:
        found = read_id(word)
        if found is not None and (word.startswith("#") or found > MOST_ROWS):
            number = found
        elif found is not None:
            count = read_count(word, MOST_ROWS)
        elif word.lower() in kinds:
            kind = word.lower()
        else:
            guess = nearest(word, kinds)
            hint = f"did you mean {guess}?" if guess else f"kinds are {texts.listing(kinds, 40)}."
            raise UsageError(f"{texts.quoted(word)} is no kind of alert; {hint}")
    if len(words) > 1 and not (len(words) == 2 and count and kind):
        raise UsageError("One alert, or a count and a kind.")
    return number, count, kind


def _table(told: Sequence[Told], now: datetime) -> Table:
    rows = tuple(
        (
            f"{alert.id}",
            texts.table_time(alert.created_at, now).partition(" ")[0],
            texts.cut(_words(alert.kind), LONGEST_KIND),
            _mark(alert, records, now),
        )
        for alert, records in told
    )
    columns = (Column(title="#", align=Align.RIGHT), Column(title="At"), Column(title="What"), Column(title="Told"))
    return Table(columns=columns, rows=rows)


def _mark(alert: Alert, records: Sequence[DeliveryRecord], now: datetime) -> str:
    """Return the worst that became of an alert, in four letters; + when somebody takes care of it."""
    fates = {_fate_of(record, now) for record in records}
    mark = next((mark for fate, mark in _MARKS.items() if fate in fates), "-")
    return f"{mark}{'+' if alert.acked_at else ''}"


def _fate_of(record: DeliveryRecord, now: datetime) -> str:
    """Return the state, or that it is held back on purpose: then nothing is wrong with the destination."""
    return _HELD if record.held_until is not None and record.held_until > now else record.state.value


def _legend(told: Sequence[Told], now: datetime) -> str:
    """Return what the marks in the table mean, those that are there."""
    fates = {_fate_of(record, now) for _, records in told for record in records}
    parts = [f"{mark}: {_MEANINGS[fate]}." for fate, mark in _MARKS.items() if fate in fates]
    return " ".join([*parts, *(["+: somebody takes care."] if any(alert.acked_at for alert, _ in told) else [])])


def _cared_for(newest: Sequence[Alert]) -> tuple[str, ...]:
    """Return who takes care of which alerts, a line a person."""
    by_person: dict[str, list[str]] = {}
    for alert in newest:
        if alert.acked_by is not None:
            by_person.setdefault(labels.author(alert.acked_by), []).append(f"#{alert.id}")
    return tuple(f"{person} takes care of {texts.listing(numbers)}." for person, numbers in by_person.items())


async def _one(number: int, request: Request) -> Reply:
    """Return one alert as it was told, with what became of it at each destination."""
    services = request.services
    now = services.clock.now()
    async with services.units.reading() as unit:
        alert = await unit.alerts.get(number)
        records = await unit.alerts.deliveries(number)
    if alert is None:
        raise UsageError(f"No alert #{number} is stored.")
    render = find_renderers(renderers)
    told = render.get(alert.kind, render[""])(alert.event, alert)
    return replace(
        told,
        title=" · ".join(part for part in (f"#{number} {told.title}".strip(), _exchange(alert, services)) if part),
        banner=texts.banner(alert.mode),
        tone=tone_of(alert) if told.tone is Tone.PLAIN else told.tone,
        fields=(*told.fields, *_history(alert, now), *_deliveries(records, now)),
        buttons=_buttons(told.buttons, alert, request),
    )


def _exchange(alert: Alert, services: Services) -> str:
    return labels.title_of(alert.event.exchange, services.exchanges)


def _history(alert: Alert, now: datetime) -> tuple[Field, ...]:
    fields = [
        Field(name="At", value=texts.time(alert.created_at, now)),
        Field(name="Severity", value=alert.severity.name.lower()),
    ]
    if alert.acked_by is not None and alert.acked_at is not None:
        who = f"{labels.author(alert.acked_by)} since {texts.time(alert.acked_at, now)}"
        fields.append(Field(name="Taken care of", value=who))
    return tuple(fields)


def _deliveries(records: Sequence[DeliveryRecord], now: datetime) -> tuple[Field, ...]:
    fields = [Field(name=f"to {record.destination}", value=_fate(record, now)) for record in records]
    more = len(fields) - MOST_DELIVERIES
    return (*fields[:MOST_DELIVERIES], *([Field(name="and", value=f"{more} more")] if more > 0 else []))


def _fate(record: DeliveryRecord, now: datetime) -> str:
    fate = _fate_of(record, now)
    text = _MEANINGS[fate]
    if fate == _HELD and record.held_until is not None:
        text = f"held until {texts.time(record.held_until, now)}"
    if record.ended_at is not None:
        text += f" {texts.time(record.ended_at, now)}"
    if record.attempts > 1 or record.error:
        text += f", {texts.count(record.attempts, 'attempt')}"
    return f"{text}: {texts.cut(record.error, LONGEST_ERROR)}" if record.error else text


def _buttons(told: Rows, alert: Alert, request: Request) -> Rows:
    """Return the presses of the alert, and the one that takes care of it until somebody does; those that are theirs."""
    rows = told if alert.acked_at else (*told, (care(alert),))
    words = {word for command in request.commands for word in (command.name, *command.aliases)}
    theirs = (tuple(button for button in row if _word(button) in words) for row in rows)
    return tuple(row for row in theirs if row)


def _word(button: Button) -> str:
    return button.command.split()[0].removeprefix("/")


def _words(kind: str) -> str:
    return kind.replace("_", " ")


_HELD = "held"
_MARKS: Mapping[str, str] = {
    DeliveryState.FAILED: "FAIL",
    DeliveryState.PENDING: "wait",
    DeliveryState.EXPIRED: "late",
    _HELD: "held",
    DeliveryState.SENT: "yes",
}
"""The worst first."""

_MEANINGS: Mapping[str, str] = {
    DeliveryState.FAILED: "refused for good",
    DeliveryState.PENDING: "waiting",
    DeliveryState.EXPIRED: "told too late, in a digest",
    _HELD: "held back for a while",
    DeliveryState.SENT: "delivered",
}

COMMAND = Command(
    name="alerts",
    summary="The newest alerts and who got them, or one in full",
    run=run,
    role=Role.VIEWER,
    usage="[n] [kind] | [#alert]",
    examples=("/alerts 20 order_refused", "/alerts #12"),
)
