"""How long a route keeps alerts back: quiet hours and digest windows; pure. Mutes and repeats belong to storage."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from core.domain.delivery import FoldReason, Hold, QuietHours, Route

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def hold_of(route: Route, now: datetime, zone: tzinfo) -> Hold | None:
    """Return how long `route` keeps back what is recorded at `now` and is not urgent; None: it does not."""
    until_at = now if route.digest is None else window_end(route.digest, now)
    if route.quiet is not None:
        # A digest that would come in quiet hours comes after them.
        until_at = quiet_end(route.quiet, until_at, zone)
    if until_at <= now:
        return None
    reason = FoldReason.QUIET if route.digest is None else FoldReason.DIGEST
    return Hold(reason=reason, until_at=until_at)


def window_end(window: timedelta, now: datetime) -> datetime:
    """Return the end of the digest window that `now` is in.

    Windows stand still, so that all that falls into one has the same end; midnight UTC is the end of one.
    """
    return _EPOCH + ((now - _EPOCH) // window + 1) * window


def quiet_end(quiet: QuietHours, at: datetime, zone: tzinfo) -> datetime:
    """Return when the quiet hours that `at` is in are over, or `at` if it is in none."""
    if quiet.begin == quiet.end:
        return at
    # Where clocks are set forward the next part may begin before this one ends.
    while (end_at := _end_of_part(quiet, at, zone)) is not None:
        at = end_at
    return at


def _end_of_part(quiet: QuietHours, at: datetime, zone: tzinfo) -> datetime | None:
    today = at.astimezone(zone).date()
    for day in (today - _DAY, today):
        last_day = day if quiet.begin < quiet.end else day + _DAY
        end_at = _moment(last_day, quiet.end, zone)
        if _moment(day, quiet.begin, zone) <= at < end_at:
            return end_at
    return None


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
