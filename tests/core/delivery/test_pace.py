"""Never more than is allowed, and never later than need be."""

from bisect import bisect_left
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery.pace import Pace
from tests.builders import NOW
from tests.core.delivery.post import seconds

SECOND, MINUTE = seconds(1), seconds(60)


def most_in(times: list[datetime], span: timedelta) -> int:
    """Return the most that fall into any span; its end is not in it."""
    return max((bisect_left(times, first + span) - index for index, first in enumerate(times)), default=0)


def test_a_place_is_free_again_one_span_later() -> None:
    pace = Pace(2, SECOND)
    pace.take("a", NOW)
    assert pace.ready_at("a", NOW) is None
    pace.take("a", NOW + seconds(0.4))
    assert pace.ready_at("a", NOW + seconds(0.5)) == NOW + SECOND
    assert pace.ready_at("a", NOW + SECOND) is None
    pace.take("a", NOW + SECOND)
    assert pace.ready_at("a", NOW + SECOND) == NOW + seconds(1.4)


def test_keys_do_not_share_their_places() -> None:
    pace = Pace(1, SECOND)
    pace.take("a", NOW)
    assert pace.ready_at("b", NOW) is None


def test_a_clock_that_is_set_back_makes_nothing_free_earlier() -> None:
    pace = Pace(2, SECOND)
    pace.take("a", NOW)
    pace.take("a", NOW - MINUTE)
    assert pace.ready_at("a", NOW) == NOW + SECOND


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.sampled_from("abc")), max_size=120),
    st.integers(1, 3),
    st.integers(2, 8),
    st.integers(2, 6),
)
def test_no_window_ever_holds_more_than_it_may(
    wishes: list[tuple[int, str]], a_second: int, a_minute: int, overall: int
) -> None:
    short, long, everybody = Pace(a_second, SECOND), Pace(a_minute, seconds(7)), Pace(overall, SECOND)
    now, taken = NOW, list[tuple[datetime, str]]()
    for pause_ms, key in wishes:
        now += timedelta(milliseconds=pause_ms)
        asked_at = now
        limits = ((short, key), (long, key), (everybody, ""))
        while waits := [at for pace, name in limits if (at := pace.ready_at(name, now)) is not None]:
            now = max(waits)
        if now > asked_at:
            before = now - timedelta.resolution
            assert any(pace.ready_at(name, before) for pace, name in limits), "nobody waits for nothing"
        for pace, name in limits:
            pace.take(name, now)
        taken.append((now, key))
    assert most_in([at for at, _ in taken], SECOND) <= overall
    for key in "abc":
        times = [at for at, name in taken if name == key]
        assert most_in(times, SECOND) <= a_second
        assert most_in(times, seconds(7)) <= a_minute


def test_keys_are_forgotten_when_they_no_longer_matter() -> None:
    pace = Pace(1, SECOND, most_keys=100)
    for n in range(1000):
        pace.take(str(n), NOW + n * SECOND / 50)
    assert len(pace) <= 100
    assert pace.ready_at("999", NOW + 20 * SECOND) is not None, "the newest is known"


def test_of_too_many_keys_the_one_used_longest_ago_goes() -> None:
    pace = Pace(2, MINUTE, most_keys=2)
    for key in ("a", "b", "a", "c"):
        pace.take(key, NOW)
    assert (pace.ready_at("a", NOW), len(pace)) == (NOW + MINUTE, 2)


@pytest.mark.parametrize(("most", "span", "most_keys"), [(0, SECOND, 1), (1, timedelta(0), 1), (1, SECOND, 0)])
def test_a_pace_that_allows_nothing_is_refused(most: int, span: timedelta, most_keys: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Pace(most, span, most_keys=most_keys)
