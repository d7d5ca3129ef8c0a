"""Periods and times of waves."""

from datetime import UTC, datetime, timedelta

import pytest

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


@pytest.mark.parametrize("word", ["2026-11-07..2026-11-01", "2026-02-31", "..", "a..b", "9999-12-31"])
def test_impossible_periods_are_refused(word: str) -> None:
    with pytest.raises(UsageError):
        time_arguments.find_period(word, NOW)


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
