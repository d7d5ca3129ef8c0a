"""`/health`: the parts of the process as they are now; measuring them belongs to the process."""

from core.domain.people import Role
from core.domain.replies import Field, Reply, Tone
from handlers import summaries, texts
from handlers.invocation import Answer, Command, Request

_DELIVERIES = "deliveries"
"""The part that sums up what is told here of each destination."""


async def run(request: Request) -> Answer:
    """Answer with every part and every destination of alerts, the broken ones first."""
    services = request.services
    now = services.clock.now()
    items = sorted((item for item in await services.health() if item.name != _DELIVERIES), key=lambda item: item.is_ok)
    traffic = sorted(await services.traffic(), key=lambda each: (not summaries.is_failing(each), each.destination))
    failing = [each for each in traffic if summaries.is_failing(each)]
    broken = [item.name for item in items if not item.is_ok] + [str(each.destination) for each in failing]
    parts = [
        Field(name=item.name, value=f"{'ok' if item.is_ok else 'FAULT'}{f': {item.detail}' if item.detail else ''}")
        for item in items
    ]
    destinations = [
        Field(name=f"to {each.destination}", value=summaries.delivery(each, now))
        for each in traffic
        if each.waiting or each in failing
    ]
    title = f"Not well: {texts.listing(broken)}" if broken else "All is well"
    tone = Tone.WARNING if broken else Tone.GOOD
    banner = texts.banner(services.mode)
    return Answer(reply=Reply(title=title, banner=banner, tone=tone, fields=(*parts, *destinations)))


COMMAND = Command(name="health", summary="Parts of the bot, and what is wrong", run=run, role=Role.VIEWER)
