"""One socket from its opening to its end."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.platforms.slack.connection import SlackSocket
from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import SlackWeb
from tests.fakes.slack_server import SlackServer


@pytest.fixture
async def web(settings: SlackSettings) -> AsyncIterator[SlackWeb]:
    web = SlackWeb(settings)
    yield web
    await web.close()


async def test_every_end_is_told(slack: SlackServer, web: SlackWeb) -> None:
    for end in (slack.disconnect, slack.cut):
        socket = SlackSocket(app_token="xapp", url=await web.open_connection(), web=web)
        await socket.connect()
        await slack.wait_for(lambda: slack.connections == 1)
        assert not socket.ended.is_set()
        await end()
        async with asyncio.timeout(2):
            await socket.ended.wait()
        await socket.close()
        await slack.wait_for(lambda: slack.connections == 0)


async def test_an_address_works_once(slack: SlackServer, web: SlackWeb) -> None:
    url = await web.open_connection()
    first = SlackSocket(app_token="xapp", url=url, web=web)
    await first.connect()
    second = SlackSocket(app_token="xapp", url=url, web=web)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await second.connect()
    await second.close()
    await first.close()
