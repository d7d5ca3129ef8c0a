"""The quarter-hour grid of waves and the minutes at which they are taken; pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

GRID = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def floor_to_grid(at: datetime) -> datetime:
    """Return the start of the quarter hour (UTC) that `at` lies in."""
    return _EPOCH + (at - _EPOCH) // GRID * GRID


def expected_wave(check_at: datetime) -> datetime:
    """Return the wave that is due at a check.

    Minute 0 to 15 gives :45 of the hour before, 16 to 30 :00, 31 to 45 :15, 46 to 59 :30.
    """
    hour = check_at.replace(minute=0, second=0, microsecond=0)
    if check_at.minute <= 15:
        return hour - GRID
    return hour + ((check_at.minute - 1) // 15 - 1) * GRID


def next_check(at: datetime, check_minutes: Sequence[int], window: timedelta) -> datetime:
    """Return the check whose window is open at `at`, else the next one.

    Args:
        at: Aware UTC.
        check_minutes: Minutes of the hour, 0 to 59; one at least.
        window: How long a check lasts, so that a start in the middle of it still takes the wave.
    """
    hour = at.replace(minute=0, second=0, microsecond=0)
    checks = (
        hour + timedelta(hours=offset, minutes=minute) for offset in (-1, 0, 1) for minute in sorted(check_minutes)
    )
    return next(check for check in checks if check + window > at)
