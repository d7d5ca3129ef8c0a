"""What Slack delivers, read into what was heard; pure. Answering belongs to `answers`, rights to the dispatcher."""

import html
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.platforms.slack.manifest import MAIN_COMMAND
from core.domain.people import Person
from handlers.invocation import InvocationKind

_LINK = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")
_KEPT_SUBTYPES = frozenset({None, "file_share", "thread_broadcast"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One thing that somebody said or pressed.

    Attributes:
        key: The same for every delivery of the same thing; empty if that cannot be told.
        channel: Slack's id of the channel or private chat.
        thread: The thread it was said in; None outside of threads.
        response_url: Where it may be answered even if the app is not in the channel; None if Slack gave none.
        is_private: True in the app's own chat with that person.
    """

    key: str
    person: Person
    channel: str
    words: str
    kind: InvocationKind
    thread: str | None = None
    response_url: str | None = None
    is_private: bool = False


def read_command(body: Mapping[str, Any]) -> Heard | None:
    """Return what a slash command says; /wave stands before any command, the everyday ones come by their own names."""
    name = _text(body, "command").lstrip("/").lower()
    user, channel = _text(body, "user_id"), _text(body, "channel_id")
    if not (name and user and channel):
        return None
    typed = _read_words(_text(body, "text"))
    words = (typed or "help") if name == MAIN_COMMAND else f"/{name} {typed}".rstrip()
    return Heard(
        key=_text(body, "trigger_id"),
        person=Person(platform="slack", id=user, name=_text(body, "user_name")),
        channel=channel,
        words=words,
        kind=InvocationKind.COMMAND,
        response_url=_text(body, "response_url") or None,
        is_private=_is_private(channel),
    )


def read_event(body: Mapping[str, Any], own_id: str, names: Collection[str]) -> Heard | None:
    """Return what a mention or a private message says, or None if it is not for us.

    Messages of apps and of ourselves, edits, joins and other noise are not.
    """
    event = body.get("event")
    if not isinstance(event, Mapping):
        return None
    kind, user, channel, sent = (_text(event, name) for name in ("type", "user", "channel", "ts"))
    is_direct = kind == "message" and event.get("channel_type") == "im"
    if not (is_direct or kind == "app_mention") or not (user and channel and sent):
        return None
    if user == own_id or event.get("bot_id") or event.get("subtype") not in _KEPT_SUBTYPES:
        return None
    words = _read_words(_text(event, "text").replace(f"<@{own_id}>", " "))
    if not words and is_direct:
        return None
    return Heard(
        # By message, not by event: Slack may tell of one message as two events.
        key=f"{channel}/{sent}",
        person=Person(platform="slack", id=user),
        channel=channel,
        words=words or "help",
        kind=_kind_of(words or "help", names),
        thread=_text(event, "thread_ts") or None,
        is_private=is_direct,
    )


def read_press(body: Mapping[str, Any]) -> Heard | None:
    """Return what a pressed button stands for, or None if it was no button of ours."""
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], Mapping) else {}
    user, container = _part(body, "user"), _part(body, "container")
    channel = _text(_part(body, "channel"), "id") or _text(container, "channel_id")
    words, who = _text(action, "value"), _text(user, "id")
    if action.get("type") != "button" or not (words and who and channel):
        return None
    return Heard(
        key=_text(body, "trigger_id"),
        person=Person(platform="slack", id=who, name=_text(user, "username") or _text(user, "name")),
        channel=channel,
        words=words,
        kind=InvocationKind.BUTTON,
        thread=_text(container, "thread_ts") or None,
        response_url=_text(body, "response_url") or None,
        is_private=_is_private(channel),
    )


def _read_words(text: str) -> str:
    # Slack wraps what looks like a link, a person or a channel; people mean what they typed.
    return " ".join(html.unescape(_LINK.sub(_typed, text)).split())


def _typed(found: re.Match[str]) -> str:
    mark, target, label = found.groups()
    if mark in {"@", "#"}:
        return target
    return f"@{target}" if mark == "!" else label or target


def _kind_of(words: str, names: Collection[str]) -> InvocationKind:
    first = words.split(maxsplit=1)[0]
    is_command = first.startswith("/") or first.lower() in names
    return InvocationKind.COMMAND if is_command else InvocationKind.TEXT


def _is_private(channel: str) -> bool:
    return channel.startswith("D")


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value.strip() if isinstance(value, str) else ""
