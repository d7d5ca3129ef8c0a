"""Rules of the house that a reader of the source can check; each takes the root of a tree and names what breaks it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGES = ("bot", "core", "handlers", "storage")
MOST_LINES = 400
MOST_STATEMENTS = 40
EXACT = ("core", "storage", "bot/exchanges")
"""Where money is counted: no binary fractions there."""
VAGUE_NAMES = {"manager", "managers", "helper", "helpers", "util", "utils", "misc", "common"}
INEXACT_COLUMNS = {"Float", "FLOAT", "REAL", "Double", "DOUBLE", "DOUBLE_PRECISION"}
INDEXES = (r"pypi\.[o]rg", r"python[h]osted\.org", r"--(extra-)?index[-]url", r"--find[-]links", r"/simpl[e](/|\s|$)")
"""Written so that they do not find themselves."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(root: Path, folders: Iterable[str] = PACKAGES) -> Iterator[tuple[str, Path]]:
    """Yield every Python file of `folders` with its name relative to `root`."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), path


def long_modules(root: Path) -> list[str]:
    """Name the modules above the limit, tests and benchmarks included."""
    sizes = {name: len(path.read_bytes().splitlines()) for name, path in modules(root, (*PACKAGES, "tests", "bench"))}
    return [f"{name}: {size} lines" for name, size in sizes.items() if size > MOST_LINES]


def long_functions(root: Path) -> list[str]:
    """Name the functions above the limit; a function within a function counts for both."""
    return [
        f"{name}:{function.lineno} {function.name}: {size} statements"
        for name, path in modules(root, (*PACKAGES, "tests", "bench"))
        for function in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(function, Function) and (size := _statements(function)) > MOST_STATEMENTS
    ]


def _statements(function: Function) -> int:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1 - bool(ast.get_docstring(function))


def undocumented_modules(root: Path) -> list[str]:
    """Name the modules without a docstring."""
    return [name for name, path in modules(root) if not ast.get_docstring(ast.parse(path.read_bytes()))]


def vague_modules(root: Path) -> list[str]:
    """Name the modules and packages that are called by nothing of the trade."""
    return [name for name, _ in modules(root) if VAGUE_NAMES & set(re.split(r"[/_.]", name))]


def foreign_imports(root: Path) -> list[str]:
    """Name what core and handlers import beyond the standard library and ourselves."""
    known = {*sys.stdlib_module_names, *PACKAGES}
    return [
        f"{name}: {imported}"
        for name, path in modules(root, ("core", "handlers"))
        for imported in _imports(ast.parse(path.read_bytes()))
        if imported.partition(".")[0] not in known
    ]


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def inexact_numbers(root: Path) -> list[str]:
    """Name the binary fractions where money is counted: literals, conversions, annotations, columns."""
    return [
        f"{name}:{line} {text}"
        for name, path in modules(root, EXACT)
        for line, text in _inexact(ast.parse(path.read_bytes()))
    ]


def _inexact(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno, repr(node.value)
        elif isinstance(node, ast.Call) and _name(node.func) == "float":
            yield node.lineno, "float(...)"
        elif isinstance(node, ast.Name | ast.Attribute) and _name(node) in INEXACT_COLUMNS:
            yield node.lineno, _name(node)
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation and _mentions_float(node.annotation):
            yield node.lineno, "an annotation of float"
        elif isinstance(node, Function) and node.returns and _mentions_float(node.returns):
            yield node.lineno, f"{node.name} returns float"


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _mentions_float(annotation: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "float" for node in ast.walk(annotation))


def index_addresses(root: Path) -> list[str]:
    """Name the committed files that say where packages come from."""
    pattern = re.compile("|".join(INDEXES).encode())
    return [name for name in committed(root) if (root / name).is_file() and pattern.search((root / name).read_bytes())]


def committed(root: Path) -> list[str]:
    """Return the names of the files under version control, and of those that would be with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        check=True,
    )
    return [name for name in listed.stdout.decode().split("\0") if name]
