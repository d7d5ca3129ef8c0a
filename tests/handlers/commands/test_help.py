"""What may be asked."""

from tests.fakes.chat import ADA, VIC, FakeChat, text_of


async def test_help_lists_what_the_asker_may_run() -> None:
    chat = FakeChat()
    for_viewer = await chat.say("/help", by=VIC)
    for_admin = await chat.say("/help", by=ADA)
    assert "/pause" not in text_of(for_viewer)
    assert "/pause" in text_of(for_admin)
    assert len(for_admin.fields) == len(chat.registry.commands)


async def test_help_explains_one_command_by_any_of_its_names() -> None:
    reply = await FakeChat().say("/help /STOP")
    assert reply.title == "/pause"
    assert "Usage: /pause [exchange|SYMBOL|all] [for 2h] [reason]" in text_of(reply)
    assert "Also: /stop" in text_of(reply)
    assert "Who: operator and up" in text_of(reply)


async def test_help_suggests_for_a_misspelt_name() -> None:
    assert "did you mean status?" in text_of(await FakeChat().say("/help staus"))


async def test_help_keeps_quiet_about_what_the_asker_may_not_run() -> None:
    assert "no such command for you" in text_of(await FakeChat().say("/help pause", by=VIC))
