"""`/version`: which program runs and since when."""

from core.domain.people import Role
from core.domain.replies import Reply
from handlers import texts
from handlers.invocation import Answer, Command, Request


async def run(request: Request) -> Answer:
    """Answer with version and uptime."""
    services = request.services
    now = services.clock.now()
    started = texts.time(services.started_at, now)
    line = f"Wavehelm {services.version}, up {texts.age(now - services.started_at)} (since {started})."
    return Answer(reply=Reply(lines=(line,)))


COMMAND = Command(name="version", summary="Which version runs, and since when", run=run, role=Role.VIEWER)
