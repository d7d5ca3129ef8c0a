"""The ladder of waits between attempts."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backoff import Backoff

SECOND = timedelta(seconds=1)


def ladder(seed: int) -> Backoff:
    return Backoff(SECOND, timedelta(seconds=60), Random(seed))


def test_waits_double_to_the_longest() -> None:
    backoff = ladder(1)
    waits = [backoff.next_wait(timedelta(0)).total_seconds() for _ in range(9)]
    for wait, plain in zip(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert wait == pytest.approx(plain, rel=0.2)


def test_a_connection_that_held_starts_the_ladder_anew() -> None:
    backoff = ladder(1)
    for _ in range(5):
        backoff.next_wait(timedelta(0))
    assert backoff.next_wait(timedelta(seconds=17)) <= SECOND * 1.2
    assert backoff.next_wait(SECOND / 2) > SECOND * 1.2


@given(st.integers(), st.lists(st.integers(0, 100), max_size=20))
def test_no_wait_is_longer_than_the_longest_or_nothing(seed: int, lives: list[int]) -> None:
    backoff = ladder(seed)
    for lived in lives:
        assert SECOND * 0.8 <= backoff.next_wait(timedelta(seconds=lived)) <= timedelta(seconds=60)


def test_clients_do_not_return_together() -> None:
    assert len({ladder(seed).next_wait(timedelta(0)) for seed in range(20)}) > 15
