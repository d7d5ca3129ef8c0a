"""One look at Slack: who the bot is, what is wrong, and nothing said to anybody."""

from dataclasses import replace

import pytest

from bot.platforms.slack.probe import probe
from bot.platforms.slack.settings import SlackSettings
from core.domain.errors import ConfigurationError, Unreachable
from tests.fakes.slack_server import SlackServer


async def test_good_tokens_tell_who_the_bot_is_and_where(slack: SlackServer, settings: SlackSettings) -> None:
    assert await probe(settings) == "wavehelm in Desk"
    assert [method for method, _ in slack.calls] == ["auth.test", "apps.connections.open"]
    assert slack.connections == 0


async def test_a_wrong_token_is_to_be_mended_and_not_shown(settings: SlackSettings) -> None:
    for wrong in (replace(settings, bot_token="x-wrong"), replace(settings, app_token="x-wrong")):
        with pytest.raises(ConfigurationError, match="mend SLACK_BOT_TOKEN or SLACK_APP_TOKEN") as raised:
            await probe(wrong)
        assert "x-wrong" not in str(raised.value)


async def test_a_server_that_is_away_is_named(slack: SlackServer, settings: SlackSettings) -> None:
    await slack.down()
    with pytest.raises(Unreachable, match=f"{slack.api_url} does not answer"):
        await probe(settings)


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_a_server_in_trouble_is_away(slack: SlackServer, settings: SlackSettings, method: str) -> None:
    slack.fail(method)
    with pytest.raises(Unreachable, match="does not answer"):
        await probe(settings)
    slack.limit(method, retry_after_s=30)
    with pytest.raises(Unreachable, match="does not answer"):
        await probe(settings)
