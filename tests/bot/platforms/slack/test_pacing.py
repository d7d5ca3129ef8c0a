"""When Slack may be written to, on a clock that a test moves."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.pacing import BURST, PACE, Pacing
from tests.fakes.clock import START_AT, FakeClock
from tests.fakes.slack_limits import SlackLimits

SECOND = timedelta(seconds=1)


@pytest.fixture
def pacing(clock: FakeClock) -> Pacing:
    return Pacing(clock)


async def test_alerts_leave_one_place_of_the_burst_for_an_answer(pacing: Pacing, clock: FakeClock) -> None:
    sent = 0
    while pacing.ready_at("C1") is None:
        await pacing.turn("C1")
        sent += 1
    assert sent == BURST - 1
    assert pacing.ready_at("C1") == START_AT + SECOND
    await pacing.turn("C1")
    assert clock.now() == START_AT, "the answer did not wait"


async def test_other_channels_are_not_held_up(pacing: Pacing, clock: FakeClock) -> None:
    for _ in range(BURST):
        await pacing.turn("C1")
    assert pacing.ready_at("C2") is None
    late = asyncio.create_task(pacing.turn("C1"))
    await pacing.turn("C2")
    assert not late.done()
    await clock.run_until(late.done)
    assert clock.now() == START_AT + SECOND


async def test_what_slack_asks_for_holds_every_channel(pacing: Pacing, clock: FakeClock) -> None:
    pacing.hold("chat.update", 7 * SECOND)
    pacing.hold("chat.update", 2 * SECOND)
    assert pacing.ready_at("C1") == START_AT + 7 * SECOND
    turn = asyncio.create_task(pacing.turn("C1"))
    await clock.run_until(turn.done)
    assert clock.now() == START_AT + 7 * SECOND
    assert pacing.ready_at("C2") is None


async def test_an_answer_waits_a_minute_at_most_before_slack_is_asked_again(pacing: Pacing, clock: FakeClock) -> None:
    pacing.hold("chat.postMessage", timedelta(hours=1))
    turn = asyncio.create_task(pacing.turn("C1"))
    await clock.run_until(turn.done)
    assert clock.now() == START_AT + 60 * SECOND


async def test_a_person_and_their_private_chat_are_one(pacing: Pacing) -> None:
    for _ in range(2):
        await pacing.turn("U1")
    pacing.join("U1", "D1")
    pacing.join("U1", "D1")
    await pacing.turn("D1")
    assert pacing.ready_at("U1") == pacing.ready_at("D1") == START_AT + SECOND


async def test_what_was_written_to_a_person_before_their_private_chat_was_known_counts_there(pacing: Pacing) -> None:
    await pacing.turn("U1")
    for _ in range(BURST - 1):
        await pacing.turn("D1")
    pacing.join("U1", "D1")
    assert pacing.ready_at("D1") == START_AT + 2 * SECOND


async def test_memory_stays_small(pacing: Pacing, clock: FakeClock) -> None:
    for number in range(2_000):
        await pacing.turn(f"C{number}")
        pacing.join(f"U{number}", f"D{number}")
        await clock.advance(SECOND / 100)
    assert len(pacing._free_at) <= 502
    assert len(pacing._rooms) <= 502


@given(waits=st.lists(st.tuples(st.integers(0, 3_000), st.booleans()), max_size=40))
def test_whoever_keeps_the_pace_is_never_refused(waits: list[tuple[int, bool]]) -> None:
    async def play() -> None:
        clock = FakeClock()
        pacing = Pacing(clock)
        limits = SlackLimits(lambda: clock.now().timestamp())
        for wait_ms, is_alert in waits:
            await clock.advance(timedelta(milliseconds=wait_ms))
            ready_at = pacing.ready_at("C1")
            if is_alert and ready_at is not None:
                await clock.advance_to(ready_at)
            turn = asyncio.ensure_future(pacing.turn("C1"))
            await clock.advance(timedelta(0))
            while not turn.done():
                await clock.advance(PACE / 10)
            assert limits.check("chat.update", "C1") == 0

    asyncio.run(play())
