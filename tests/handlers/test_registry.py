"""Discovery of commands and alerts, and that nothing is missing."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.domain.errors import Bug
from core.domain.events import event_types
from core.domain.people import Role
from handlers.invocation import Answer, Command, Request
from handlers.registry import build_registry, find_commands, find_renderers, make_registry

NOW_COMMANDS = {
    "start", "help", "whoami", "version", "status", "health", "positions", "position", "outcomes", "params", "waves",
    "wave", "signals", "why", "pause", "resume", "close",
}  # fmt: skip


async def run(request: Request) -> Answer:
    raise NotImplementedError


def command(name: str, **changes: object) -> Command:
    return Command(**{"name": name, "summary": "Does a thing", "run": run, "role": Role.VIEWER, **changes})  # type: ignore[arg-type]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """An empty package whose folder takes modules."""
    name = "found_" + "".join(char if char.isalnum() else "_" for char in request.node.name)
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__(name)
    yield module
    for loaded in [key for key in sys.modules if key.partition(".")[0] == name]:
        del sys.modules[loaded]


def put(package: ModuleType, name: str, text: str) -> None:
    (Path(package.__path__[0]) / f"{name}.py").write_text(text)


DECLARATION = """
from core.domain.people import Role
from handlers.invocation import Command
async def run(request): ...
COMMAND = Command(name="{name}", summary="Does it", run=run, role=Role.VIEWER, aliases={aliases})
"""


def test_every_command_of_the_design_is_there() -> None:
    assert {found.name for found in build_registry().commands} >= NOW_COMMANDS


def test_every_event_has_a_renderer_and_there_is_a_fallback() -> None:
    assert set(build_registry().renderers) == {*event_types(), ""}


def test_every_command_can_be_explained() -> None:
    for found in build_registry().commands:
        assert found.summary[0].isupper()
        assert not found.summary.endswith(".")
        assert all(example.startswith(f"/{found.name}") for example in found.examples)


def test_what_needs_an_operator_counts_as_acting() -> None:
    for found in build_registry().commands:
        assert found.acts or found.role is not Role.OPERATOR, found.name


def test_one_file_is_enough_for_a_command(package: ModuleType) -> None:
    put(package, "greet", DECLARATION.format(name="greet", aliases=("hello",)))
    registry = make_registry(find_commands(package), {})
    assert registry.find("/GREET") is registry.find("hello")
    assert [found.name for found in registry.commands] == ["greet"]


@pytest.mark.parametrize(("name", "aliases"), [("greet", ()), ("hail", ("greet",)), ("hail", ("hi",))])
def test_two_commands_cannot_share_a_word(name: str, aliases: tuple[str, ...]) -> None:
    with pytest.raises(Bug, match="claimed by"):
        make_registry([command("greet", aliases=("hi",)), command(name, aliases=aliases)], {})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "declares no COMMAND"),
        (DECLARATION.format(name="Greet", aliases=()), "lower case"),
        (DECLARATION.format(name="greet", aliases=()).replace("Does it", "x" * 61), "60 characters"),
        (DECLARATION.format(name="greet", aliases=()).replace("aliases=()", "section='odd'"), "section"),
        (DECLARATION.format(name="greet", aliases=()).replace("aliases=()", "usage='[x]'"), "example"),
    ],
)
def test_a_module_that_breaks_a_rule_is_refused(package: ModuleType, text: str, problem: str) -> None:
    put(package, "broken", text)
    with pytest.raises(Bug, match=problem):
        find_commands(package)


def test_two_renderers_of_an_event_are_refused(package: ModuleType) -> None:
    text = "from core.domain.events import Stopped\nEVENT = Stopped\ndef render(event, alert): ...\n"
    put(package, "one", text)
    assert set(find_renderers(package)) == {"stopped"}
    put(package, "two", text)
    with pytest.raises(Bug, match="already"):
        find_renderers(package)


def test_a_renderer_without_its_event_is_refused(package: ModuleType) -> None:
    put(package, "one", "def render(event, alert): ...\n")
    with pytest.raises(Bug, match="EVENT"):
        find_renderers(package)


def test_suggestions_are_the_nearest_word() -> None:
    registry = build_registry()
    assert registry.suggest("/positons") == "positions"
    assert registry.suggest("stopp") == "stop"
    assert registry.suggest("xyzzy") is None
    assert registry.suggest("/paus", registry.open_to(Role.NOBODY)) is None


def test_a_role_sees_what_it_may_run() -> None:
    registry = build_registry()
    assert [found.name for found in registry.open_to(Role.NOBODY)] == ["whoami"]
    assert "close" not in {found.name for found in registry.open_to(Role.VIEWER)}
    assert registry.open_to(Role.ADMIN) == registry.commands


@pytest.mark.parametrize("word", ["confirm", "cancel"])
def test_the_words_of_confirmations_are_no_commands(package: ModuleType, word: str) -> None:
    put(package, "one", DECLARATION.format(name="one", aliases=(word,)))
    with pytest.raises(Bug, match="belongs to confirmations"):
        make_registry(find_commands(package), {})
