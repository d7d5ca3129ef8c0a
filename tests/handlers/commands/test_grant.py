"""Giving a role."""

import asyncio

import pytest

from core.domain.people import Person, Role
from handlers.confirming.approvals import ApprovalSettings
from tests.fakes.chat import ADA, OLE, FakeChat, text_of

NEW = Person(platform="telegram", id="1003")


async def test_a_role_is_shown_given_stored_and_in_force() -> None:
    chat = FakeChat()
    question = await chat.say("/grant 1003 Operator")
    assert text_of(question).splitlines()[:5] == [
        "Make telegram:1003 operator?",
        "A chat with a ceiling still lets nobody do more there.",
        "Person: telegram:1003",
        "Now: not on the list",
        "Then: operator",
    ]
    assert chat.access.role_of(NEW) is Role.NOBODY
    chat.show(question)
    reply = await chat.press(question)
    assert reply is not None
    assert reply.lines == ("telegram:1003 is operator from now on.",)
    assert chat.access.role_of(NEW) is Role.OPERATOR
    async with chat.units.reading() as unit:
        (grant,) = await unit.grants.current()
    assert (grant.platform, grant.person_id, grant.role) == ("telegram", "1003", Role.OPERATOR)
    assert (grant.author, grant.at) == ("telegram:1 (Ada)", chat.clock.now())
    row = (await chat.audit())[-1]
    assert row.before == "telegram:1003 not on the list"
    assert (row.after or "").startswith("telegram:1003 operator; /grant telegram:1003 operator asked by")
    assert (await chat.hear("/positions", by=NEW)) is not None


@pytest.mark.parametrize(
    ("words", "role"), [("/grant telegram:2 admin", Role.ADMIN), ("/revoke telegram:2", Role.NOBODY)]
)
async def test_whoever_hears_of_the_change_finds_it_in_force(words: str, role: Role) -> None:
    """Command menus and control panels are drawn anew when they hear of it."""
    chat = FakeChat()

    async def draw() -> Role:
        await chat.units.changes.wait(0)
        return chat.access.role_of(OLE)

    drawing = asyncio.create_task(draw())
    await chat.clock.settle()
    await chat.act(words)
    assert await drawing is role


async def test_a_listed_person_can_be_given_less() -> None:
    chat = FakeChat()
    await chat.act("/grant telegram:2 viewer")
    assert chat.access.role_of(OLE) is Role.VIEWER
    assert "needs the role operator" in text_of(await chat.say("/pause", by=OLE))


async def test_what_is_so_already_is_said() -> None:
    chat = FakeChat()
    reply = await chat.say("/grant telegram:2 operator")
    assert (text_of(reply).strip(), reply.confirmation) == ("telegram:2 is operator already.", None)


async def test_a_role_that_changed_meanwhile_is_asked_about_anew() -> None:
    chat = FakeChat()
    question = await chat.say("/grant 1003 viewer")
    chat.show(question)
    await chat.act("/grant 1003 admin")
    again = await chat.press(question)
    assert again is not None
    assert "Now: admin" in text_of(again)
    assert chat.access.role_of(NEW) is Role.ADMIN


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/grant", "Name one person by id, and a role."),
        ("/grant 1003", "Name one person"),
        ("/grant @ann admin", "/whoami tells everybody their own"),
        ("/grant 1003 operater", "did you mean operator?"),
        ("/grant 1003 nobody", "use /revoke telegram:1003"),
        ("/grant telegram:1 viewer", "You cannot change your own role"),
    ],
)
async def test_doubtful_words_give_nothing(words: str, said: str) -> None:
    chat = FakeChat()
    assert said in text_of(await chat.say(words))
    assert chat.units.store.grants == []


async def test_only_an_admin_may() -> None:
    assert "needs the role admin" in text_of(await FakeChat().say("/grant 1003 viewer", by=OLE))


async def test_it_raises_risk() -> None:
    chat = FakeChat(approvals=ApprovalSettings(second_person=True))
    assert "Your own press is not enough" in text_of(await chat.act("/grant 1003 viewer", by=ADA))
    assert chat.units.store.grants == []
