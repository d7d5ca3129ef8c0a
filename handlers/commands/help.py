"""`/help`: what may be asked; what each command does belongs to its module."""

from core.domain.people import Role
from core.domain.replies import Field, Reply
from handlers.arguments import nearest
from handlers.invocation import Answer, Command, Request, UsageError


async def run(request: Request) -> Answer:
    """Answer with everything that the asker may run here, or with the usage of one command."""
    if request.arguments:
        return Answer(reply=_explained(_named(request, request.arguments[0])))
    fields = tuple(Field(name=f"/{command.name}", value=command.summary) for command in request.commands)
    footer = "/help <command> tells more. Times are UTC."
    return Answer(reply=Reply(title="Commands", fields=fields, footer=footer))


def _named(request: Request, word: str) -> Command:
    wanted = word.lower().removeprefix("/")
    words = {name: command for command in request.commands for name in (command.name, *command.aliases)}
    if wanted in words:
        return words[wanted]
    guess = nearest(wanted, words)
    raise UsageError("There is no such command for you here" + (f"; did you mean {guess}?" if guess else "."))


def _explained(command: Command) -> Reply:
    fields = [Field(name="Usage", value=f"/{command.name} {command.usage}".rstrip())]
    fields += [Field(name="Example", value=example) for example in command.examples]
    if command.aliases:
        fields.append(Field(name="Also", value=", ".join(f"/{alias}" for alias in command.aliases)))
    fields.append(
        Field(name="Who", value="anyone" if command.role is Role.NOBODY else f"{command.role.name.lower()} and up")
    )
    return Reply(title=f"/{command.name}", lines=(f"{command.summary}.",), fields=tuple(fields))


COMMAND = Command(
    name="help",
    summary="All commands, or how to use one",
    run=run,
    role=Role.VIEWER,
    usage="[command]",
    examples=("/help pause",),
)
