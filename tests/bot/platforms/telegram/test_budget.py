import asyncio
from datetime import datetime, timedelta

import pytest

from bot.platforms.telegram.budget import Budget, Turn, is_group
from core.domain.errors import RetryLater
from tests.fakes.clock import FakeClock

GROUP, ANN = -1001, 1001


async def spend(budget: Budget, clock: FakeClock, chat: int, turns: list[Turn]) -> list[tuple[Turn, datetime]]:
    """Let all want a place at once, and return who got one when."""
    taken: list[tuple[Turn, datetime]] = []

    async def take(turn: Turn) -> None:
        await budget.take(chat, turn)
        taken.append((turn, clock.now()))

    tasks = [asyncio.create_task(take(turn)) for turn in turns]
    await clock.advance(timedelta(minutes=5))
    await asyncio.gather(*tasks)
    return taken


async def test_a_chat_bears_one_a_second(clock: FakeClock) -> None:
    began_at = clock.now()
    taken = await spend(Budget(clock), clock, ANN, [Turn.ALERT, Turn.ANSWER, Turn.ALERT])
    assert [at - began_at for _, at in taken] == [timedelta(seconds=second) for second in range(3)]


async def test_a_group_bears_twenty_a_minute_and_neither_kind_takes_all(clock: FakeClock) -> None:
    budget = Budget(clock)
    began_at = clock.now()
    taken = await spend(budget, clock, GROUP, [Turn.ALERT] * 30 + [Turn.ANSWER] * 30)
    first = [turn for turn, at in taken if at - began_at < timedelta(minutes=1)]
    assert len(first) == 20
    assert first.count(Turn.ALERT) >= 5
    assert first.count(Turn.ANSWER) >= 2
    times = [at for _, at in taken]
    assert all(later - earlier >= timedelta(minutes=1) for earlier, later in zip(times, times[20:], strict=False))


@pytest.mark.parametrize(("turn", "most"), [(Turn.ALERT, 18), (Turn.ANSWER, 15)])
async def test_places_are_kept_for_the_other_kind(clock: FakeClock, turn: Turn, most: int) -> None:
    budget = Budget(clock)
    began_at = clock.now()
    for second in range(most):
        await clock.advance_to(began_at + timedelta(seconds=second))
        await budget.take(GROUP, turn)
    await clock.advance(timedelta(seconds=1))
    other = Turn.ANSWER if turn is Turn.ALERT else Turn.ALERT
    assert budget.ready_at(GROUP, turn) == began_at + timedelta(minutes=1)
    assert budget.ready_at(GROUP, other) is None
    assert budget.ready_at(-2002, turn) is None


async def test_all_chats_together_bear_thirty_a_second(clock: FakeClock) -> None:
    budget = Budget(clock)
    began_at = clock.now()
    for chat in range(28):
        await budget.take(chat + 1, Turn.ALERT)
    assert budget.ready_at(99, Turn.ALERT) == began_at + timedelta(seconds=1)
    for chat in (101, 102):
        await budget.take(chat, Turn.ANSWER)
    assert budget.ready_at(99, Turn.ANSWER) == began_at + timedelta(seconds=1)
    assert clock.now() == began_at
    await clock.advance(timedelta(seconds=1))
    assert budget.ready_at(99, Turn.ALERT) is None


async def test_an_answer_that_waits_gets_the_next_place(clock: FakeClock) -> None:
    budget = Budget(clock)
    began_at = clock.now()
    await budget.take(GROUP, Turn.ALERT)
    taken = await spend(budget, clock, GROUP, [Turn.ALERT, Turn.ANSWER, Turn.ANSWER])
    assert taken == [
        (Turn.ANSWER, began_at + timedelta(seconds=1)),
        (Turn.ANSWER, began_at + timedelta(seconds=2)),
        (Turn.ALERT, began_at + timedelta(seconds=3)),
    ]
    assert budget.ready_at(GROUP) is None, "nobody waits any more"


async def test_an_answer_that_is_given_up_frees_its_place(clock: FakeClock) -> None:
    budget = Budget(clock)
    await budget.take(ANN, Turn.ALERT)
    waiting = asyncio.create_task(budget.take(ANN, Turn.ANSWER))
    await clock.settle()
    assert budget.ready_at(ANN) == clock.now() + timedelta(seconds=2)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert budget.ready_at(ANN) == clock.now() + timedelta(seconds=1)


async def test_a_closed_chat_refuses_until_its_time_has_come(clock: FakeClock) -> None:
    budget = Budget(clock)
    budget.close(GROUP, timedelta(seconds=42))
    assert budget.ready_at(GROUP) == clock.now() + timedelta(seconds=42)
    for turn in Turn:
        with pytest.raises(RetryLater) as caught:
            await budget.take(GROUP, turn)
        assert caught.value.wait == timedelta(seconds=42)
    await budget.take(ANN, Turn.ALERT)
    await clock.advance(timedelta(seconds=42))
    await budget.take(GROUP, Turn.ALERT)


def test_groups_are_known() -> None:
    assert [is_group(chat) for chat in (GROUP, "@news", ANN)] == [True, True, False]
