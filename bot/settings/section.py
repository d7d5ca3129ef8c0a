"""Reading one section of raw settings into its object, and telling what is wrong; not which sections there are."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from textwrap import shorten
from typing import Any, Generic, Protocol, TypeVar

from bot.settings.convert import Kind
from bot.settings.secrets import MASK, Secret, variable_of

T = TypeVar("T")
U = TypeVar("U")
Path = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Problems:
    """What is wrong with the settings, collected so that all of it is told at once.

    Attributes:
        known: Every key that there is, for suggestions.
        origins: Where the values came from that are not from the file.
    """

    known: tuple[Path, ...] = ()
    origins: dict[Path, str] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def add(self, path: Path, text: str) -> None:
        """Note that the value at `path` is wrong."""
        origin = next((name for place, name in self.origins.items() if _is_along(place, path)), None)
        self.found.append(f"{'.'.join(path)}{f' (set by {origin})' if origin else ''}: {text}")

    def add_unknown(self, path: Path) -> None:
        """Note that there is no such key."""
        self.add(path, f"there is no such key; did you mean {'.'.join(self._nearest(path))}?")

    def add_misplaced(self, path: Path) -> None:
        """Note that a secret stands where it may be read by others; it is not repeated."""
        name = variable_of(path)
        self.add(
            path,
            f"secrets do not belong here; put it into the environment (or .env) as {name}, or its file as {name}_FILE",
        )

    def _nearest(self, path: Path) -> Path:
        def likeness(known: Path) -> float:
            return SequenceMatcher(None, path[-1], known[-1]).ratio() + 0.3 * (known[:-1] == path[:-1])

        return max(self.known, key=likeness)


def _is_along(one: Path, other: Path) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]


class SecretKey:
    """A setting that only the environment may fill."""

    def read(self, raw: object, path: Path, problems: Problems) -> Secret | None:
        """Return the secret, or None when there is none."""
        if isinstance(raw, Secret) or raw is None:
            return raw
        problems.add_misplaced(path)
        return None

    def show(self, value: Secret | None) -> object:
        """Return what may be shown of it."""
        return None if value is None else MASK


class Section(Generic[T]):
    """A mapping of known keys that becomes one object; keys that are absent keep the object's defaults.

    `check` yields (key, what is wrong) for values that do not fit together; a dot leads into a section below.
    `can_be_off`: null stands for None.
    """

    def __init__(
        self,
        build: Callable[..., T],
        keys: Mapping[str, "tuple[str, Node]"],
        *,
        check: Callable[[T], Iterator[tuple[str, str]]] | None = None,
        can_be_off: bool = False,
    ) -> None:
        self._build = build
        self._keys = keys
        self._check = check
        self._can_be_off = can_be_off

    def read(self, raw: object, path: Path, problems: Problems) -> T | None:
        """Return the object for `raw`, which stood at `path`; a wrong value is noted and keeps its default."""
        if raw is None and self._can_be_off:
            return None
        if not isinstance(raw, dict):
            if raw is not None:
                problems.add(path, f"{_form(raw)} is not allowed; allowed: keys with values")
            return self._build()
        values: dict[str, object] = {}
        before = len(problems.found)
        for key, value in raw.items():
            place = (*path, str(key))
            if str(key) in self._keys:
                attribute, node = self._keys[str(key)]
                with suppress(ValueError):
                    values[attribute] = _read_node(node, value, place, problems)
            else:
                problems.add_unknown(place)
        built = self._build(**values)
        for key, text in self._check(built) if self._check and len(problems.found) == before else ():
            problems.add((*path, *key.split(".")), text)
        return built

    def show(self, value: T | None) -> dict[str, object] | None:
        """Return `value` as plain YAML, secrets masked."""
        if value is None:
            return None
        return {key: node.show(getattr(value, attribute)) for key, (attribute, node) in self._keys.items()}

    def paths(self, path: Path = ()) -> Iterator[Path]:
        """Yield every key below `path`."""
        for key, (_, node) in self._keys.items():
            yield (*path, key)
            if isinstance(node, Section | Adapted | Rows):
                yield from node.paths((*path, key))


class Adapted(Generic[T, U]):
    """A section whose object is written down in another form than it is used in."""

    def __init__(self, section: Section[U], *, into: Callable[[U], T], out_of: Callable[[T], U]) -> None:
        self._section = section
        self._into = into
        self._out_of = out_of

    def read(self, raw: object, path: Path, problems: Problems) -> T:
        """Return the object in the form in which it is used."""
        written = self._section.read(raw, path, problems)
        if written is None:
            raise ValueError("an adapted section is never off")
        return self._into(written)

    def show(self, value: T) -> dict[str, object] | None:
        """Return `value` as plain YAML."""
        return self._section.show(self._out_of(value))

    def paths(self, path: Path) -> Iterator[Path]:
        """Yield every key below `path`."""
        return self._section.paths(path)


class Rows(Generic[T]):
    """A list of sections of one form."""

    def __init__(self, row: "Adapted[T, Any]") -> None:
        self._row = row

    def read(self, raw: object, path: Path, problems: Problems) -> tuple[T, ...]:
        """Return an object for each item of `raw`.

        Raises:
            ValueError: `raw` is no list; that is noted.
        """
        if not isinstance(raw, list):
            problems.add(path, f"{_form(raw)} is not allowed; allowed: a list")
            raise ValueError("no list")  # noqa: TRY004 - one error for one mistake
        return tuple(self._row.read(item, (*path, str(place)), problems) for place, item in enumerate(raw, start=1))

    def show(self, value: tuple[T, ...]) -> list[object]:
        """Return every item as plain YAML."""
        return [self._row.show(item) for item in value]

    def paths(self, path: Path) -> Iterator[Path]:
        """Yield the keys of an item."""
        return self._row.paths(path)


def _read_node(node: "Node", raw: object, path: Path, problems: Problems) -> object:
    if not isinstance(node, Kind):
        return node.read(raw, path, problems)
    try:
        return node.read(raw)
    except ValueError:
        problems.add(path, f"{_words(raw)} is not allowed; allowed: {node.allowed}")
        raise


def _words(raw: object) -> str:
    return re.sub(r"//[^/@\s]*@", f"//{MASK}@", shorten(repr(raw), 100))


def _form(raw: object) -> str:
    # The value itself is not repeated: it may be a token that a person put in the place of a whole section.
    return {list: "a list", dict: "keys with values", type(None): "nothing"}.get(type(raw), "a single value")


class Own(Protocol):
    """A setting with a way of its own to be read and shown."""

    def read(self, raw: object, path: Path, problems: Problems) -> Any:  # noqa: ANN401 - whatever it reads
        """Return the value; what is wrong is noted."""
        ...

    def show(self, value: Any) -> object:  # noqa: ANN401 - whatever it reads
        """Return what may be shown of it."""
        ...


Node = Kind[Any] | Section[Any] | Adapted[Any, Any] | Rows[Any] | Own
