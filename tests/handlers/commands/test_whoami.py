"""A person's own id."""

from core.domain.people import Role
from tests.fakes.chat import ADA, EVE, FakeChat, text_of


async def test_whoami_tells_a_stranger_the_id() -> None:
    reply = await FakeChat().say("/whoami", by=EVE)
    assert "Id: telegram:666" in text_of(reply)
    assert "not on the list" in text_of(reply)
    assert reply.is_private


async def test_whoami_tells_the_role_that_holds_in_the_chat() -> None:
    chat = FakeChat(ceilings={"telegram:-1001": Role.VIEWER})
    assert "Role: viewer" in text_of(await chat.say("/whoami", by=ADA))
