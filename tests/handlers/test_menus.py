"""Which commands are offered to whom."""

from core.domain.people import Grant, Role
from handlers.access import Access
from handlers.invocation import Answer, Command, Request
from handlers.menus import Menu, menus
from handlers.registry import make_registry
from tests.builders import NOW


async def run(request: Request) -> Answer:
    raise NotImplementedError


def command(name: str, role: Role) -> Command:
    return Command(name=name, summary="Does it", run=run, role=role)


REGISTRY = make_registry(
    map(command, ("whoami", "look", "act", "rule"), (Role.NOBODY, Role.VIEWER, Role.OPERATOR, Role.ADMIN)), {}
)
ROLES = {("telegram", "1"): Role.ADMIN, ("telegram", "3"): Role.VIEWER, ("slack", "U1"): Role.OPERATOR}


def named(found: tuple[Menu, ...]) -> dict[tuple[str, str], list[str]]:
    return {(menu.chat, menu.person): sorted(each.name for each in menu.commands) for menu in found}


def test_everybody_has_the_menu_of_their_role_and_a_stranger_almost_none() -> None:
    assert named(menus(REGISTRY, Access(roles=ROLES), "telegram", [])) == {
        ("", ""): ["whoami"],
        ("", "1"): ["act", "look", "rule", "whoami"],
        ("", "3"): ["look", "whoami"],
    }


def test_a_chat_offers_what_everybody_listed_may_do_there_and_more_to_those_who_may_more() -> None:
    access = Access(roles=ROLES, ceilings={"telegram:-1": Role.OPERATOR, "telegram:-2": Role.NOBODY})
    found = named(menus(REGISTRY, access, "telegram", ["telegram:-3/5", "telegram:-3", "slack:C1", "terminal"]))
    assert {key: names for key, names in found.items() if key[0]} == {
        ("-1", ""): ["look", "whoami"],
        ("-1", "1"): ["act", "look", "whoami"],
        ("-1", "3"): ["look", "whoami"],
        ("-2", ""): ["whoami"],
        ("-2", "1"): ["whoami"],
        ("-2", "3"): ["whoami"],
        ("-3", ""): ["look", "whoami"],
        ("-3", "1"): ["act", "look", "rule", "whoami"],
        ("-3", "3"): ["look", "whoami"],
    }


def test_a_private_chat_is_its_persons_and_has_its_ceiling() -> None:
    access = Access(roles=ROLES, ceilings={"telegram:1": Role.VIEWER})
    found = named(menus(REGISTRY, access, "telegram", ["telegram:1", "telegram:3"]))
    assert list(found) == [("", ""), ("", "1"), ("", "3")]
    assert found["", "1"] == ["look", "whoami"]


def test_what_is_switched_off_is_not_offered() -> None:
    access = Access(roles=ROLES, disabled={"slack": frozenset({"look", "whoami"})})
    assert named(menus(REGISTRY, access, "slack", [])) == {("", ""): [], ("", "U1"): ["act"]}


def test_what_was_granted_counts() -> None:
    access = Access(roles=ROLES)
    access.apply(Grant(platform="telegram", person_id="9", role=Role.OPERATOR, author="test", at=NOW))
    access.apply(Grant(platform="telegram", person_id="1", role=Role.NOBODY, author="test", at=NOW))
    found = named(menus(REGISTRY, access, "telegram", []))
    assert ("", "1") not in found
    assert found["", "9"] == ["act", "look", "whoami"]
