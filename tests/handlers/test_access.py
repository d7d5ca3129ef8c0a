"""Who may what: a matrix over every command, role, kind and chat."""

import pytest

from core.domain.people import Grant, Person, Role
from handlers.access import Access, Denial
from handlers.invocation import Command, Invocation, InvocationKind
from handlers.registry import build_registry
from tests.builders import NOW

COMMANDS = build_registry().commands
CHAT = "telegram:-1001"


def person(role: Role) -> Person:
    return Person(platform="telegram", id=str(int(role)), name="Ada")


def access(**changes: object) -> Access:
    roles = {("telegram", str(int(role))): role for role in Role if role is not Role.NOBODY}
    return Access(roles=roles, **changes)  # type: ignore[arg-type]


def granted(to: Person, role: Role) -> Grant:
    return Grant(platform=to.platform, person_id=to.id, role=role, author="test", at=NOW)


def said(by: Person, kind: InvocationKind = InvocationKind.COMMAND, chat: str = CHAT) -> Invocation:
    return Invocation(person=by, chat=chat, kind=kind, words="", is_private=False, received_at=NOW)


@pytest.mark.parametrize("kind", InvocationKind)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_role_runs_what_it_reaches_in_every_way_of_asking(command: Command, role: Role, kind: InvocationKind) -> None:
    decision = access().decide(said(person(role), kind), command)
    assert decision.is_allowed == (role >= command.role)
    if role is Role.NOBODY and command.name != "whoami":
        assert decision.denial is Denial.UNLISTED


@pytest.mark.parametrize("ceiling", Role)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ADMIN])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_chat_lowers_every_role_to_its_ceiling(command: Command, role: Role, ceiling: Role) -> None:
    decision = access(ceilings={CHAT: ceiling}).decide(said(person(role)), command)
    assert decision.is_allowed == (min(role, ceiling) >= command.role)
    assert decision.role is min(role, ceiling)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_switched_off_command_is_off_for_everybody_on_that_platform(command: Command) -> None:
    rights = access(disabled={"telegram": frozenset({command.name})})
    decision = rights.decide(said(person(Role.ADMIN)), command)
    assert decision.denial is Denial.DISABLED
    elsewhere = Access(roles={("slack", "U1"): Role.ADMIN}, disabled={"telegram": frozenset({command.name})})
    assert elsewhere.decide(said(Person(platform="slack", id="U1")), command).is_allowed


def test_only_whoami_is_open_to_anyone() -> None:
    assert [command.name for command in COMMANDS if command.role is Role.NOBODY] == ["whoami"]


def test_nobody_is_let_in_when_nobody_is_listed() -> None:
    rights = Access(roles={})
    for command in COMMANDS:
        assert rights.decide(said(person(Role.ADMIN)), command).is_allowed == (command.name == "whoami")
    assert rights.decide(said(person(Role.ADMIN)), None).denial is Denial.UNLISTED


def test_neither_a_name_nor_an_id_of_another_platform_gives_a_role() -> None:
    rights = access()
    assert rights.role_of(Person(platform="telegram", id="666", name="Ada")) is Role.NOBODY
    assert rights.role_of(Person(platform="slack", id=str(int(Role.ADMIN)))) is Role.NOBODY


def test_a_ceiling_holds_in_the_topics_of_its_chat_and_a_topic_may_be_lower() -> None:
    rights = access(ceilings={CHAT: Role.OPERATOR, f"{CHAT}/5": Role.VIEWER})
    admin = person(Role.ADMIN)
    assert rights.role_in(admin, f"{CHAT}/7") is Role.OPERATOR
    assert rights.role_in(admin, f"{CHAT}/5") is Role.VIEWER
    assert rights.role_in(admin, "telegram:-1002") is Role.ADMIN


def test_a_grant_wins_over_the_configuration() -> None:
    rights = access()
    new = Person(platform="telegram", id="77")
    rights.apply(granted(new, Role.OPERATOR))
    assert rights.role_of(new) is Role.OPERATOR
    rights.apply(granted(person(Role.ADMIN), Role.VIEWER))
    assert rights.role_of(person(Role.ADMIN)) is Role.VIEWER
    rights.apply(granted(person(Role.OPERATOR), Role.NOBODY))
    assert rights.listed() == {
        ("telegram", "1"): Role.VIEWER,
        ("telegram", "3"): Role.VIEWER,
        ("telegram", "77"): Role.OPERATOR,
    }
    decision = rights.decide(said(person(Role.OPERATOR)), None)
    assert decision.denial is Denial.UNLISTED


def test_a_ceiling_goes_with_a_chat_that_moves() -> None:
    rights = access(ceilings={CHAT: Role.OPERATOR, f"{CHAT}/5": Role.VIEWER, "telegram:-7": Role.VIEWER})
    for _ in range(2):
        rights.follow(CHAT, "telegram:-100200")
    admin = person(Role.ADMIN)
    assert rights.role_in(admin, "telegram:-100200") is Role.OPERATOR
    assert rights.role_in(admin, "telegram:-100200/5") is Role.VIEWER
    assert rights.role_in(admin, CHAT) is Role.OPERATOR
    assert rights.role_in(admin, "telegram:-7") is Role.VIEWER
    rights.follow("telegram:-7", "telegram:-100200")
    assert rights.role_in(admin, "telegram:-100200") is Role.VIEWER


def test_an_alias_switches_the_command_off_too() -> None:
    pause = next(command for command in COMMANDS if command.name == "pause")
    rights = access(disabled={"telegram": frozenset({"stop"})})
    assert rights.decide(said(person(Role.ADMIN)), pause).denial is Denial.DISABLED


def test_a_refusal_by_the_chat_differs_from_one_by_the_role() -> None:
    pause = next(command for command in COMMANDS if command.name == "pause")
    rights = access(ceilings={CHAT: Role.VIEWER})
    assert rights.decide(said(person(Role.ADMIN)), pause).denial is Denial.CEILING
    assert rights.decide(said(person(Role.VIEWER)), pause).denial is Denial.ROLE
