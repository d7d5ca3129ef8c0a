"""The app manifest that sets Slack up for us, made from the commands; printing it belongs to the command line."""

import re
from collections.abc import Sequence
from typing import Any

from handlers.invocation import Command

MAIN_COMMAND = "wave"

# Names near to ours that Slack's own commands hold; an app cannot take them.
_SLACK_OWN = frozenset({"apps", "away", "call", "feed", "help", "leave", "mute", "open", "remove", "status", "unmute"})
# Slack's limits: 50 commands of 32 characters with their slash, descriptions of 2,000, hints of 1,000.
_MAX_COMMANDS = 50
_MAX_NAME = 31
_MAX_HINT = 1_000
# Five global shortcuts an app, their names of 24 characters, their descriptions of 150.
_MAX_SHORTCUTS = 5
_MAX_SHORTCUT_NAME = 24
_MAX_SHORTCUT_TEXT = 150
_OPTIONAL = re.compile(r"\[[^\[\]]*\]")

_ABOUT = (
    "Wavehelm executes 15-minute waves of trading signals, guards the positions that it opened, and is steered from "
    "chat. Use /wave help to see what you may ask: positions and results, why something was or was not traded, pauses, "
    "closing and parameters. It listens only to people that its configuration names."
)


def everyday_names(commands: Sequence[Command]) -> tuple[str, ...]:
    """Return the names that people may use without /wave, in the order of `commands`."""
    names = [
        command.name
        for command in commands
        if command.is_everyday and command.name != MAIN_COMMAND and _is_free(command.name)
    ]
    return tuple(dict.fromkeys(names))[: _MAX_COMMANDS - 1]


def shortcut_names(commands: Sequence[Command]) -> tuple[str, ...]:
    """Return the names of everyday commands that need no argument, as many as may be global shortcuts."""
    names = [
        command.name
        for command in commands
        if command.is_everyday and len(command.name) <= _MAX_SHORTCUT_NAME and _runs_bare(command.usage)
    ]
    return tuple(dict.fromkeys(names))[:_MAX_SHORTCUTS]


def build_manifest(commands: Sequence[Command], name: str = "Wavehelm") -> dict[str, Any]:
    """Return the manifest of an app called `name` that offers `commands`."""
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": name,
            "description": "Waves of trading signals: see, ask why, stop",
            "long_description": _ABOUT,
            "background_color": "#12324a",
        },
        "features": {
            # Without the messages tab nobody can write to the app in private.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": _bot_name(name), "always_online": True},
            "shortcuts": _shortcuts(commands),
            "slash_commands": _slash_commands(commands),
        },
        "oauth_config": {
            "scopes": {"bot": ["app_mentions:read", "chat:write", "commands", "files:write", "im:history"]}
        },
        "settings": {
            "event_subscriptions": {"bot_events": ["app_home_opened", "app_mention", "message.im"]},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def _slash_commands(commands: Sequence[Command]) -> list[dict[str, Any]]:
    by_name = {command.name: command for command in commands}
    entries = [_entry(MAIN_COMMAND, "Everything that Wavehelm can do; try /wave help", "help, status, positions, …")]
    entries += [_entry(name, by_name[name].summary, by_name[name].usage) for name in everyday_names(commands)]
    return entries


def _shortcuts(commands: Sequence[Command]) -> list[dict[str, Any]]:
    by_name = {command.name: command for command in commands}
    return [
        {
            "name": name.replace("_", " ").capitalize(),
            "type": "global",
            "callback_id": name,
            "description": by_name[name].summary[:_MAX_SHORTCUT_TEXT],
        }
        for name in shortcut_names(commands)
    ]


def _entry(name: str, description: str, hint: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"command": f"/{name}", "description": description, "should_escape": False}
    if hint:
        entry["usage_hint"] = hint[:_MAX_HINT]
    return entry


def _runs_bare(usage: str) -> bool:
    while (shorter := _OPTIONAL.sub("", usage)) != usage:
        usage = shorter
    return not usage.strip()


def _bot_name(name: str) -> str:
    return re.sub(r"[^a-z0-9_.-]+", "-", name.lower()).strip("-") or MAIN_COMMAND


def _is_free(name: str) -> bool:
    return name not in _SLACK_OWN and len(name) <= _MAX_NAME
