"""The first words."""

from tests.fakes.chat import VIC, FakeChat, commands_of, text_of


async def test_start_greets_and_leads_on() -> None:
    reply = await FakeChat().say("/start", by=VIC)
    assert "Hello Vic; you are viewer here." in text_of(reply)
    assert reply.banner == "PAPER"
    assert "/status" in commands_of(reply)
