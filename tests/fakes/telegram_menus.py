"""The command menus of a bot, a scope each, refused where the real server refuses them. Chats are kept elsewhere."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from tests.fakes.telegram_refusal import Refusal

DEFAULT = {"type": "default"}
_FIELDS: dict[str, tuple[str, ...]] = {"default": (), "chat": ("chat_id",), "chat_member": ("chat_id", "user_id")}


class TelegramMenus:
    """Carries out setMyCommands, getMyCommands and deleteMyCommands; `chats` are those that the bot knows."""

    def __init__(self, chats: Collection[int]) -> None:
        self._chats = chats
        self._menus: dict[str, list[dict[str, str]]] = {}

    def shown(self, scope: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return what a scope has of its own, as (command, description)."""
        return [(entry["command"], entry["description"]) for entry in self._menus.get(_key(scope), [])]

    def set(self, params: Mapping[str, Any]) -> bool:
        key = self._checked(params)
        commands = _object(params.get("commands")) or []
        if len(commands) > 100:
            raise Refusal(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self._menus[key] = commands
        return True

    def get(self, params: Mapping[str, Any]) -> list[dict[str, str]]:
        return self._menus.get(self._checked(params), [])

    def delete(self, params: Mapping[str, Any]) -> bool:
        self._menus.pop(self._checked(params), None)
        return True

    def _checked(self, params: Mapping[str, Any]) -> str:
        scope = _object(params.get("scope")) or DEFAULT
        fields = _FIELDS.get(str(scope.get("type")))
        if fields is None or set(scope) != {"type", *fields}:
            raise Refusal(400, "Bad Request: can't parse BotCommandScope")
        if "chat_id" in fields and int(scope["chat_id"]) not in self._chats:
            raise Refusal(400, "Bad Request: chat not found")
        return _key(scope)


def _key(scope: Mapping[str, Any]) -> str:
    return json.dumps(dict(scope), sort_keys=True)


def _object(value: object) -> Any:  # noqa: ANN401 - JSON is what it is
    return json.loads(value) if isinstance(value, str) else value
