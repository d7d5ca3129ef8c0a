from datetime import timedelta

import pytest
from telegram.error import NetworkError

from bot.platforms.telegram.gateway import Gateway, Throttled
from bot.platforms.telegram.settings import TelegramSettings
from tests.fakes.telegram_server import Fault, TelegramServer


async def test_the_token_is_put_in_below_the_library(server: TelegramServer, settings: TelegramSettings) -> None:
    gateway = Gateway(settings)
    me = await gateway.bot.get_me()
    assert me.username == "wavehelm_bot"
    assert server.token not in gateway.bot.token + gateway.bot.base_url + repr(gateway.bot)
    await gateway.close()


async def test_an_address_may_end_with_a_slash(server: TelegramServer) -> None:
    gateway = Gateway(TelegramSettings(token=f" {server.token}\n", api_url=f"{server.url}/"))
    assert (await gateway.bot.get_me()).username == "wavehelm_bot"
    await gateway.close()


@pytest.mark.parametrize(
    ("body_status", "wait_s"), [(Fault(status=429, retry_after_s=9), 9), (Fault(status=429, retry_after_s=None), 1)]
)
async def test_flood_control_is_told_without_a_warning(
    server: TelegramServer, settings: TelegramSettings, body_status: Fault, wait_s: int
) -> None:
    gateway = Gateway(settings)
    server.order(body_status)
    with pytest.raises(Throttled) as caught:
        await gateway.bot.get_me()
    assert caught.value.wait == timedelta(seconds=wait_s)
    await gateway.close()


@pytest.mark.parametrize("body", ["[]", '"ok"', '{"ok": true}', '{"ok": true, "result": null}'])
async def test_answers_of_nobody_we_know_are_network_errors(
    server: TelegramServer, settings: TelegramSettings, body: str
) -> None:
    gateway = Gateway(settings)
    server.order(Fault(body=body))
    with pytest.raises(NetworkError, match=r"(?i)makes no sense"):
        await gateway.bot.get_me()
    await gateway.close()


async def test_a_proxy_is_used(server: TelegramServer) -> None:
    # The server stands in for the proxy: it gets the absolute address of a host that does not exist.
    gateway = Gateway(TelegramSettings(token=server.token, api_url="http://bot-api.invalid", proxy=server.url))
    assert (await gateway.bot.get_me()).username == "wavehelm_bot"
    await gateway.close()
