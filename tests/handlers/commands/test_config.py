"""The settings in force."""

from tests.fakes.chat import OLE, FakeChat, text_of


async def test_all_settings_come_as_a_file_and_the_main_ones_in_words() -> None:
    chat = FakeChat()
    chat.config = "trading:\n  mode: paper\ntelegram:\n  token: '********'\n"
    reply = await chat.say("/config")
    assert reply.file is not None
    assert (reply.file.name, reply.file.content.decode()) == ("config.yaml", chat.config)
    assert reply.file.summary == "4 lines, secrets masked"
    text = text_of(reply)
    for piece in ("Mode: PAPER", "Exchanges: Binance, Bybit", "Fee of a side: 0.05 %", "In force since: 07:08"):
        assert piece in text
    assert reply.is_private
    assert reply.banner == "PAPER"


async def test_it_takes_no_words() -> None:
    assert "All settings come at once" in text_of(await FakeChat().say("/config trading"))


async def test_only_an_admin_may_read_them() -> None:
    reply = await FakeChat().say("/config", by=OLE)
    assert reply.file is None
    assert "needs the role admin" in text_of(reply)
