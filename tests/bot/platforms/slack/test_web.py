"""Calls and their errors."""

import logging

import pytest

from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import CallRefused, SlackWeb
from core.domain.errors import RetryLater
from tests.fakes.slack_server import SlackServer


async def test_a_call_answers_and_reuses_its_line(slack: SlackServer, settings: SlackSettings) -> None:
    web = SlackWeb(settings)
    assert (await web.call("auth.test", {}))["user_id"] == "U0BOT"
    assert (await web.open_connection()).startswith("ws://127.0.0.1")
    with pytest.raises(CallRefused, match="channel_not_found") as caught:
        await web.call("conversations.info", {"channel": "C0404"})
    assert caught.value.code == "channel_not_found"
    assert len(slack.lines) == 1, "one session serves every call"
    await web.close()


async def test_the_addresss_last_slash_may_be_missing(slack: SlackServer, settings: SlackSettings) -> None:
    bare = SlackSettings(
        bot_token=settings.bot_token, app_token=settings.app_token, api_url=settings.api_url.rstrip("/")
    )
    web = SlackWeb(bare)
    assert (await web.call("auth.test", {}))["ok"]
    await web.close()


async def test_after_the_end_calls_are_put_off(slack: SlackServer, settings: SlackSettings) -> None:
    web = SlackWeb(settings)
    await web.close()
    with pytest.raises(RetryLater, match="not connected"):
        await web.call("auth.test", {})
    web.open()
    assert (await web.call("auth.test", {}))["ok"]
    await web.close()


async def test_an_answer_without_an_address_is_no_connection(slack: SlackServer, settings: SlackSettings) -> None:
    slack.fail("apps.connections.open", status=200, body="")
    web = SlackWeb(settings)
    with pytest.raises(RetryLater):
        await web.open_connection()
    await web.close()


async def test_an_upload_that_does_not_arrive_is_put_off(slack: SlackServer, settings: SlackSettings) -> None:
    web = SlackWeb(settings)
    form = {"filename": "a.csv", "length": "3"}
    url = (await web.call_form("files.getUploadURLExternal", form))["upload_url"]
    for status in (429, 500):
        slack.fail("upload", status=status)
        with pytest.raises(RetryLater):
            await web.upload(url, b"abc")
    slack.fail("upload", status=413)
    with pytest.raises(CallRefused, match="413"):
        await web.upload(url, b"abc")
    await slack.down()
    with pytest.raises(RetryLater) as caught:
        await web.upload(url, b"abc")
    assert "127.0.0.1" not in str(caught.value), "the address lets anybody upload"
    await web.close()


async def test_a_missing_permission_is_named(slack: SlackServer, settings: SlackSettings) -> None:
    slack.workspace.scopes.clear()
    web = SlackWeb(settings)
    with pytest.raises(CallRefused) as caught:
        await web.call_form("files.getUploadURLExternal", {"filename": "a.csv", "length": "3"})
    assert (caught.value.code, caught.value.needed) == ("missing_scope", "files:write")
    await web.close()


def test_the_library_stays_quiet_below_errors(settings: SlackSettings) -> None:
    assert not SlackWeb(settings).logger.isEnabledFor(logging.WARNING)
