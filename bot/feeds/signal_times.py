"""The forms in which the signal server writes a point in time. What the time means is not decided here."""

import re
from datetime import UTC, datetime, timedelta

_ISO_START = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", re.ASCII)
_EPOCH = re.compile(r"\d{9,14}(\.\d*)?", re.ASCII)
_EPOCH_AT = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(2000, 2101)
_MILLISECONDS_FROM = 100_000_000_000


def read_time(value: object) -> datetime | None:
    """Return the aware UTC time that `value` names, or None if it names none.

    Known are ISO texts with a space or a T, with or without seconds, fractions and zone (none: UTC), and seconds or
    milliseconds since 1970, as number or text. Years outside 2000 to 2100 are no times.
    """
    if isinstance(value, str):
        text = value.strip()
        return _of_epoch(float(text)) if _EPOCH.fullmatch(text) else _of_iso(text)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_epoch(value)
    return None


def _of_iso(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.replace(" UTC", "Z")) if _ISO_START.match(text) else None
    except ValueError:
        return None
    if at is None or at.year not in _YEARS:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _of_epoch(number: float) -> datetime | None:
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    # The same hundred years; NaN fails this too.
    return _EPOCH_AT + timedelta(seconds=seconds) if 946_684_800 <= seconds < 4_133_980_800 else None
