"""What people write, as Slack delivers it, read into what was heard; pure. Presses are read in `presses`."""

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

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One thing that somebody said or pressed.

    Attributes:
        key: The same for every delivery of the same thing; empty if that cannot be told.
        channel: Slack's id of the channel or private chat; of the person where no chat is told, which reaches the
            private one.
        thread: The thread it was said in; None outside of threads.
        response_url: Where it may be answered even if the app is not in the channel; None if Slack gave none.
        is_private: True in the app's own chat with that person.
        message: The name of the message whose control was used (see `names`); empty for everything else.
        is_view: True for what was pressed in the Home tab.
    """

    key: str
    person: Person
    channel: str
    words: str
    kind: InvocationKind
    thread: str | None = None
    response_url: str | None = None
    is_private: bool = False
    message: str = ""
    is_view: bool = False


def read_command(body: Body) -> Heard | None:
    """Return what a slash command says; /wave stands before any command, the everyday ones come by their own names."""
    name = text_of(body, "command").lstrip("/").lower()
    user, channel = text_of(body, "user_id"), text_of(body, "channel_id")
    if not (name and user and channel):
        return None
    typed = _read_words(text_of(body, "text"))
    words = (typed or "help") if name == MAIN_COMMAND else f"/{name} {typed}".rstrip()
    return Heard(
        key=text_of(body, "trigger_id"),
        person=Person(platform="slack", id=user, name=text_of(body, "user_name")),
        channel=channel,
        words=words,
        kind=InvocationKind.COMMAND,
        response_url=text_of(body, "response_url") or None,
        is_private=is_direct(channel),
    )


def read_event(body: Body, own_id: str, names: Collection[str]) -> Heard | None:
    """Return what an event says: a mention, a private message or its change, an opened Home tab. Else None.

    Messages of apps and of ourselves, joins and other noise are not for us.
    """
    event = part_of(body, "event")
    kind = text_of(event, "type")
    if kind == "app_home_opened":
        return _read_home(event)
    is_private = kind == "message" and event.get("channel_type") == "im"
    if is_private and event.get("subtype") == "message_changed":
        return _read_edit(event, own_id, names)
    if not (is_private or kind == "app_mention") or event.get("subtype") not in _KEPT_SUBTYPES:
        return None
    return _read_message(event, text_of(event, "channel"), own_id, names, is_private=is_private)


def is_direct(channel: str) -> bool:
    """Tell whether `channel` is a private chat of two."""
    return channel.startswith("D")


def part_of(body: Body, name: str) -> Body:
    """Return the object `name` of `body`; an empty one if there is none."""
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def text_of(body: Body, name: str) -> str:
    """Return the text `name` of `body`; an empty one if there is none."""
    value = body.get(name)
    return value.strip() if isinstance(value, str) else ""


def _read_message(event: Body, channel: str, own_id: str, names: Collection[str], *, is_private: bool) -> Heard | None:
    user, sent = text_of(event, "user"), text_of(event, "ts")
    if not (user and channel and sent) or user == own_id or event.get("bot_id"):
        return None
    words = _read_words(text_of(event, "text").replace(f"<@{own_id}>", " "))
    if not words and is_private:
        return None
    return Heard(
        # By message, not by event: Slack may tell of one message as two events.
        key=f"{channel}/{sent}",
        person=Person(platform="slack", id=user),
        channel=channel,
        words=words or "help",
        kind=InvocationKind.COMMAND if _is_command(words or "help", names) else InvocationKind.TEXT,
        thread=text_of(event, "thread_ts") or None,
        is_private=is_private,
    )


def _read_edit(event: Body, own_id: str, names: Collection[str]) -> Heard | None:
    # Slack also calls it a change when it shows a preview of a link; only a person's edit carries who and when.
    message = part_of(event, "message")
    edit = part_of(message, "edited")
    edited, author = text_of(edit, "ts"), text_of(edit, "user")
    heard = _read_message(message, text_of(event, "channel"), own_id, names, is_private=True)
    if heard is None or heard.kind is not InvocationKind.COMMAND or author != heard.person.id or not edited:
        return None
    if message.get("text") == part_of(event, "previous_message").get("text"):
        return None
    return Heard(
        key=f"{heard.key}/{edited}",
        person=heard.person,
        channel=heard.channel,
        words=heard.words,
        kind=InvocationKind.EDIT,
        thread=heard.thread,
        is_private=True,
    )


def _read_home(event: Body) -> Heard | None:
    user, opened = text_of(event, "user"), text_of(event, "event_ts")
    if not user or text_of(event, "tab") != "home":
        return None
    return Heard(
        key=f"home/{user}/{opened}" if opened else "",
        person=Person(platform="slack", id=user),
        channel=user,
        words="/home",
        kind=InvocationKind.HOME,
        is_private=True,
        is_view=True,
    )


def _read_words(text: str) -> str:
    # Slack wraps what looks like a link, a person or a channel; people mean what they typed.
    return " ".join(html.unescape(_LINK.sub(_typed, text)).split())


def _typed(found: re.Match[str]) -> str:
    mark, target, label = found.groups()
    if mark in {"@", "#"}:
        return target
    return f"@{target}" if mark == "!" else label or target


def _is_command(words: str, names: Collection[str]) -> bool:
    first = words.split(maxsplit=1)[0]
    return first.startswith("/") or first.lower() in names
