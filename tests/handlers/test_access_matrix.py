"""Every command by role, way of asking, platform and ceiling, generated from the registry, judged by the dispatcher.

What the commands answer is not looked at: each is replaced by one that notes that it ran or was asked about.
"""

from dataclasses import replace
from itertools import product

import pytest

from core.domain.people import Grant, Person, Role
from core.domain.replies import Reply
from handlers.dispatch import REFRESH
from handlers.invocation import Answer, Command, Invocation, InvocationKind, Preview, Request
from handlers.registry import build_registry, make_registry
from tests.builders import NOW
from tests.fakes.chat import FakeChat

COMMANDS = build_registry().commands
PLATFORMS = {"telegram": "telegram:-1001", "slack": "slack:C0001", "terminal": "terminal", "socket": "socket"}
PEOPLE = [Person(platform=platform, id=str(100 + role)) for platform in PLATFORMS for role in Role]


class Witness:
    """Stands in for every command and notes which of them ran or were shown."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def of(self, command: Command) -> Command:
        async def run(request: Request) -> Answer:
            self.seen.append(command.name)
            return Answer(reply=Reply())

        async def preview(request: Request) -> Preview:
            self.seen.append(command.name)
            return Preview(reply=Reply(), words=f"/{command.name}", state="")

        return replace(command, run=run, preview=preview if command.preview else None)


def stage(ceiling: Role) -> tuple[FakeChat, Witness]:
    """Return a chat with somebody of each role on every platform, where every chat has that ceiling."""
    witness = Witness()
    chat = FakeChat(
        registry=make_registry([witness.of(command) for command in COMMANDS], {}),
        ceilings=dict.fromkeys(PLATFORMS.values(), ceiling),
        per_minute=10**6,
    )
    for person in PEOPLE:
        role = Role(int(person.id) - 100)
        chat.access.apply(Grant(platform=person.platform, person_id=person.id, role=role, author="test", at=NOW))
    return chat, witness


@pytest.mark.parametrize("ceiling", Role)
@pytest.mark.parametrize("kind", InvocationKind)
async def test_a_command_runs_for_those_who_may_and_for_nobody_else(kind: InvocationKind, ceiling: Role) -> None:
    chat, witness = stage(ceiling)
    for command, word, person in product(COMMANDS, (0, 1), PEOPLE):
        names = (command.name, *command.aliases)
        if word >= len(names):
            continue
        witness.seen.clear()
        message = REFRESH if kind is InvocationKind.HOME else ""
        await chat.dispatch(
            Invocation(
                person=person,
                chat=PLATFORMS[person.platform],
                kind=kind,
                words=f"/{names[word]}",
                is_private=False,
                received_at=NOW,
                message=message,
            )
        )
        may = min(Role(int(person.id) - 100), ceiling) >= command.role
        acts_by_edit = kind is InvocationKind.EDIT and command.acts
        expected = [command.name] if may and not acts_by_edit else []
        assert witness.seen == expected, (command.name, person, kind, ceiling)


DANGERS = [command for command in COMMANDS if command.is_danger]


@pytest.mark.parametrize("command", DANGERS, ids=lambda command: command.name)
async def test_a_confirmation_is_the_askers_alone(command: Command) -> None:
    chat, witness = stage(Role.ADMIN)
    asker = Person(platform="telegram", id=str(100 + Role.ADMIN))
    question = await chat.say(f"/{command.name}", by=asker)
    for platform, where in PLATFORMS.items():
        chat.show(question, chat=where, message="m")
        witness.seen.clear()
        for person in PEOPLE:
            if person != asker and person.platform == platform:
                await chat.press(question, by=person, chat=where, message="m")
                await chat.press(question, "cancel", by=person, chat=where, message="m")
                await chat.hear(f"/confirm {question.confirmation}", by=person, chat=where)
        assert witness.seen == []
    await chat.press(question, by=asker, chat=PLATFORMS["telegram"], message="m")
    assert witness.seen == [command.name, command.name]


def test_there_is_something_to_confirm() -> None:
    assert {"close", "closeall", "grant", "revoke"} <= {command.name for command in DANGERS}
