"""A dangerous act to be asked for and confirmed, and how a test asks for it; no test is here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.domain.people import Person, Role
from core.domain.replies import Reply
from handlers.confirming.approvals import ApprovalSettings
from handlers.invocation import Answer, Command, Preview, Request, UsageError
from handlers.registry import make_registry
from tests.fakes.chat import OLE, FakeChat

ROOM = "slack:C1"


class Safe:
    """A dangerous act: opens a safe whose content a test may change."""

    def __init__(self) -> None:
        self.content: str | None = "gold"
        self.opened: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.trouble: Exception | None = None

    async def preview(self, request: Request) -> Preview | Answer:
        if self.content is None:
            return Answer(reply=Reply(lines=("The safe is empty.",)))
        if request.arguments == ("?",):
            raise UsageError("Open what?")
        reply = Reply(title="Open?", banner="PAPER", lines=(f"In it: {self.content}.",), footer="now")
        return Preview(reply=reply, words="/open 'safe 1'", state=self.content)

    async def run(self, request: Request) -> Answer:
        await self.gate.wait()
        if self.trouble is not None:
            raise self.trouble
        self.opened.append(f"{'|'.join(request.arguments)} by {request.invocation.person.name} as {request.role.name}")
        return Answer(reply=Reply(lines=("It is open.",), footer="safe"), before="shut", after="open")


def chat_with(safe: Safe, approvals: ApprovalSettings | None = None, **told: object) -> FakeChat:
    command = Command(
        name="open",
        summary="Opens",
        run=safe.run,
        preview=safe.preview,
        role=Role.OPERATOR,
        raises_risk=approvals is not None,
        section="act",
    )
    return FakeChat(registry=make_registry((command,), {}), approvals=approvals, **told)  # type: ignore[arg-type]


@asynccontextmanager
async def watching(chat: FakeChat) -> AsyncIterator[None]:
    task = asyncio.create_task(chat.dispatch.watch())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def asked(chat: FakeChat, *, by: Person = OLE) -> Reply:
    """Ask for the act and let the question be shown as message m1."""
    question = await chat.say("/open", by=by)
    chat.show(question)
    return question
