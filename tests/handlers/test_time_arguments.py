"""Periods and times of waves."""

import contextlib
import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import time_arguments
from handlers.invocation import UsageError

NOW = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)


def test_periods() -> None:
    day = time_arguments.find_period("24h", NOW)
    assert day is not None
    assert (day.since_at, day.until_at) == (NOW - timedelta(days=1), NOW)
    week = time_arguments.find_period("2026-11-01..2026-11-07", NOW)
    assert week is not None
    assert (week.since_at, week.until_at) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC))
    today = time_arguments.find_period("today", NOW)
    assert today is not None
    assert today.since_at == datetime(2026, 11, 20, tzinfo=UTC)
    assert time_arguments.find_period("SOL", NOW) is None


@pytest.mark.parametrize(
    ("word", "since", "until", "title"),
    [
        ("90m", NOW - timedelta(minutes=90), NOW, "last 90m"),
        ("1D12H", NOW - timedelta(hours=36), NOW, "last 1d12h"),
        ("Yesterday", datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC), "yesterday"),
        ("2026-11-1", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC), "2026-11-01"),
        (
            "2026-11-18..",
            datetime(2026, 11, 18, tzinfo=UTC),
            datetime(2026, 11, 21, tzinfo=UTC),
            "2026-11-18..2026-11-20",
        ),
    ],
)
def test_a_period_has_its_ends_and_a_name(word: str, since: datetime, until: datetime, title: str) -> None:
    period = time_arguments.find_period(word, NOW)
    assert period == time_arguments.Period(since_at=since, until_at=until, title=title)


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("2026-11-07..2026-11-01", "ends before it begins"),
        ("2026-11-21..", "ends before it begins"),
        ("2026-02-31", "There is no day “2026-02-31”"),
        ("2026-11-01..2026-11-31", "There is no day “2026-11-31”"),
        ("..", "write 24h, 7d, today"),
        ("a..b", "write 24h, 7d, today"),
        ("..2026-11-07", "write 24h, 7d, today"),
        ("7days", "write 24h, 7d, today"),
        ("24hours", "write 24h, 7d, today"),
        ("1month", "write 24h, 7d, today"),
        ("2026-11", "write 24h, 7d, today"),
        ("2026/11/01", "write 24h, 7d, today"),
        ("01.11.2026", "write 24h, 7d, today"),
        ("0h", "anything from 1m to 365d"),
        ("9999-12-31", "too far away"),
    ],
)
def test_impossible_periods_are_refused_with_what_is_allowed(word: str, why: str) -> None:
    with pytest.raises(UsageError, match=re.escape(why)):
        time_arguments.find_period(word, NOW)


@pytest.mark.parametrize("word", ["SOL", "1INCH", "1000PEPEUSDT", "12", "10:15", "binance", ""])
def test_other_words_are_no_period(word: str) -> None:
    assert time_arguments.find_period(word, NOW) is None


DAYS = st.dates(date(1, 1, 1), date(9999, 12, 30))


@given(DAYS, DAYS)
def test_two_days_are_a_period_of_whole_days_with_both_in_it(first: date, last: date) -> None:
    word = f"{first.isoformat()}..{last.isoformat()}"
    if last < first:
        with pytest.raises(UsageError, match="ends before"):
            time_arguments.find_period(word, NOW)
        return
    period = time_arguments.find_period(word, NOW)
    assert period is not None
    assert period.until_at - period.since_at == last - first + timedelta(days=1)
    assert (period.since_at.date(), period.since_at.time()) == (first, time())


@given(st.integers(1, 365), st.sampled_from("hd"))
def test_a_duration_is_a_period_that_ends_now(count: int, unit: str) -> None:
    period = time_arguments.find_period(f"{count}{unit}", NOW)
    assert period is not None
    assert period.until_at == NOW
    assert NOW - period.since_at == timedelta(hours=count) * (24 if unit == "d" else 1)


@given(st.from_regex(r"[0-9a-z./:-]{0,24}", fullmatch=True))
def test_any_word_is_a_period_or_none_or_refused(word: str) -> None:
    with contextlib.suppress(UsageError):
        period = time_arguments.find_period(word, NOW)
        assert period is None or period.since_at < period.until_at


@pytest.mark.parametrize(
    ("word", "at"),
    [
        ("10:15", datetime(2026, 11, 20, 10, 15, tzinfo=UTC)),
        ("10:30", datetime(2026, 11, 19, 10, 30, tzinfo=UTC)),
        ("2026-11-20T09:45", datetime(2026, 11, 20, 9, 45, tzinfo=UTC)),
        ("2026-11-20 09:45", datetime(2026, 11, 20, 9, 45, tzinfo=UTC)),
        ("2026-11-20T09:45:00+02:00", datetime(2026, 11, 20, 7, 45, tzinfo=UTC)),
        ("2026-11-20t09:45z", datetime(2026, 11, 20, 9, 45, tzinfo=UTC)),
        ("SOL", None),
        ("12", None),
    ],
)
def test_waves_are_named_by_time(word: str, at: datetime | None) -> None:
    assert time_arguments.find_wave(word, NOW) == at


@pytest.mark.parametrize("word", ["10:17", "25:00", "2026-13-01T00:00", "2026-11-20T09:45:30"])
def test_times_without_a_wave_are_refused(word: str) -> None:
    with pytest.raises(UsageError):
        time_arguments.find_wave(word, NOW)
