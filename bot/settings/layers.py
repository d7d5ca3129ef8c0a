"""Raw settings from their sources, laid one over the other: file, named variables, WAVEHELM_ variables, --set."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import yaml
from dotenv import dotenv_values

from bot.settings.secrets import VARIABLES, Secret, read_variable
from bot.settings.section import Problems
from core.domain.errors import ConfigurationError

PREFIX = "WAVEHELM_"

Raw = dict[str, object]


class _Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake, not a silent choice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen = set[str]()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands here twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read_file(path: Path) -> Raw:
    """Return what the file at `path` says.

    Raises:
        ConfigurationError: it cannot be read or is no YAML mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(f"{path} cannot be read: {reason}") from error
    try:
        raw = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader with one rule more
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is no valid YAML: {_explain(error)}") from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ConfigurationError(f"{path} must hold sections with keys, like trading: {{ size_quote: 100 }}")
    return {str(key): value for key, value in raw.items()}


def _explain(error: yaml.YAMLError) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else None
    return (problem or "it cannot be parsed") + (f" (line {mark.line + 1}, column {mark.column + 1})" if mark else "")


def read_environment(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return `environment` over what the `.env` file in `folder` says, if there is one.

    Raises:
        ConfigurationError: that file cannot be read.
    """
    path = folder / ".env"
    try:
        written = dotenv_values(path, interpolate=False) if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    return {**{name: value for name, value in written.items() if value is not None}, **environment}


def lay_over(base: object, over: object) -> object:
    """Return `base` with everything that `over` says; mappings are merged, anything else is replaced."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: lay_over(base.get(key), value) for key, value in over.items()}}


class Layers:
    """The raw settings as they grow, and where each value that is not from the file came from."""

    def __init__(self, raw: Raw, problems: Problems) -> None:
        self.raw = raw
        self._problems = problems

    def add_variables(self, environment: Mapping[str, str]) -> None:
        """Lay our own variables, then those that begin with WAVEHELM_, over what is there."""
        for variable in VARIABLES:
            try:
                value = read_variable(variable, environment)
            except ValueError as error:
                self._problems.found.append(str(error))
                continue
            if value is not None:
                self._put(variable.path, value, variable.name)
        for name in sorted(environment):
            if name.startswith(PREFIX):
                self._put_text(tuple(name.removeprefix(PREFIX).lower().split("__")), environment[name], name)

    def add_overrides(self, overrides: Sequence[str]) -> None:
        """Lay `section.key=value` texts over what is there."""
        for text in overrides:
            key, equals, value = text.partition("=")
            if equals and key.strip():
                self._put_text(tuple(key.strip().split(".")), value, f"--set {key.strip()}")
            else:
                self._problems.found.append(f"--set {text}: write it as section.key=value")

    def _put_text(self, path: tuple[str, ...], text: str, origin: str) -> None:
        try:
            value = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader with one rule more
        except yaml.YAMLError as error:
            self._problems.found.append(f"{origin}: it is no valid YAML: {_explain(error)}")
            return
        self._put(path, value, origin)

    def _put(self, path: tuple[str, ...], value: object, origin: str) -> None:
        if isinstance(value, Secret) and self._stands(path):
            self._problems.add_misplaced(path)
        over = value
        for key in reversed(path):
            over = {key: over}
        merged = lay_over(self.raw, over)
        if isinstance(merged, dict):
            self.raw = merged
        self._problems.origins[path] = origin

    def _stands(self, path: tuple[str, ...]) -> bool:
        value: object = self.raw
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value not in (None, {})
