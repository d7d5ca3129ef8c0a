"""Tries a token once, for `wavehelm check`; nothing is sent to anybody."""

from telegram.error import InvalidToken, TelegramError

from bot.platforms.telegram.gateway import Gateway
from bot.platforms.telegram.settings import TelegramSettings
from core.domain.errors import ConfigurationError, Unreachable


async def probe(settings: TelegramSettings) -> str:
    """Return who the bot is, in a few words.

    Raises:
        ConfigurationError: the token is refused.
        Unreachable: the server does not answer.
    """
    gateway = Gateway(settings)
    try:
        me = await gateway.bot.get_me()
    except InvalidToken as error:
        raise ConfigurationError("the token is refused: mend TELEGRAM_BOT_TOKEN") from error
    except TelegramError as error:
        raise Unreachable(f"{settings.api_url} does not answer: {error.message}") from error
    finally:
        await gateway.close()
    return f"@{me.username}"
