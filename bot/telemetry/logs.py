"""Log lines: one event name plus fields, for the console, as JSON or for chats, secrets masked.

What is worth logging belongs to those who log, and who may read it to the commands.
"""

import json
import logging
import traceback
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TextIO
from urllib.parse import quote

from bot.settings.secrets import MASK, Secret
from handlers.services import LogLine

OURS = ("bot", "core", "handlers", "storage")
KEPT_RECORDS = 1000
LONGEST_TEXT = 1000
"""Characters of a kept record: a thousand of them are a few megabytes at most."""

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


def _line_of(record: logging.LogRecord) -> str:
    """Return event and fields on one line: nobody's text can forge a line of its own."""
    fields = "".join(f" {name}={value}" for name, value in fields_of(record).items())
    return f"{record.name}: {record.getMessage()}{fields}".translate(_CONTROL)


class ConsoleLines(logging.Formatter):
    """Lines for people: time, level, event, fields; a traceback below it."""

    def __init__(self, mask: Mask) -> None:
        super().__init__()
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of `record`."""
        line = f"{_time_of(record):%H:%M:%S} {record.levelname.lower():<8} {_line_of(record)}"
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


class LogRing(logging.Handler):
    """Keeps the newest records in memory, as texts in which no secret is left."""

    def __init__(self, mask: Mask, size: int = KEPT_RECORDS) -> None:
        super().__init__()
        self._mask = mask
        self._kept: deque[tuple[int, LogLine]] = deque(maxlen=size)

    def lines(self, count: int, level: str) -> Sequence[LogLine]:
        """Return the newest `count` lines at or above `level` (debug, info, warning, error, critical), oldest first."""
        lowest = logging.getLevelNamesMapping()[level.upper()]
        self.acquire()
        try:
            found = [line for number, line in self._kept if number >= lowest]
        finally:
            self.release()
        return found[-count:] if count > 0 else []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep `record`."""
        try:
            text = self._text(record)
        except (KeyError, TypeError, ValueError):
            # Words and values that do not fit: who logs them must not be harmed, and the stream tells of it.
            text = f"{record.name}: a record that cannot be read"
        line = LogLine(at=_time_of(record), level=record.levelname.lower(), text=text)
        self._kept.append((record.levelno, line))

    def _text(self, record: logging.LogRecord) -> str:
        error = _error_of(record)
        cause = "" if error is None else f" | {error.splitlines()[-1]}".translate(_CONTROL)
        # Masked before it is cut: half a secret would not be known as one.
        text = self._mask.hide(_line_of(record) + cause)
        return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


@contextmanager
def logging_to(stream: TextIO, *, form: str, level: str, secrets: Iterable[Secret]) -> Iterator[LogRing]:
    """Send the log to `stream` while the block runs, and yield what keeps the newest of it.

    Args:
        stream: Where lines go.
        form: "console" or "json".
        level: The lowest level of our own packages, as in `ops.log_level`; libraries speak from warning on.
        secrets: What is never shown.
    """
    mask = Mask(secrets)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(mask) if form == "json" else ConsoleLines(mask))
    ring = LogRing(mask)
    root = logging.getLogger()
    before = {name: logging.getLogger(name).level for name in ("", *OURS)}
    root.addHandler(handler)
    root.addHandler(ring)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    try:
        yield ring
    finally:
        root.removeHandler(ring)
        root.removeHandler(handler)
        for name, number in before.items():
            logging.getLogger(name).setLevel(number)
