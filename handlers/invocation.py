"""A person's words on their way in, and what a command is; parsing and rights belong to `dispatch` and `access`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

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
    SHORTCUT = "shortcut"
    HOME = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What somebody said.

    Attributes:
        person: Platform and its unchangeable id; the name is only shown.
        chat: The chat in the form of a destination text (telegram:-1001/5, slack:C0001, terminal).
        words: As typed, with or without the leading slash; a platform's own decoration (`@botname`) is off already.
        is_private: True in a chat with that person alone.
        message: The platform's name of the message whose button was pressed (as `Messenger.send` returns it); empty
            for everything else.
    """

    person: Person
    chat: str
    kind: InvocationKind
    words: str
    is_private: bool
    received_at: datetime
    message: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a dangerous act would do, shown before it is confirmed.

    Attributes:
        reply: With current figures; the dispatcher adds the two buttons.
        words: The act in words that mean the same later on (ids, not symbols); run when it is confirmed.
        state: What the preview rests on (position, size, params, mode), as text: if it differs when confirmed, the act
            is refused and shown again. Prices that move all the time are no part of it.
        role: The lowest role that may agree to it; None: that of the command.
    """

    reply: Reply
    words: str
    state: str
    role: Role | None = None


class UsageError(Exception):
    """The arguments are wrong; the text says how. The dispatcher adds the usage line and an example."""


class Forbidden(Exception):  # noqa: N818 - named by what is said to the asker
    """A part of a command needs a higher role than the command; the dispatcher refuses it as it refuses a command.

    Attributes:
        role: The lowest role that may do it.
    """

    def __init__(self, role: Role) -> None:
        super().__init__(f"needs the role {role.name.lower()}")
        self.role = role


def require(request: Request, role: Role) -> None:
    """Let only those go on who have `role` in this chat; call it before anything is changed or told.

    Raises:
        Forbidden: the asker has a lower one.
    """
    if request.role < role:
        raise Forbidden(role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command, as its module declares it.

    Attributes:
        name: Without the slash, lower case.
        summary: At most 60 characters; shown in help and in the platforms' menus.
        usage: Arguments as in "[exchange|SYMBOL|all] [for 2h] [reason]"; empty when there are none.
        examples: Whole command lines.
        role: The lowest role that may run it. NOBODY: anyone at all.
        preview: Shows what would happen before it does, for acts that ask for confirmation; None: it runs at once. An
            Answer instead of a Preview ends it there: nothing to do, or a question which one is meant. None instead of
            it: what is asked in these words runs at once.
        raises_risk: True for acts that need a second person or a one-time code, where that is configured.
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
    preview: Callable[[Request], Awaitable[Preview | Answer | None]] | None = None
    raises_risk: bool = False
    is_everyday: bool = False
    works_late: bool = False
    section: str = field(default="see")

    @property
    def is_danger(self) -> bool:
        """True for acts that ask for confirmation."""
        return self.preview is not None

    @property
    def acts(self) -> bool:
        """True for a command that changes something."""
        return self.section in {"act", "change"} or self.is_danger


class Dispatch(Protocol):
    """What a platform calls with everything that it hears."""

    async def __call__(self, invocation: Invocation) -> Reply | None:
        """Return the answer; None: stay silent."""
        ...

    def shown(self, confirmation: str, destination: str, message_ref: str) -> None:
        """Note which message shows a reply that asks for a confirmation (`Reply.confirmation`).

        Args:
            confirmation: As the reply has it.
            destination: Where it was shown, as a destination text.
            message_ref: The platform's name of the message, as `Messenger.send` returns it; empty where nothing that
                was written can be changed.
        """
        ...
