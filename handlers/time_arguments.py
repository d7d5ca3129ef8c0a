"""Periods and times of waves as people write them; pure, and all times are UTC.

Every function that cannot read a word raises `UsageError` with what is allowed; None is "it is none of these".
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from handlers import texts
from handlers.arguments import find_duration
from handlers.invocation import UsageError

WAVE_STEP_MIN = 15

_HOW = "write 24h, 7d, today, 2026-11-01 or 2026-11-01..2026-11-07."
_DAYS_AGO = {"today": 0, "yesterday": 1}
_ISO_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
# Durations with long or unknown units, and dates in other orders or with other signs between.
_NEARLY = re.compile(
    r"\d+(sec|second|min|minute|hr|hour|day|week|mo|mon|month|y|yr|year)s?"
    r"|\d{4}[-/.]\d{1,2}([/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A span of time; `until_at` is not part of it. `title` is how a person calls it."""

    since_at: datetime
    until_at: datetime
    title: str


def find_period(word: str, now: datetime) -> Period | None:
    """Return the period that `word` writes, or None if it is something else.

    24h and 7d end now; today, yesterday, a day, and two days with .. between are whole days (UTC), the last included;
    without a last day it is today.

    Raises:
        UsageError: it is meant as a period but is none: days that do not exist or stand in the wrong order, other ways
            to write a date or a duration.
    """
    if word.lower() in _DAYS_AGO:
        day = now.astimezone(UTC).date() - timedelta(days=_DAYS_AGO[word.lower()])
        return _days(day, day, word.lower())
    duration = find_duration(word)
    if duration is not None:
        return Period(since_at=now - duration, until_at=now, title=f"last {word.lower()}")
    first, separator, last = word.partition("..")
    if not separator and not _ISO_DAY.fullmatch(word):
        if _NEARLY.fullmatch(word.lower()):
            raise UsageError(f"{texts.quoted(word)} is no period; {_HOW}")
        return None
    since = _day(first, word)
    until = _day(last, word) if last else now.astimezone(UTC).date() if separator else since
    if until < since:
        raise UsageError(f"{texts.quoted(word)} ends before it begins.")
    return _days(since, until, f"{since}..{until}" if until > since else str(since))


def find_wave(word: str, now: datetime) -> datetime | None:
    """Return the wave that `word` names by its time (10:15 is the latest such one; or 2026-11-20T10:15), or None.

    Raises:
        UsageError: no wave stands at such a time.
    """
    at = _moment(word, now)
    if at is None:
        return None
    if at.minute % WAVE_STEP_MIN or at.second or at.microsecond:
        raise UsageError(f"No wave stands at {texts.quoted(word)}; waves are at :00, :15, :30 and :45 (UTC).")
    return at


def _moment(word: str, now: datetime) -> datetime | None:
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})", word)
    try:
        if clock:
            at = datetime.combine(now.date(), time(int(clock[1]), int(clock[2])), tzinfo=UTC)
            return at if at <= now else at - timedelta(days=1)
        if not re.match(r"\d{4}-\d{2}-\d{2}[T ]", word.upper()):
            return None
        at = datetime.fromisoformat(word.upper())
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{texts.quoted(word)} is no time; write 10:15 or 2026-11-20T10:15 (UTC).") from None


def _day(text: str, word: str) -> date:
    if not _ISO_DAY.fullmatch(text):
        raise UsageError(f"{texts.quoted(word)} is no period; {_HOW}")
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)
    except ValueError:
        raise UsageError(f"There is no day {texts.quoted(text)}.") from None


def _days(first: date, last: date, title: str) -> Period:
    try:
        until = last + timedelta(days=1)
    except OverflowError:
        raise UsageError("That is too far away.") from None
    return Period(
        since_at=datetime.combine(first, time(), tzinfo=UTC),
        until_at=datetime.combine(until, time(), tzinfo=UTC),
        title=title,
    )
