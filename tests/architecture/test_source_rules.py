"""The source keeps the rules of the house, and every rule can be broken."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import source_rules as rules

ROOT = Path(__file__).resolve().parents[2]
Rule = Callable[[Path], list[str]]
RULES: list[Rule] = [
    rules.long_modules,
    rules.long_functions,
    rules.undocumented_modules,
    rules.vague_modules,
    rules.foreign_imports,
    rules.inexact_numbers,
    rules.index_addresses,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_the_rule(rule: Rule) -> None:
    if rule is rules.index_addresses and not (ROOT / ".git").exists():
        pytest.skip("this is no checkout, so nothing says which files are committed")
    assert rule(ROOT) == []


@pytest.mark.parametrize(
    ("rule", "path", "text", "found"),
    [
        (rules.long_modules, "core/a.py", "x = 1\n" * 401, "core/a.py: 401 lines"),
        (rules.long_modules, "tests/a.py", "x = 1\n" * 401, "tests/a.py: 401 lines"),
        (
            rules.long_functions,
            "bot/a.py",
            'def f():\n    """Doc."""\n' + "    x = 1\n" * 41,
            "bot/a.py:1 f: 41 statements",
        ),
        (
            rules.long_functions,
            "bot/a.py",
            "async def f():\n  for x in ():\n" + "    x = 1\n" * 40,
            "bot/a.py:1 f: 41 statements",
        ),
        (rules.undocumented_modules, "storage/a.py", "x = 1\n", "storage/a.py"),
        (rules.vague_modules, "handlers/chat_utils.py", '"""Doc."""\n', "handlers/chat_utils.py"),
        (rules.vague_modules, "bot/common/a.py", '"""Doc."""\n', "bot/common/a.py"),
        (rules.foreign_imports, "core/a.py", "import aiohttp.web\n", "core/a.py: aiohttp.web"),
        (rules.foreign_imports, "handlers/a.py", "def f():\n    from ccxt import x\n", "handlers/a.py: ccxt"),
        (rules.foreign_imports, "core/a.py", "from . import b\n", "core/a.py: ."),
        (rules.inexact_numbers, "core/a.py", "x = 0.05\n", "core/a.py:1 0.05"),
        (rules.inexact_numbers, "core/a.py", "x = float('1')\n", "core/a.py:1 float(...)"),
        (rules.inexact_numbers, "bot/exchanges/a.py", "x = 1e3\n", "bot/exchanges/a.py:1 1000.0"),
        (rules.inexact_numbers, "core/a.py", "x: list[float]\n", "core/a.py:1 an annotation of float"),
        (rules.inexact_numbers, "core/a.py", "def f(x: float): ...\n", "core/a.py:1 an annotation of float"),
        (rules.inexact_numbers, "core/a.py", "def f() -> float | None: ...\n", "core/a.py:1 f returns float"),
        (rules.inexact_numbers, "storage/a.py", "x = sa.Column(sa.Float)\n", "storage/a.py:1 Float"),
        (rules.index_addresses, "requirements.lock", "--index" + "-url x\n", "requirements.lock"),
        (rules.index_addresses, "deep/Makefile", "pip install -i https://host/" + "simple/\n", "deep/Makefile"),
    ],
)
def test_the_rule_can_be_broken(tmp_path: Path, rule: Rule, path: str, text: str, found: str) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    assert rule(tmp_path) == []
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text, encoding="utf-8")
    assert rule(tmp_path) == [found]


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (rules.long_modules, "core/a.py", "x = 1\n" * 400),
        (rules.long_functions, "bot/a.py", 'def f():\n    """Doc."""\n' + "    x = 1\n" * 40),
        (rules.inexact_numbers, "bot/feeds/a.py", "x = 0.5\n"),
        (rules.inexact_numbers, "core/a.py", "x = Decimal('0.5')\ny = isinstance(x, float)\n"),
    ],
)
def test_what_the_rule_allows_passes(tmp_path: Path, rule: Rule, path: str, text: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text, encoding="utf-8")
    assert rule(tmp_path) == []
