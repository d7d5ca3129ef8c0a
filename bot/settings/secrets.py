"""Values that must never be shown, and where they may come from; not how they are used."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MASK = "********"


class Secret:
    """A token or key. It can be printed, logged and compared without giving itself away; `reveal` is the only door."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself, for the call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled or copied into a file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An environment variable of ours and the setting that it fills."""

    name: str
    path: tuple[str, ...]
    is_secret: bool = False


VARIABLES = (
    Variable(name="TELEGRAM_BOT_TOKEN", path=("telegram", "token"), is_secret=True),
    Variable(name="TELEGRAM_API_URL", path=("telegram", "api_url")),
    Variable(name="SLACK_BOT_TOKEN", path=("slack", "bot_token"), is_secret=True),
    Variable(name="SLACK_APP_TOKEN", path=("slack", "app_token"), is_secret=True),
    Variable(name="SLACK_API_URL", path=("slack", "api_url")),
    Variable(name="SIGNAL_WS_URL", path=("feed", "url")),
    Variable(name="SIGNAL_WS_TOKEN", path=("feed", "token"), is_secret=True),
    Variable(name="DATABASE_URL", path=("database", "url")),
    Variable(name="OLLAMA_HOST", path=("assistant", "host")),
    Variable(name="APPROVALS_TOTP", path=("approvals", "totp"), is_secret=True),
    Variable(name="BINANCE_API_KEY", path=("exchanges", "binance", "api_key"), is_secret=True),
    Variable(name="BINANCE_API_SECRET", path=("exchanges", "binance", "api_secret"), is_secret=True),
    Variable(name="BYBIT_API_KEY", path=("exchanges", "bybit", "api_key"), is_secret=True),
    Variable(name="BYBIT_API_SECRET", path=("exchanges", "bybit", "api_secret"), is_secret=True),
)
"""What is read from the environment by a name of its own; a secret also from the file that NAME_FILE names."""


def variable_of(path: tuple[str, ...]) -> str:
    """Return the name of the environment variable that fills the secret at `path`."""
    return next(variable.name for variable in VARIABLES if variable.path == path)


def read_variable(variable: Variable, environment: Mapping[str, str]) -> Secret | str | None:
    """Return what `environment` holds for `variable`, or None; an empty text counts as not set.

    Raises:
        ValueError: both NAME and NAME_FILE are set, or the file cannot be read or is empty.
    """
    text = environment.get(variable.name, "").strip()
    if not variable.is_secret:
        return text or None
    name = f"{variable.name}_FILE"
    place = environment.get(name, "").strip()
    if text and place:
        raise ValueError(f"{variable.name} and {name} are both set; keep one of them")
    if place:
        text = _read_file(name, Path(place))
    return Secret(text) if text else None


def _read_file(name: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(f"{name}: {path} cannot be read: {reason}") from None
    if not text:
        raise ValueError(f"{name}: {path} is empty")
    return text
