"""Telegram's refusals in our words: who waits, who gives up. What to do about markup is not decided here."""

from datetime import timedelta

from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot.platforms.telegram.gateway import Throttled
from core.domain.errors import RetryLater, Undeliverable

_NEVER = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
    "chat_write_forbidden",
    "peer_id_invalid",
    "bot is not a member",
    "bot was kicked",
    "chat was deactivated",
)
"""What a 400 says (lower case) when no other wording of the message would go through."""
_TOKEN_WAIT = timedelta(seconds=60)


def is_about_the_chat(error: BadRequest) -> bool:
    """True if the chat, not the message, is what Telegram refuses."""
    text = error.message.lower()
    return any(phrase in text for phrase in _NEVER)


def translate(error: TelegramError, wait: timedelta) -> RetryLater | Undeliverable:
    """Return our error for theirs; `wait` is used where Telegram names no time."""
    if isinstance(error, Throttled):
        return RetryLater(error.message, error.wait)
    if isinstance(error, InvalidToken):
        return RetryLater("Telegram refuses the bot's token; renew TELEGRAM_BOT_TOKEN and restart", _TOKEN_WAIT)
    if isinstance(error, Forbidden | BadRequest):
        return Undeliverable(error.message)
    return RetryLater(f"Telegram is away: {error.message}", wait)
