"""Which commands a platform offers to whom; pure. How a platform shows them, and where, is its own matter."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.domain.people import Role
from handlers.access import Access
from handlers.invocation import Command
from handlers.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The commands of one person (`person` alone: in private), one chat, or one person in one chat.

    Attributes:
        chat: The platform's address of a chat, without a topic; empty: everywhere or in private.
        person: The platform's id of a person; empty: everybody there.
    """

    platform: str
    chat: str = ""
    person: str = ""
    commands: tuple[Command, ...]


def menus(registry: Registry, access: Access, platform: str, chats: Iterable[str]) -> tuple[Menu, ...]:
    """Return every menu of `platform`, the widest first.

    Chats are those with a ceiling and those of `chats`: destinations as texts, of any platform (those of routes).
    """
    people = {person: role for (of, person), role in sorted(access.listed().items()) if of == platform}
    known = {_whole(chat, platform) for chat in (*access.chats(), *chats)} - {"", *people}

    def menu(role: Role, *, chat: str = "", person: str = "") -> Menu:
        here = min(role, access.ceiling(f"{platform}:{chat or person}"))
        commands = tuple(each for each in registry.open_to(here) if not access.is_disabled(platform, each))
        return Menu(platform=platform, chat=chat, person=person, commands=commands)

    found = [menu(Role.NOBODY), *(menu(role, person=person) for person, role in people.items())]
    for chat in sorted(known):
        found.append(menu(Role.VIEWER, chat=chat))
        found += [menu(role, chat=chat, person=person) for person, role in people.items()]
    return tuple(found)


def _whole(chat: str, platform: str) -> str:
    """Return the address of a destination of `platform` without its topic; empty for those of others."""
    of, _, rest = chat.partition(":")
    return rest.partition("/")[0] if of == platform else ""
