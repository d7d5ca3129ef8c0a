"""The import contracts of pyproject.toml hold, and each of them notices when it is broken."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source_rules import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
LINTER = "from importlinter.cli import lint_imports_command; lint_imports_command()"

OFFENCES = {
    "packages": ("storage/__init__.py", "import handlers.texts"),
    "core": ("core/waves/__init__.py", "import core.guard.decide"),
    "io": ("core/delivery/__init__.py", "import socket"),
    "pure": ("core/domain/money.py", "import random"),
    "edges": ("bot/feeds/__init__.py", "import bot.exchanges"),
    "siblings": ("bot/platforms/slack/__init__.py", "import bot.platforms.telegram"),
    "home_sqlalchemy": ("bot/clock.py", "import sqlalchemy"),
    "home_telegram": ("bot/clock.py", "import telegram"),
    "home_slack_bolt": ("bot/clock.py", "import slack_bolt"),
    "home_websockets": ("bot/clock.py", "import websockets"),
    "home_matplotlib": ("bot/clock.py", "import matplotlib"),
    "home_yaml": ("bot/clock.py", "import yaml"),
}


def contracts(root: Path) -> dict[str, str]:
    """Return the name of every contract of a tree by its id."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return {contract["id"]: contract["name"] for contract in settings["contracts"]}


def broken_contracts(root: Path) -> set[str]:
    """Run the import linter over the tree at `root` and return the ids of the contracts that do not hold."""
    done = subprocess.run(
        [sys.executable, "-c", LINTER, "--no-cache", "--no-logo"],
        cwd=root,
        env={"COLUMNS": "400", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = dict(re.findall(r"^(\d\. .*) (KEPT|BROKEN)$", done.stdout, flags=re.MULTILINE))
    named = contracts(root)
    assert set(verdicts) == set(named.values()), done.stdout + done.stderr
    broken = {key for key, name in named.items() if verdicts[name] == "BROKEN"}
    assert bool(done.returncode) == bool(broken)
    return broken


def copy_tree(to: Path) -> Path:
    """Copy what the contracts speak of."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, to / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What the linter says of a copy of the source in which every contract is broken once."""
    root = copy_tree(tmp_path_factory.mktemp("broken"))
    for path, line in OFFENCES.values():
        with (root / path).open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")
    return broken_contracts(root)


def test_the_contracts_hold() -> None:
    assert broken_contracts(ROOT) == set()


def test_every_contract_is_known_to_these_tests() -> None:
    assert set(contracts(ROOT)) == set(OFFENCES)


@pytest.mark.parametrize("contract", OFFENCES)
def test_the_contract_can_be_broken(broken: set[str], contract: str) -> None:
    assert contract in broken


@pytest.mark.parametrize(("path", "contract"), [("core/market", "core"), ("bot/web", "edges")], ids=str)
def test_a_new_corridor_must_get_its_place(tmp_path: Path, path: str, contract: str) -> None:
    root = copy_tree(tmp_path)
    (root / path).mkdir()
    (root / path / "__init__.py").touch()
    assert broken_contracts(root) == {contract}
