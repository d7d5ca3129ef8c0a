"""How long quiet hours and digest windows keep alerts back."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery.holds import hold_of, quiet_end, window_end
from core.domain.delivery import Destination, FoldReason, Hold, QuietHours, Route

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
NIGHT = QuietHours(begin=time(22, 30), end=time(7))
CHAT = Destination.parse("telegram:1")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOS_ANGELES).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-11-21T22:29", None),
        ("2026-11-21T22:30", "2026-11-22T07:00"),
        ("2026-11-22T00:00", "2026-11-22T07:00"),
        ("2026-11-22T06:59", "2026-11-22T07:00"),
        ("2026-11-22T07:00", None),
        ("2026-11-22T12:00", None),
    ],
)
def test_quiet_hours_reach_over_midnight(at: str, end: str | None) -> None:
    assert quiet_end(NIGHT, local(at), LOS_ANGELES) == local(end or at)


def test_quiet_hours_of_one_day() -> None:
    lunch = QuietHours(begin=time(12), end=time(13))
    assert quiet_end(lunch, local("2026-11-21T12:10"), LOS_ANGELES) == local("2026-11-21T13:00")
    assert quiet_end(lunch, local("2026-11-21T13:00"), LOS_ANGELES) == local("2026-11-21T13:00")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-07", 7.5), ("2026-03-08", 8.5), ("2026-10-31", 9.5)])
def test_quiet_hours_end_by_the_clock_on_the_wall_when_clocks_are_set(day: str, hours: float) -> None:
    begin_at = local(f"{day}T22:30")
    assert quiet_end(NIGHT, begin_at, LOS_ANGELES) == begin_at + timedelta(hours=hours)


def test_equal_times_are_no_quiet_hours() -> None:
    at = local("2026-11-21T12:00")
    assert quiet_end(QuietHours(begin=time(12), end=time(12)), at, LOS_ANGELES) == at


MINUTES = st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned below


@given(MINUTES, MINUTES, MOMENTS)
def test_the_end_is_quiet_no_more_and_at_most_a_long_day_away(begin: time, end: time, at: datetime) -> None:
    quiet = QuietHours(begin=begin, end=end)
    end_at = quiet_end(quiet, at, LOS_ANGELES)
    assert at <= end_at <= at + timedelta(hours=25)
    assert quiet_end(quiet, end_at, LOS_ANGELES) == end_at


@pytest.mark.parametrize(
    ("minutes", "at", "end"),
    [
        (15, "2026-11-21T12:00", "2026-11-21T12:15"),
        (15, "2026-11-21T12:14:59", "2026-11-21T12:15"),
        (60, "2026-11-21T23:30", "2026-11-22T00:00"),
        (1440, "2026-11-21T01:00", "2026-11-22T00:00"),
    ],
)
def test_windows_of_digests_stand_still(minutes: int, at: str, end: str) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert window_end(timedelta(minutes=minutes), now) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@given(st.integers(1, 1440), MOMENTS)
def test_a_window_ends_later_and_not_later_than_its_length(minutes: int, now: datetime) -> None:
    window = timedelta(minutes=minutes)
    end_at = window_end(window, now)
    assert now < end_at <= now + window
    assert window_end(window, end_at - timedelta.resolution) == end_at


def test_a_digest_does_not_come_in_quiet_hours() -> None:
    route = Route(to=(CHAT,), digest=timedelta(hours=1), quiet=NIGHT)
    at = local("2026-11-21T22:10")
    assert hold_of(route, at, LOS_ANGELES) == Hold(reason=FoldReason.DIGEST, until_at=local("2026-11-22T07:00"))
    at = local("2026-11-21T20:10")
    assert hold_of(route, at, LOS_ANGELES) == Hold(reason=FoldReason.DIGEST, until_at=local("2026-11-21T21:00"))


def test_a_route_without_either_holds_nothing() -> None:
    assert hold_of(Route(to=(CHAT,)), local("2026-11-21T23:00"), LOS_ANGELES) is None
