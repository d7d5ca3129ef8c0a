"""The forms of a time on the wire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.signal_times import read_time

AT = datetime(2025, 10, 25, 19, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2025-10-25 19:15:00+00",
        "2025-10-25 19:15:00",
        "2025-10-25 19:15",
        "2025-10-25T19:15:00",
        "2025-10-25T19:15:00Z",
        "2025-10-25T19:15:00.000000+00:00",
        "2025-10-25T23:15:00+04:00",
        "2025-10-25 19:15:00 UTC",
        " 2025-10-25T19:15:00Z ",
        1761419700,
        1761419700.0,
        1761419700000,
        "1761419700",
        "1761419700000",
    ],
)
def test_every_form_is_the_same_time(value: object) -> None:
    assert read_time(value) == AT


def test_fractions_of_any_length_are_kept_to_the_microsecond() -> None:
    assert read_time("2025-10-25 19:33:02.0929+00") == datetime(2025, 10, 25, 19, 33, 2, 92900, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None, "", "N/A", "yesterday", "2025-10-25", "2025-13-01 00:00:00",
        "0001-01-01T00:00:00+23:00", "9999-12-31 23:59",
        "2025-10-25 19:15:00+99:00", True, 0, -5, 5e300, float("nan"), float("inf"), "99999999999999", [], {}, b"2025",
    ],
)  # fmt: skip
def test_what_is_no_time(value: object) -> None:
    assert read_time(value) is None


@given(st.datetimes(datetime(2000, 1, 2), datetime(2100, 12, 30)), st.integers(-14, 14))  # noqa: DTZ001 - zone is drawn
def test_any_zone_comes_out_as_utc(naive: datetime, hours: int) -> None:
    at = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    read = read_time(at.isoformat())
    assert read == at
    assert read is not None
    assert read.utcoffset() == timedelta(0)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    assert read_time(text) is None or text.strip()[:2] in {"19", "20", "21"} or text.strip()[0].isdigit()
