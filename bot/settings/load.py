"""The door to the settings: reads every source once and tells everything that is wrong at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from bot.settings.keys import ALL
from bot.settings.layers import Layers, read_environment, read_file
from bot.settings.schema import Settings
from bot.settings.section import Problems
from core.domain.errors import ConfigurationError

USUAL_FILE = "config.yaml"


def load_settings(
    path: Path | None,
    environment: Mapping[str, str] | None,
    overrides: Sequence[str] = (),
    *,
    folder: Path | None = None,
) -> Settings:
    """Return the settings of a file, the environment and `overrides`, the later ones over the earlier ones.

    Args:
        path: The file that was asked for; None takes `config.yaml` in `folder` if it is there, else the defaults.
        environment: Variables; those of `.env` in `folder` stand beneath them. None: neither these nor those.
        overrides: Texts like `waves.window_s=60`; the value is YAML.
        folder: Where the process was started; None is the current folder.

    Raises:
        ConfigurationError: a file is missing, or keys or values are wrong; the text names each of them.
    """
    folder = folder or Path.cwd()
    usual = folder / USUAL_FILE
    problems = Problems(known=tuple(ALL.paths()))
    layers = Layers(read_file(path or usual) if path or usual.is_file() else {}, problems)
    if environment is not None:
        layers.add_variables(read_environment(folder, environment))
    layers.add_overrides(overrides)
    settings = ALL.read(layers.raw, (), problems)
    if problems.found or settings is None:
        raise ConfigurationError("\n".join(["The settings need mending:", *(f"- {text}" for text in problems.found)]))
    return settings


def effective(settings: Settings) -> dict[str, object]:
    """Return every setting as it is in force, in the words of config.yaml, with secrets masked."""
    return ALL.show(settings) or {}


def effective_text(settings: Settings) -> str:
    """Return every setting as it is in force as the text of a config.yaml, with secrets masked."""
    return yaml.safe_dump(effective(settings), sort_keys=False, allow_unicode=True)
