"""Log lines: one event name plus fields, for the console or as JSON, secrets masked; not what is worth logging."""

import json
import logging
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TextIO
from urllib.parse import quote

from bot.settings.secrets import MASK, Secret

OURS = ("bot", "core", "handlers", "storage")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_CONTROL = MappingProxyType({code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)})


class Mask:
    """Hides secrets in texts, in every form in which they travel: plain, in an address, in JSON."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        values = {secret.reveal() for secret in secrets}
        forms = {form for value in values for form in (value, quote(value, safe=""), json.dumps(value)[1:-1])}
        self._forms = sorted(filter(None, forms), key=len, reverse=True)

    def hide(self, text: str) -> str:
        """Return `text` without any secret."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """Return what was given as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _time_of(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, tz=UTC)


def _error_of(record: logging.LogRecord) -> str | None:
    return "".join(traceback.format_exception(*record.exc_info)).rstrip() if record.exc_info else None


class ConsoleLines(logging.Formatter):
    """Lines for people: time, level, event, fields; a traceback below it. Nobody's text can forge a line of its own."""

    def __init__(self, mask: Mask) -> None:
        super().__init__()
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of `record`."""
        fields = "".join(f" {name}={value}" for name, value in fields_of(record).items())
        text = f"{record.getMessage()}{fields}".translate(_CONTROL)
        line = f"{_time_of(record):%H:%M:%S} {record.levelname.lower():<8} {record.name}: {text}"
        error = _error_of(record)
        return self._mask.hide(line if error is None else f"{line}\n{error}")


class JsonLines(logging.Formatter):
    """Lines for machines: one JSON object each."""

    def __init__(self, mask: Mask) -> None:
        super().__init__()
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of `record`."""
        line: dict[str, object] = {
            "at": _time_of(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **fields_of(record),
        }
        error = _error_of(record)
        if error is not None:
            line["error"] = error
        return self._mask.hide(json.dumps(line, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): item for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return str(value)


@contextmanager
def logging_to(stream: TextIO, *, form: str, level: str, secrets: Iterable[Secret]) -> Iterator[None]:
    """Send the log to `stream` while the block runs.

    Args:
        stream: Where lines go.
        form: "console" or "json".
        level: The lowest level of our own packages, as in `ops.log_level`; libraries speak from warning on.
        secrets: What is never shown.
    """
    mask = Mask(secrets)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(mask) if form == "json" else ConsoleLines(mask))
    root = logging.getLogger()
    before = {name: logging.getLogger(name).level for name in ("", *OURS)}
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    try:
        yield
    finally:
        root.removeHandler(handler)
        for name, number in before.items():
            logging.getLogger(name).setLevel(number)
