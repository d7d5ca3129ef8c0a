"""Everything that a person can set, parsed once into frozen objects; nothing here starts or connects anything."""

from bot.settings.load import effective, effective_text, load_settings
from bot.settings.schema import Settings
from bot.settings.secrets import Secret

__all__ = ["Secret", "Settings", "effective", "effective_text", "load_settings"]
