"""A person's words on their way in, and what a command is; parsing and rights belong to `dispatch` and `access`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.domain.people import Person, Role
from core.domain.replies import Reply
from handlers.services import Services


class InvocationKind(StrEnum):
    """How the words arrived; rights are the same for all."""

    COMMAND = "command"
    BUTTON = "button"
    TEXT = "text"
    EDIT = "edit"
    SOCKET = "socket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What somebody said.

    Attributes:
        person: Platform and its unchangeable id; the name is only shown.
        chat: The chat in the form of a destination text (telegram:-1001/5, slack:C0001, terminal).
        words: As typed, with or without the leading slash; a platform's own decoration (`@botname`) is off already.
        is_private: True in a chat with that person alone.
    """

    person: Person
    chat: str
    kind: InvocationKind
    words: str
    is_private: bool
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command being run: who asks, in which role, with which arguments (split at white space, quotes respected).

    Attributes:
        commands: What the asker may run in this chat, in the order of help.
    """

    invocation: Invocation
    role: Role
    arguments: tuple[str, ...]
    services: Services
    commands: Sequence["Command"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command gives back; `before` and `after` go to the audit when it changed something."""

    reply: Reply
    before: str | None = None
    after: str | None = None


class UsageError(Exception):
    """The arguments are wrong; the text says how. The dispatcher adds the usage line and an example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command, as its module declares it.

    Attributes:
        name: Without the slash, lower case.
        summary: At most 60 characters; shown in help and in the platforms' menus.
        usage: Arguments as in "[exchange|SYMBOL|all] [for 2h] [reason]"; empty when there are none.
        examples: Whole command lines.
        role: The lowest role that may run it. NOBODY: anyone at all.
        is_danger: True for acts that ask for confirmation.
        is_everyday: True when Slack offers it under its own name, too.
        works_late: True for acts that are still right when they arrive late; others are refused after some minutes.
        section: see, act, change or ask; what acts never runs again because somebody edited an old message.
    """

    name: str
    summary: str
    run: Callable[[Request], Awaitable[Answer]]
    role: Role
    usage: str = ""
    examples: Sequence[str] = ()
    aliases: Sequence[str] = ()
    is_danger: bool = False
    is_everyday: bool = False
    works_late: bool = False
    section: str = field(default="see")

    @property
    def acts(self) -> bool:
        """True for a command that changes something."""
        return self.section in {"act", "change"} or self.is_danger


Dispatch = Callable[[Invocation], Awaitable[Reply | None]]
"""What a platform calls with everything that it hears. None: stay silent."""
