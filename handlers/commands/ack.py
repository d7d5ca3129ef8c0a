"""`/ack`: say that an alert is taken care of; the first to say so stays, and saying it again changes nothing."""

from collections.abc import Sequence

from core.domain.delivery import Alert
from core.domain.people import Role
from core.domain.replies import Button, Reply, Tone
from handlers import labels, texts
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.lookups import read_id
from handlers.pickers import word_picker
from handlers.services import Services

LOOKED_AT = 300
MOST_OPTIONS = 10


async def run(request: Request) -> Answer:
    """Note who takes care of the alert that is named; without a number, ask which."""
    services = request.services
    if len(request.arguments) > 1:
        raise UsageError("One alert at a time.")
    if not request.arguments:
        return Answer(reply=await _which(services))
    number = read_id(request.arguments[0])
    if number is None:
        raise UsageError(f"{texts.quoted(request.arguments[0])} is no number of an alert.")
    now = services.clock.now()
    async with services.units.writing() as unit:
        before = await unit.alerts.get(number)
        after = await unit.alerts.acknowledge(number, now, request.invocation.person.signature)
    if before is None or after is None:
        raise UsageError(f"No alert #{number} is stored.")
    if before.acked_at is not None:
        return Answer(reply=_told(after, request, "takes care of it already,"))
    return Answer(
        reply=_told(after, request, "takes care of it"), before=f"#{number} open", after=f"#{number} acknowledged"
    )


def _told(alert: Alert, request: Request, verb: str) -> Reply:
    who = labels.author(alert.acked_by or "somebody")
    since = f" since {texts.time(alert.acked_at, request.services.clock.now())}" if alert.acked_at else ""
    return Reply(
        title=f"Alert #{alert.id}: {_kind(alert)}",
        tone=Tone.GOOD,
        lines=(f"{who} {verb}{since}.",),
        buttons=((Button(label="Show it", command=f"/alerts #{alert.id}"),),),
    )


async def _which(services: Services) -> Reply:
    """Return the question which one, with the newest that matter and that nobody takes care of."""
    waiting = await _waiting(services)
    if not waiting:
        return Reply(tone=Tone.GOOD, lines=("Every warning has somebody who takes care of it.",))
    now = services.clock.now()
    options = [
        (f"#{alert.id} {_kind(alert)} · {texts.time(alert.created_at, now)}", f"/ack {alert.id}") for alert in waiting
    ]
    return Reply(picker=word_picker("Which alert do you take care of?", options))


def _kind(alert: Alert) -> str:
    return alert.kind.replace("_", " ")


async def _waiting(services: Services) -> Sequence[Alert]:
    async with services.units.reading() as unit:
        recent = await unit.alerts.recent(LOOKED_AT)
    return [alert for alert in recent if alert.is_urgent and alert.acked_at is None][:MOST_OPTIONS]


COMMAND = Command(
    name="ack",
    summary="Say that you take care of an alert",
    run=run,
    role=Role.OPERATOR,
    usage="[alert]",
    examples=("/ack 12", "/ack"),
    works_late=True,
    section="act",
)
