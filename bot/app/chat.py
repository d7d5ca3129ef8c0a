"""Wires the chats: the platforms that are set up, and what carries alerts to them. Rights are in `rights`."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.platforms.slack.platform import SlackPlatform
from bot.platforms.slack.settings import SlackSettings
from bot.platforms.telegram.platform import TelegramPlatform
from bot.platforms.telegram.settings import TelegramSettings
from bot.platforms.terminal.exports import Exports
from bot.platforms.terminal.inbound import TerminalPlatform
from bot.platforms.terminal.outbound import TerminalMessenger
from bot.platforms.terminal.screen import Screen
from bot.settings import Settings
from core.domain.delivery import Destination
from core.ports.delivery import Messenger
from core.ports.edges import Changes, Clock
from handlers.invocation import Command, Dispatch
from handlers.menus import Menu


class Listener(Protocol):
    """A platform that hears people."""

    async def run(self) -> None:
        """Listen until cancelled."""
        ...


class Closing(Protocol):
    """A platform with connections to give back."""

    async def close(self) -> None:
        """Give all connections back; safe to repeat."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalUse:
    """What this process may do with its terminal. `is_interactive`: a person watches, so colours and a prompt help."""

    is_interactive: bool
    reads_input: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chats:
    """The platforms of this process, by name."""

    listeners: dict[str, Listener]
    messengers: dict[str, Messenger]
    closing: Sequence[Closing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearers:
    """What the platforms are connected to.

    Attributes:
        menus: The commands that a platform offers to whom, as rights are now; by the platform's name.
        moved: Told when a chat got another address.
    """

    dispatch: Dispatch
    commands: Sequence[Command]
    menus: Callable[[str], Sequence[Menu]]
    changes: Changes
    moved: Callable[[Destination, Destination], Awaitable[None]]


def build_chats(settings: Settings, hearers: Hearers, *, clock: Clock, terminal: TerminalUse) -> Chats:
    """Return the platforms that are set up: those whose tokens are there, and the terminal."""
    listeners: dict[str, Listener] = {}
    messengers: dict[str, Messenger] = {}
    closing: list[Closing] = []
    if (told := telegram_settings(settings)) is not None:
        telegram = TelegramPlatform(
            settings=told,
            dispatch=hearers.dispatch,
            menus=lambda: hearers.menus("telegram"),
            clock=clock,
            changes=hearers.changes,
            moved=hearers.moved,
        )
        listeners["telegram"], messengers["telegram"] = telegram, telegram.messenger
        closing.append(telegram)
    if (asked := slack_settings(settings)) is not None:
        slack = SlackPlatform(
            settings=asked,
            dispatch=hearers.dispatch,
            commands=hearers.commands,
            clock=clock,
            changes=hearers.changes,
        )
        listeners["slack"], messengers["slack"] = slack, slack.messenger
        closing.append(slack)
    if settings.terminal.enabled:
        exports = Exports(settings.database.exports)
        screen = Screen(sys.stdout, is_interactive=terminal.is_interactive, exports=exports)
        messengers["terminal"] = TerminalMessenger(screen)
        if terminal.reads_input:
            listeners["terminal"] = TerminalPlatform(
                dispatch=hearers.dispatch, clock=clock, stdin=sys.stdin, screen=screen
            )
    return Chats(listeners=listeners, messengers=messengers, closing=closing)


def telegram_settings(settings: Settings) -> TelegramSettings | None:
    """Return what the Telegram edge must know, or None when it is not set up."""
    token = settings.telegram.token
    return None if token is None else TelegramSettings(token=token.reveal(), api_url=settings.telegram.api_url)


def slack_settings(settings: Settings) -> SlackSettings | None:
    """Return what the Slack edge must know, or None when it is not set up."""
    slack = settings.slack
    if slack.bot_token is None or slack.app_token is None:
        return None
    return SlackSettings(bot_token=slack.bot_token.reveal(), app_token=slack.app_token.reveal(), api_url=slack.api_url)
