"""Telegram: hears people by long polling, sends replies and alerts. Words and rights belong to handlers."""

from bot.platforms.telegram.platform import TelegramPlatform
from bot.platforms.telegram.settings import TelegramSettings

__all__ = ["TelegramPlatform", "TelegramSettings"]
