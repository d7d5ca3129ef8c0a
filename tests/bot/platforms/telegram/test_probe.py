"""One look at Telegram: who the bot is, what is wrong, and nothing said to anybody."""

from dataclasses import replace

import pytest

from bot.platforms.telegram.probe import probe
from bot.platforms.telegram.settings import TelegramSettings
from core.domain.errors import ConfigurationError, Unreachable
from tests.fakes.telegram_server import Fault, TelegramServer


async def test_a_good_token_tells_who_the_bot_is(server: TelegramServer, settings: TelegramSettings) -> None:
    assert await probe(settings) == "@wavehelm_bot"
    assert [method for method, _ in server.calls] == ["getMe"]


@pytest.mark.parametrize("token", ["123456789:wrong", "no token at all"])
async def test_a_wrong_token_is_to_be_mended_and_not_shown(settings: TelegramSettings, token: str) -> None:
    with pytest.raises(ConfigurationError, match="mend TELEGRAM_BOT_TOKEN") as raised:
        await probe(replace(settings, token=token))
    assert token not in str(raised.value)


async def test_a_server_that_is_away_is_named(server: TelegramServer, settings: TelegramSettings) -> None:
    await server.down()
    with pytest.raises(Unreachable, match=f"{server.url} does not answer"):
        await probe(settings)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="getMe", status=502, description="Bad Gateway"),
        Fault(method="getMe", status=429, description="Too Many Requests", retry_after_s=7),
        Fault(method="getMe", body="<html>a proxy's own page</html>"),
        Fault(method="getMe", loses_answer=True),
    ],
    ids=["out of order", "asks to wait", "a proxy", "answer lost"],
)
async def test_a_server_in_trouble_is_away(server: TelegramServer, settings: TelegramSettings, fault: Fault) -> None:
    server.order(fault)
    with pytest.raises(Unreachable, match="does not answer"):
        await probe(settings)
