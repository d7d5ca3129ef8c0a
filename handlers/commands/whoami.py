"""`/whoami`: a person's own id and role; the only command that answers anyone."""

from core.domain.people import Role
from core.domain.replies import Field, Reply
from handlers.invocation import Answer, Command, Request


async def run(request: Request) -> Answer:
    """Answer with the id that settings know a person by, and with the role in this chat."""
    person = request.invocation.person
    role = "not on the list" if request.role is Role.NOBODY else request.role.name.lower()
    fields = (
        Field(name="Id", value=f"{person.platform}:{person.id}"),
        Field(name="Role", value=role),
        Field(name="Chat", value=request.invocation.chat),
    )
    return Answer(reply=Reply(title="You", fields=fields, is_private=True))


COMMAND = Command(name="whoami", summary="Your id and your role here", run=run, role=Role.NOBODY)
