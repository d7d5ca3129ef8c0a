"""`/health`: the parts of the process as they are now; measuring them belongs to the process."""

from core.domain.people import Role
from core.domain.replies import Field, Reply, Tone
from handlers import texts
from handlers.invocation import Answer, Command, Request


async def run(request: Request) -> Answer:
    """Answer with every part, the broken ones first, and with what waits to be delivered."""
    services = request.services
    items = sorted(await services.health(), key=lambda item: item.is_ok)
    broken = [item.name for item in items if not item.is_ok]
    backlog = await services.outbox.backlog()
    fields = [
        Field(name=item.name, value=f"{'ok' if item.is_ok else 'FAULT'}{f': {item.detail}' if item.detail else ''}")
        for item in items
    ]
    fields += [
        Field(name=f"to {destination}", value=f"{texts.count(waiting, 'alert')} waiting")
        for destination, waiting in sorted(backlog.items())
        if waiting
    ]
    title = f"Not well: {texts.listing(broken)}" if broken else "All is well"
    return Answer(reply=Reply(title=title, tone=Tone.WARNING if broken else Tone.GOOD, fields=tuple(fields)))


COMMAND = Command(name="health", summary="Parts of the bot, and what is wrong", run=run, role=Role.VIEWER)
