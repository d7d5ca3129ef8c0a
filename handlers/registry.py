"""What commands and alerts there are, found in their folders; running and rendering belong to others."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from core.domain.delivery import Alert
from core.domain.errors import Bug
from core.domain.events import Event
from core.domain.people import Role
from core.domain.replies import Reply
from handlers import alerts, commands
from handlers.arguments import nearest
from handlers.invocation import Command

Render = Callable[[Event, Alert], Reply]
"""What a module of handlers/alerts declares as `render`, for the class that it declares as `EVENT`."""


RESERVED = frozenset({"confirm", "cancel"})
"""Words that answer a question; the dispatcher knows them itself."""


@dataclass(frozen=True, slots=True)
class Registry:
    """All commands, and the renderers of all events by kind; the kind "" is the fallback."""

    commands: tuple[Command, ...]
    renderers: Mapping[str, Render]
    _by_word: Mapping[str, Command]

    def find(self, word: str) -> Command | None:
        """Return the command with that name or alias (any case, slash or not), or None."""
        return self._by_word.get(word.lower().removeprefix("/"))

    def suggest(self, word: str, among: Iterable[Command] | None = None) -> str | None:
        """Return the name or alias nearest to a misspelt word, or None; only of commands in `among` if given."""
        known = self._words(self.commands if among is None else among)
        return nearest(word.removeprefix("/"), known)

    def open_to(self, role: Role) -> tuple[Command, ...]:
        """Return the commands that `role` may run, in the order of help."""
        return tuple(command for command in self.commands if command.role <= role)

    @staticmethod
    def _words(among: Iterable[Command]) -> Iterator[str]:
        for command in among:
            yield command.name
            yield from command.aliases


def build_registry() -> Registry:
    """Return the registry of everything in handlers/commands and handlers/alerts.

    Raises:
        Bug: a module lacks its declaration, or a word or an event is claimed twice.
    """
    return make_registry(find_commands(commands), find_renderers(alerts))


def make_registry(found: Iterable[Command], renderers: Mapping[str, Render]) -> Registry:
    """Return a registry of these commands, by section and name.

    Raises:
        Bug: two commands share a name or an alias, or one takes a word of the dispatcher.
    """
    ordered = tuple(sorted(found, key=lambda command: (_SECTIONS.index(command.section), command.name)))
    by_word: dict[str, Command] = {}
    for command in ordered:
        for word in (command.name, *command.aliases):
            if word in RESERVED:
                raise Bug(f"/{word} belongs to confirmations, not to the command {command.name}")
            other = by_word.setdefault(word, command)
            if other is not command:
                raise Bug(f"/{word} is claimed by the commands {other.name} and {command.name}")
    return Registry(ordered, dict(renderers), by_word)


def find_commands(package: ModuleType) -> tuple[Command, ...]:
    """Return what every module of `package` declares as COMMAND.

    Raises:
        Bug: a module declares none, or one that breaks a rule of commands.
    """
    found = []
    for module in _modules(package):
        command = getattr(module, "COMMAND", None)
        if not isinstance(command, Command):
            raise Bug(f"{module.__name__} declares no COMMAND")
        problem = _problem(command)
        if problem:
            raise Bug(f"{module.__name__}: {problem}")
        found.append(command)
    return tuple(found)


def find_renderers(package: ModuleType) -> dict[str, Render]:
    """Return what every module of `package` declares as `render`, by the kind of its EVENT.

    Raises:
        Bug: a module declares no event class or no renderer, or two declare the same event.
    """
    found: dict[str, Render] = {}
    for module in _modules(package):
        event, render = getattr(module, "EVENT", None), getattr(module, "render", None)
        if not (isinstance(event, type) and issubclass(event, Event)) or not callable(render):
            raise Bug(f"{module.__name__} declares no EVENT with its render")
        if event.kind in found:
            raise Bug(f"{module.__name__}: another module renders {event.kind!r} already")
        found[event.kind] = render
    return found


_SECTIONS = ("see", "act", "change", "ask")


def _problem(command: Command) -> str | None:
    words = (command.name, *command.aliases)
    checks = (
        (any(not word.isidentifier() or word != word.lower() for word in words), "names are lower case words"),
        (not 0 < len(command.summary) <= 60, "a summary has 1 to 60 characters"),
        (command.section not in _SECTIONS, f"a section is one of {', '.join(_SECTIONS)}"),
        (bool(command.usage) and not command.examples, "a command with arguments gives an example"),
    )
    return next((text for is_broken, text in checks if is_broken), None)


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        yield importlib.import_module(f"{package.__name__}.{entry.name}")
