"""Tries the tokens once, for `wavehelm check`; nothing is sent to anybody."""

from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import CallRefused, SlackWeb
from core.domain.errors import ConfigurationError, RetryLater, Unreachable


async def probe(settings: SlackSettings) -> str:
    """Return who the bot is and where, in a few words; both tokens are tried.

    Raises:
        ConfigurationError: a token is refused.
        Unreachable: Slack does not answer.
    """
    web = SlackWeb(settings)
    web.open()
    try:
        me = await web.call("auth.test", {})
        await web.open_connection()
    except CallRefused as error:
        raise ConfigurationError(f"{error}: mend SLACK_BOT_TOKEN or SLACK_APP_TOKEN") from error
    except RetryLater as error:
        raise Unreachable(f"{settings.api_url} does not answer: {error}") from error
    finally:
        await web.close()
    return f"{me.get('user', 'the bot')} in {me.get('team', 'its workspace')}"
