"""Which wave is due when, for every minute of the hour."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.waves.calendar import GRID, expected_wave, floor_to_grid, next_check

HOUR = datetime(2026, 11, 20, 10, tzinfo=UTC)
CHECKS = (6, 20, 35, 50)
WINDOW = timedelta(seconds=120)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - naive bounds

DUE = {
    **dict.fromkeys(range(16), HOUR - timedelta(minutes=15)),
    **dict.fromkeys(range(16, 31), HOUR),
    **dict.fromkeys(range(31, 46), HOUR + timedelta(minutes=15)),
    **dict.fromkeys(range(46, 60), HOUR + timedelta(minutes=30)),
}
"""The table of the rules: minute of the check to wave."""


@pytest.mark.parametrize("minute", range(60))
def test_the_wave_of_every_minute(minute: int) -> None:
    for second in (0, 59):
        assert expected_wave(HOUR + timedelta(minutes=minute, seconds=second)) == DUE[minute]


def test_the_hour_before_may_lie_in_the_day_before() -> None:
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    assert expected_wave(midnight + timedelta(minutes=6)) == datetime(2025, 12, 31, 23, 45, tzinfo=UTC)


@given(TIMES)
def test_the_grid_is_the_quarter_hour_before(at: datetime) -> None:
    floor = floor_to_grid(at)
    assert floor <= at < floor + GRID
    assert (floor.minute % 15, floor.second, floor.microsecond) == (0, 0, 0)


@given(TIMES, st.lists(st.integers(0, 59), min_size=1, max_size=6, unique=True))
def test_the_next_check_is_the_first_whose_window_is_not_over(at: datetime, minutes: list[int]) -> None:
    found = next_check(at, minutes, WINDOW)
    assert found.minute in minutes
    assert found + WINDOW > at
    start = at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    every = [start + timedelta(minutes=n) for n in range(60 * 5)]
    assert not [c for c in every if c.minute in minutes and c < found and c + WINDOW > at]


@pytest.mark.parametrize(
    ("minute", "second", "check"),
    [(0, 0, 6), (6, 0, 6), (7, 59, 6), (8, 0, 20), (51, 59, 50), (52, 0, 66)],
)
def test_a_start_in_the_middle_of_a_window_still_takes_it(minute: int, second: int, check: int) -> None:
    at = HOUR + timedelta(minutes=minute, seconds=second)
    assert next_check(at, CHECKS, WINDOW) == HOUR + timedelta(minutes=check)


def test_every_wave_of_a_day_is_due_once() -> None:
    at, due = HOUR, []
    while at < HOUR + timedelta(days=1):
        check = next_check(at, CHECKS, WINDOW)
        due.append(expected_wave(check))
        at = check + WINDOW
    assert due[:96] == [HOUR - timedelta(minutes=15) + n * GRID for n in range(96)]
