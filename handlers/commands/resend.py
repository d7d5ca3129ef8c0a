"""`/resend`: tell an alert again, where it was told before or somewhere else; carrying it is for the relay."""

from core.domain.delivery import Destination
from core.domain.people import Role
from core.domain.replies import Reply, Tone
from handlers import texts
from handlers.arguments import choose
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.lookups import read_id

PLATFORMS = ("telegram", "slack", "terminal")
HERE = "here"


async def run(request: Request) -> Answer:
    """Put the alert that is named into its queues again, as a message of its own."""
    if not 1 <= len(request.arguments) <= 2:
        raise UsageError("Name one alert by its number, and one destination at most.")
    services = request.services
    number, *place = request.arguments
    alert_id = read_id(number)
    if alert_id is None:
        raise UsageError(f"{texts.quoted(number)} is no number of an alert; each alert carries its own.")
    to = _read_destination(place[0], request) if place else None
    told = await services.outbox.resend(alert_id, services.clock.now(), to)
    if not told:
        before = "" if to else ", or it was told nowhere: name a destination"
        raise UsageError(f"No alert #{alert_id} is stored{before}.")
    names = texts.listing(map(str, told))
    reply = Reply(tone=Tone.GOOD, lines=(f"Alert #{alert_id} is told again: {names}.",))
    return Answer(reply=reply, before=f"#{alert_id} told", after=f"#{alert_id} told again: {names}")


def _read_destination(word: str, request: Request) -> Destination:
    text = request.invocation.chat if word.lower() == HERE else word
    try:
        to = Destination.parse(text)
    except ValueError as error:
        raise UsageError(texts.sentence(str(error))) from None
    choose(to.platform, PLATFORMS)
    return to


COMMAND = Command(
    name="resend",
    summary="Tell an alert again",
    run=run,
    role=Role.ADMIN,
    usage="<alert> [destination|here]",
    examples=("/resend 17", "/resend 17 telegram:-1001/5", "/resend 17 here"),
    section="act",
)
