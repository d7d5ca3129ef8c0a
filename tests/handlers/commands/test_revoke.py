"""Taking a role away."""

import pytest

from core.domain.people import Role
from core.domain.replies import Reply
from handlers.confirming.approvals import ApprovalSettings
from tests.builders import make_position
from tests.fakes.chat import OLE, FakeChat, commands_of, text_of


async def test_a_role_is_shown_taken_stored_and_gone() -> None:
    chat = FakeChat()
    question = await chat.say("/revoke telegram:2")
    assert "Take the role of telegram:2?" in text_of(question)
    assert "Now: operator" in text_of(question)
    chat.show(question)
    reply = await chat.press(question)
    assert reply is not None
    assert reply.lines == ("telegram:2 is not on the list any more.",)
    assert chat.access.role_of(OLE) is Role.NOBODY
    assert [grant.role for grant in chat.units.store.grants] == [Role.NOBODY]
    row = (await chat.audit())[-1]
    assert row.before == "telegram:2 operator"
    assert (row.after or "").startswith("telegram:2 nobody; /revoke telegram:2 asked by telegram:1 (Ada)")
    refused = await chat.hear("/positions", by=OLE)
    assert "not on the list" in text_of(refused or await chat.say("/whoami", by=OLE))


async def test_what_a_revoked_person_had_asked_is_void() -> None:
    chat = FakeChat()
    await chat.keep(positions=[make_position()])
    question = await chat.say("/close 1", by=OLE)
    chat.show(question)
    await chat.act("/revoke telegram:2")
    assert "not on the list" in text_of(await chat.press(question, by=OLE) or Reply())
    assert chat.desk.calls == []


async def test_without_a_name_the_others_are_offered() -> None:
    assert commands_of(await FakeChat().say("/revoke")) == ["/revoke telegram:2", "/revoke telegram:3"]


async def test_who_is_not_listed_is_said() -> None:
    assert "telegram:99 is not on the list." in text_of(await FakeChat().say("/revoke 99"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/revoke 1", "You cannot take your own role; another admin can."),
        ("/revoke 2 3", "Name one person by id."),
        ("/revoke ole", "is no id"),
        ("/revoke terminal:local", "is no id"),
    ],
)
async def test_doubtful_words_take_nothing(words: str, said: str) -> None:
    chat = FakeChat()
    assert said in text_of(await chat.say(words))
    assert chat.units.store.grants == []


async def test_taking_a_role_lowers_risk_and_needs_nobody_else() -> None:
    chat = FakeChat(approvals=ApprovalSettings(second_person=True))
    await chat.act("/revoke telegram:2")
    assert chat.access.role_of(OLE) is Role.NOBODY


async def test_only_an_admin_may() -> None:
    assert "needs the role admin" in text_of(await FakeChat().say("/revoke 3", by=OLE))
