"""`/config`: the settings in force, as a file; reading them and masking secrets belongs to the process."""

from core.domain.people import Role
from core.domain.replies import Field, File, Reply
from handlers import texts
from handlers.invocation import Answer, Command, Request, UsageError

FILE_NAME = "config.yaml"


async def run(request: Request) -> Answer:
    """Answer with what matters most in a line each, and with all of it as a file."""
    services = request.services
    if request.arguments:
        raise UsageError("All settings come at once, as a file.")
    text = services.config()
    fields = (
        Field(name="Mode", value=texts.banner(services.mode)),
        Field(name="Exchanges", value=texts.listing(ref.title for ref in services.exchanges)),
        Field(name="Fee of a side", value=texts.percent(services.fee).lstrip("+")),
        Field(name="Version", value=services.version),
        Field(name="In force since", value=texts.time(services.started_at, services.clock.now())),
    )
    file = File(
        name=FILE_NAME,
        content=text.encode(),
        media_type="application/yaml",
        summary=f"{texts.count(len(text.splitlines()), 'line')}, secrets masked",
    )
    banner = texts.banner(services.mode)
    return Answer(reply=Reply(title="Settings in force", banner=banner, fields=fields, file=file, is_private=True))


COMMAND = Command(name="config", summary="The settings in force, secrets masked", run=run, role=Role.ADMIN)
