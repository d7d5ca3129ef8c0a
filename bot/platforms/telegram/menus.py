"""Keeps the command menus that Telegram shows as `menus` says they are. Who may run what is decided elsewhere."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeChat,
    BotCommandScopeChatMember,
    BotCommandScopeDefault,
)
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot.platforms.telegram.errors import translate
from bot.platforms.telegram.targets import PLATFORM
from core.domain.errors import RetryLater
from core.ports.edges import Changes, Clock
from handlers.invocation import Command
from handlers.menus import Menu

_log = logging.getLogger(__name__)
_MOST_COMMANDS = 100
_SUMMARY_LENGTH = 256
_PAUSE = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=1)

Scope = tuple[int | None, int | None]
"""A chat and a person in it; without either: everybody."""
Shown = tuple[tuple[str, str], ...]


class MenuKeeper:
    """Shows each menu where it belongs, and anew only when it is another than before.

    A scope that Telegram refuses (it knows nobody who never wrote to the bot) is tried again when it has another menu,
    or when that chat is heard. Menus that were shown before this process began are replaced, but one of a person who
    lost every role meanwhile stays until that person is given one again: a menu gives no rights.
    """

    def __init__(self, bot: Bot, menus: Callable[[], Sequence[Menu]], clock: Clock) -> None:
        self._bot = bot
        self._menus = menus
        self._clock = clock
        self._shown: dict[Scope, Shown] = {}
        self._refused: set[Scope] = set()

    async def keep(self, changes: Changes) -> None:
        """Show the menus now and after each change, at most once in five seconds; runs until cancelled."""
        seen = 0
        while True:
            await self._insist()
            await self._clock.sleep(_PAUSE)
            seen = await changes.wait(seen)

    def heard(self, chat_id: int) -> None:
        """Note that Telegram knows that chat: its menu is tried again with the next change."""
        for scope in [scope for scope in self._refused if scope[0] == chat_id]:
            self._refused.discard(scope)
            self._shown.pop(scope, None)

    async def _insist(self) -> None:
        wait = timedelta(seconds=1)
        while True:
            try:
                await self._show_all()
            except TelegramError as error:
                trouble = translate(error, wait)
                wait = min(wait * 2, _LONGEST_WAIT)
                _log.info("the command menus are not up to date yet: %s", trouble)
                await self._clock.sleep(trouble.wait if isinstance(trouble, RetryLater) else _LONGEST_WAIT)
            else:
                return

    async def _show_all(self) -> None:
        wanted = _wanted(self._menus())
        for scope in [scope for scope in self._shown if scope not in wanted]:
            await self._set(scope, ())
            del self._shown[scope]
        for scope, commands in wanted.items():
            if self._shown.get(scope) != commands:
                await self._set(scope, commands)
                self._shown[scope] = commands

    async def _set(self, scope: Scope, commands: Shown) -> None:
        self._refused.discard(scope)
        place = _place(scope)
        try:
            if commands:
                await self._bot.set_my_commands([BotCommand(*command) for command in commands], scope=place)
            else:
                await self._bot.delete_my_commands(scope=place)
        except (BadRequest, Forbidden) as error:
            # Everybody's menu is refused for its content only, which somebody has to mend.
            level = logging.ERROR if scope == (None, None) else logging.DEBUG
            _log.log(level, "telegram refuses the menu of %s: %s", place.to_dict(), error.message)
            self._refused.add(scope)
        except InvalidToken as error:
            # The token is known to be good: this is a server of one's own that does not know the call.
            _log.error("telegram refuses the command menus: %s", error.message)


def _wanted(menus: Sequence[Menu]) -> Mapping[Scope, Shown]:
    """Return what is to be shown where; menus without commands are not shown at all."""
    wanted: dict[Scope, Shown] = {}
    for menu in menus:
        scope = _scope(menu)
        if menu.platform == PLATFORM and scope is not None and menu.commands:
            wanted[scope] = tuple(map(_entry, menu.commands[:_MOST_COMMANDS]))
    return wanted


def _entry(command: Command) -> tuple[str, str]:
    return command.name, command.summary[:_SUMMARY_LENGTH]


def _scope(menu: Menu) -> Scope | None:
    """Return Telegram's place for a menu; None where it has none (a chat that is called by name)."""
    chat, person = (menu.chat, menu.person) if menu.chat else (menu.person, "")
    if any(text and not text.removeprefix("-").isdecimal() for text in (chat, person)):
        return None
    return int(chat) if chat else None, int(person) if person else None


def _place(scope: Scope) -> BotCommandScope:
    chat, person = scope
    if chat is None:
        return BotCommandScopeDefault()
    if person is None:
        return BotCommandScopeChat(chat)
    return BotCommandScopeChatMember(chat, person)
