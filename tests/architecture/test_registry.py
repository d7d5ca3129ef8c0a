"""Nothing that a person can be told or ask is left out: every event has words, every command is declared."""

import importlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.domain.errors import Bug
from core.domain.events import Severity, event_types
from handlers.registry import build_registry, find_commands, find_renderers

ROOT = Path(__file__).resolve().parents[2]
COMMAND = '''"""A command."""
from core.domain.people import Role
from handlers.invocation import Answer, Command, Request


async def run(request: Request) -> Answer:
    raise NotImplementedError


COMMAND = Command(name="{name}", summary="{summary}", run=run, role=Role.VIEWER)
'''
ALERT = '''"""An alert."""
from core.domain.events import {event}

EVENT = {event}


def render(event, alert):
    raise NotImplementedError
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """An empty package of the test's own, to be filled with modules."""
    folder = tmp_path / "some_pieces"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("some_pieces")
    for name in [name for name in sys.modules if name.partition(".")[0] == "some_pieces"]:
        del sys.modules[name]


def write(package: ModuleType, name: str, text: str) -> None:
    (Path(package.__path__[0]) / f"{name}.py").write_text(text, encoding="utf-8")
    importlib.invalidate_caches()


def test_every_command_is_there_once_by_the_name_of_its_module() -> None:
    registry = build_registry()
    files = {path.stem for path in (ROOT / "handlers" / "commands").glob("*.py")} - {"__init__"}
    assert {command.name for command in registry.commands} == files


def wordless(renderers: Iterable[str]) -> set[str]:
    """Return the kinds of event that people are told of without words of their own."""
    return {kind for kind, event in event_types().items() if event.severity > Severity.SILENT} - set(renderers)


def test_every_event_that_people_are_told_of_has_words_of_its_own() -> None:
    renderers = build_registry().renderers
    assert wordless(renderers) == set()
    assert "" in renderers


def test_an_event_without_words_is_noticed(package: ModuleType) -> None:
    write(package, "one", ALERT.format(event="Started"))
    found = find_renderers(package)
    assert "started" not in wordless(found)
    assert {"stopped", "wave_finished", "unprotected_position"} <= wordless(found)


def test_every_event_has_a_kind_and_a_sentence() -> None:
    assert all(kind and event.__doc__ for kind, event in event_types().items())


def test_declared_pieces_are_found(package: ModuleType) -> None:
    write(package, "one", COMMAND.format(name="one", summary="Say one"))
    assert [command.name for command in find_commands(package)] == ["one"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"""Nothing is declared here."""\n', "declares no COMMAND"),
        (COMMAND.format(name="One", summary="Say one"), "lower case"),
        (COMMAND.format(name="one", summary="x" * 61), "60 characters"),
    ],
)
def test_a_module_without_a_sound_command_is_noticed(package: ModuleType, text: str, words: str) -> None:
    write(package, "one", text)
    with pytest.raises(Bug, match=words):
        find_commands(package)


def test_a_module_without_an_event_is_noticed(package: ModuleType) -> None:
    write(package, "one", '"""Nothing is declared here."""\n')
    with pytest.raises(Bug, match="declares no EVENT"):
        find_renderers(package)


def test_two_renderers_of_one_event_are_noticed(package: ModuleType) -> None:
    write(package, "one", ALERT.format(event="Started"))
    write(package, "two", ALERT.format(event="Started"))
    with pytest.raises(Bug, match="another module renders 'started'"):
        find_renderers(package)
