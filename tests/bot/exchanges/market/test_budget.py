"""What fits into the share of a venue's limit, and when there is room again."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchanges.market.budget import ReadBudget
from core.domain.errors import RetryLater
from tests.fakes.clock import FakeClock

MINUTE = timedelta(minutes=1)


async def test_what_does_not_fit_is_told_when_it_may() -> None:
    clock = FakeClock()
    budget = ReadBudget(limit=10, window=MINUTE, clock=clock)
    budget.take(6)
    await clock.advance(timedelta(seconds=20))
    budget.take(4)
    with pytest.raises(RetryLater) as refused:
        budget.take(1)
    assert refused.value.wait == timedelta(seconds=40)
    await clock.advance(refused.value.wait)
    budget.take(6)
    assert budget.used == 10


def test_what_matters_less_leaves_room() -> None:
    budget = ReadBudget(limit=10, window=MINUTE, clock=FakeClock())
    budget.take(4, leave=6)
    with pytest.raises(RetryLater):
        budget.take(1, leave=6)
    budget.take(6)


async def test_what_must_go_goes_and_is_counted() -> None:
    clock = FakeClock()
    budget = ReadBudget(limit=10, window=MINUTE, clock=clock)
    budget.charge(12)
    assert budget.used == 12
    for _ in range(300):
        await clock.advance(timedelta(seconds=1))
        budget.charge(1)
    assert len(budget._spent) == 60  # what is long past is not kept, even if nobody asks
    with pytest.raises(RetryLater):
        budget.take(1)


async def test_a_shortage_is_logged_once_a_window(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    budget = ReadBudget(limit=9, window=MINUTE, clock=clock)
    for _ in range(5):
        budget.take(1)
        with pytest.raises(RetryLater):
            budget.take(10)
    assert [record.message for record in caplog.records] == ["market_facts_over_budget"]
    await clock.advance(MINUTE)
    with pytest.raises(RetryLater):
        budget.take(10)
    assert len(caplog.records) == 2


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 12)), max_size=40))
async def test_no_window_ever_holds_more_than_the_limit(steps: list[tuple[int, int]]) -> None:
    clock = FakeClock()
    budget = ReadBudget(limit=20, window=MINUTE, clock=clock)
    taken = []
    for pause_s, weight in steps:
        await clock.advance(timedelta(seconds=pause_s))
        with contextlib.suppress(RetryLater):
            budget.take(weight)
            taken.append((clock.now(), weight))
    for since, _ in taken:
        assert sum(weight for at, weight in taken if since <= at < since + MINUTE) <= 20
