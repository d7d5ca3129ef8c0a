"""Judges an app manifest as Slack's manifest reference describes it, on its own; how it is made is not known here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A text of that many characters, of that form."""

    most: int
    least: int = 0
    form: str = r"(?s:.*)"


@dataclass(frozen=True, slots=True)
class Items:
    """A list of at most so many."""

    of: object
    most: int


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with these properties and no others; `must` have to be there."""

    of: Mapping[str, object]
    must: frozenset[str] = frozenset()


_NAME = Text(100, 1)
_URL = Text(2_000, 8, r"https://.*")
_SHAPE = Shape(
    {
        "_metadata": Shape({"major_version": int, "minor_version": int}),
        "display_information": Shape(
            {
                "name": Text(35, 1),
                "description": Text(140),
                "long_description": Text(4_000, 174),
                "background_color": Text(7, 4, r"#(?:[\da-fA-F]{3}){1,2}"),
            },
            frozenset({"name"}),
        ),
        "features": Shape(
            {
                "app_home": Shape(
                    {
                        "home_tab_enabled": bool,
                        "messages_tab_enabled": bool,
                        "messages_tab_read_only_enabled": bool,
                    }
                ),
                "bot_user": Shape(
                    {"display_name": Text(80, 1, r"[a-z0-9_.-]+"), "always_online": bool},
                    frozenset({"display_name"}),
                ),
                "shortcuts": Items(
                    Shape(
                        {
                            "name": Text(24, 1),
                            "callback_id": Text(255, 1),
                            "description": Text(150, 1),
                            "type": Text(7, 1, "global|message"),
                        },
                        frozenset({"name", "callback_id", "description", "type"}),
                    ),
                    10,
                ),
                "slash_commands": Items(
                    Shape(
                        {
                            "command": Text(32, 2, r"/[^\s/A-Z]+"),
                            "description": Text(2_000, 1),
                            "usage_hint": Text(1_000, 1),
                            "should_escape": bool,
                            "url": _URL,
                        },
                        frozenset({"command", "description"}),
                    ),
                    50,
                ),
            }
        ),
        "oauth_config": Shape({"scopes": Shape({"bot": Items(_NAME, 255), "user": Items(_NAME, 255)})}),
        "settings": Shape(
            {
                "event_subscriptions": Shape({"request_url": _URL, "bot_events": Items(_NAME, 100)}),
                "interactivity": Shape({"is_enabled": bool, "request_url": _URL}, frozenset({"is_enabled"})),
                "org_deploy_enabled": bool,
                "socket_mode_enabled": bool,
                "token_rotation_enabled": bool,
            }
        ),
    },
    frozenset({"display_information"}),
)


def find_faults(manifest: Mapping[str, Any]) -> list[str]:
    """Return what Slack would not take; empty if nothing."""
    features = manifest.get("features", {})
    shortcuts, commands = features.get("shortcuts", []), features.get("slash_commands", [])
    faults = list(_judge(_SHAPE, manifest, "manifest"))
    faults += _repeated("slash_commands", [command.get("command") for command in commands])
    faults += _repeated("shortcuts", [shortcut.get("callback_id") for shortcut in shortcuts])
    faults += _repeated("names of shortcuts", [shortcut.get("name") for shortcut in shortcuts])
    if sum(shortcut.get("type") == "global" for shortcut in shortcuts) > 5:
        faults.append("shortcuts: at most 5 global ones")
    events = manifest.get("settings", {}).get("event_subscriptions", {}).get("bot_events", [])
    if "app_home_opened" in events and not features.get("app_home", {}).get("home_tab_enabled"):
        faults.append("app_home_opened without a home tab")
    return faults


def _judge(rule: object, value: object, path: str) -> Iterator[str]:
    if isinstance(rule, Shape):
        yield from _judge_shape(rule, value, path)
    elif isinstance(rule, Items):
        yield from _judge_items(rule, value, path)
    elif isinstance(rule, Text):
        yield from _judge_text(rule, value, path)
    elif type(value) is not rule:
        yield f"{path}: must be {rule}"


def _judge_shape(rule: Shape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: must be an object"
        return
    yield from (f"{path} lacks {name}" for name in rule.must - set(value))
    for name, part in value.items():
        if name in rule.of:
            yield from _judge(rule.of[name], part, f"{path}.{name}")
        else:
            yield f"{path}, unknown: {name}"


def _judge_items(rule: Items, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, list) or len(value) > rule.most:
        yield f"{path}: a list of at most {rule.most}"
        return
    for number, item in enumerate(value):
        yield from _judge(rule.of, item, f"{path}[{number}]")


def _judge_text(rule: Text, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, str) or not rule.least <= len(value) <= rule.most:
        yield f"{path}: {rule.least} to {rule.most} characters"
    elif not re.fullmatch(rule.form, value):
        yield f"{path}: not of the form {rule.form}"


def _repeated(what: str, names: Sequence[object]) -> list[str]:
    return [f"{what}: must be unique"] if len(set(names)) != len(names) else []
