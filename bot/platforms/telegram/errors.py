"""Telegram's refusals in our words: who waits, who gives up, what has moved. What follows is decided elsewhere."""

from datetime import timedelta

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.platforms.telegram.gateway import Throttled
from core.domain.errors import DestinationLost, DestinationMoved, RetryLater, Undeliverable

_LOST = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "not enough rights to send text",
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
    "chat_restricted",
)
"""What a 400 says (lower case) when no message at all would go through."""
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid", "no text in the message to edit")
_UNCHANGED = "message is not modified"
_MARKUP = "parse entities"


def is_about_the_text(error: BadRequest) -> bool:
    """True if other words, or the same without markup, might go through."""
    return not _says(error, *_LOST, *_GONE, _UNCHANGED)


def is_about_markup(error: BadRequest) -> bool:
    """True if the text's own markup is what is refused."""
    return _says(error, _MARKUP)


def is_gone(error: TelegramError) -> bool:
    """True if the message cannot be edited any more."""
    return isinstance(error, BadRequest) and _says(error, *_GONE)


def is_unchanged(error: TelegramError) -> bool:
    """True if an edit would have changed nothing."""
    return isinstance(error, BadRequest) and _says(error, _UNCHANGED)


def translate(error: TelegramError, wait: timedelta) -> RetryLater | Undeliverable | DestinationMoved:
    """Return our error for theirs; `wait` is used where Telegram names no time."""
    if isinstance(error, Throttled):
        return RetryLater(error.message, error.wait)
    if isinstance(error, ChatMigrated):
        return DestinationMoved(error.message, str(error.new_chat_id))
    if isinstance(error, InvalidToken):
        return DestinationLost("Telegram refuses the bot's token; renew TELEGRAM_BOT_TOKEN and restart")
    if isinstance(error, Forbidden) or (isinstance(error, BadRequest) and _says(error, *_LOST)):
        return DestinationLost(error.message)
    if isinstance(error, BadRequest):
        return Undeliverable(error.message)
    # Of a line that does not come about the library tells its own classes only.
    said = "it cannot be reached" if error.message.startswith("httpx.") else error.message
    return RetryLater(f"Telegram is away: {said}", wait)


def _says(error: BadRequest, *phrases: str) -> bool:
    text = error.message.lower()
    return any(phrase in text for phrase in phrases)
