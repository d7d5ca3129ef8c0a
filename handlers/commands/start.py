"""`/start`: what this is and where to go on; the list of commands belongs to `/help`."""

from core.domain.people import Role
from core.domain.replies import Button, Reply
from handlers import texts
from handlers.invocation import Answer, Command, Request


async def run(request: Request) -> Answer:
    """Answer with a greeting and the first presses."""
    services = request.services
    name = request.invocation.person.name
    lines = (
        f"Hello{f' {name}' if name else ''}; you are {request.role.name.lower()} here.",
        "I trade the waves of the signal server, guard what is open, and tell you why.",
        "Ask /status first; /help has all.",
    )
    buttons = (
        (Button(label="Status", command="/status"), Button(label="Positions", command="/positions")),
        (Button(label="Waves", command="/waves"), Button(label="Help", command="/help")),
    )
    return Answer(reply=Reply(title="Wavehelm", banner=texts.banner(services.mode), lines=lines, buttons=buttons))


COMMAND = Command(name="start", summary="What this is, and the first steps", run=run, role=Role.VIEWER)
