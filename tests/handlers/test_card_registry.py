"""Discovery of living messages."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.domain import cards
from core.domain.errors import Bug
from handlers.card_registry import find_cards

DECLARATION = 'KIND = "{kind}"\nasync def render(card, alert, sources): ...\n'


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """An empty package whose folder takes modules."""
    name = "cards_of_" + request.node.name
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__(name)
    for loaded in [key for key in sys.modules if key.partition(".")[0] == name]:
        del sys.modules[loaded]


def put(package: ModuleType, name: str, text: str) -> None:
    (Path(package.__path__[0]) / f"{name}.py").write_text(text)


def test_every_kind_of_card_has_its_module() -> None:
    assert set(find_cards()) == {cards.WAVE, cards.POSITION}


def test_a_module_is_all_that_a_new_kind_needs(package: ModuleType) -> None:
    put(package, "moon", DECLARATION.format(kind="moon"))
    assert list(find_cards(package)) == ["moon"]


def test_a_module_without_its_declaration_is_refused(package: ModuleType) -> None:
    put(package, "moon", 'KIND = "moon"\n')
    with pytest.raises(Bug, match="moon declares no KIND with its render"):
        find_cards(package)


def test_a_kind_is_claimed_once(package: ModuleType) -> None:
    put(package, "moon", DECLARATION.format(kind="moon"))
    put(package, "sun", DECLARATION.format(kind="moon"))
    with pytest.raises(Bug, match="another module renders the card 'moon' already"):
        find_cards(package)
