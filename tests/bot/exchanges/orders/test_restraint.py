"""The same failing call is not sent for long."""

from datetime import timedelta

import pytest

from bot.exchanges.errors import TroubleKind, VenueTrouble
from bot.exchanges.orders.restraint import CallKind, Restraint
from core.domain.orders import RefusalReason
from tests.contracts.venue_benches import EagerClock, HeldBack

NO = VenueTrouble(kind=TroubleKind.REFUSED, reason=RefusalReason.OTHER, detail="no", code="1")
OTHER_NO = VenueTrouble(kind=TroubleKind.REFUSED, reason=RefusalReason.OTHER, detail="never", code="2")
WAIT = VenueTrouble(kind=TroubleKind.BACK_OFF, reason=RefusalReason.RATE_LIMITED, code="3", wait=timedelta(minutes=1))
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> EagerClock:
    return EagerClock()


@pytest.fixture
def listener() -> HeldBack:
    return HeldBack()


@pytest.fixture
def restraint(clock: EagerClock, listener: HeldBack) -> Restraint:
    return Restraint("binance", clock=clock, listener=listener)


async def fail(restraint: Restraint, times: int = 1, *, call: CallKind = CallKind.STOP, how: VenueTrouble = NO) -> None:
    for _ in range(times):
        await restraint.failed(call, "SOLUSDT", how)


def pause_of(restraint: Restraint, clock: EagerClock, call: CallKind = CallKind.STOP) -> int:
    """Let seconds pass until the call is sent again."""
    seconds = 0
    while restraint.refusal(call, "SOLUSDT") is not None:
        clock.pass_time(SECOND)
        seconds += 1
    return seconds


async def test_four_equal_failures_hold_nothing_back(restraint: Restraint) -> None:
    await fail(restraint, 4)
    assert restraint.refusal(CallKind.STOP, "SOLUSDT") is None


async def test_the_fifth_does_and_the_venue_s_sentence_is_told_once(restraint: Restraint, listener: HeldBack) -> None:
    await fail(restraint, 5)
    refusal = restraint.refusal(CallKind.STOP, "SOLUSDT")
    assert refusal is not None
    assert (refusal.reason, refusal.detail) == (RefusalReason.HELD_BACK, "no")
    assert restraint.refusal(CallKind.STOP, "ETHUSDT") is None
    assert restraint.refusal(CallKind.EXIT, "SOLUSDT") is None
    await fail(restraint)
    assert listener.told == [("binance", "stop", "SOLUSDT", "no")]


@pytest.mark.parametrize(
    ("call", "pauses"),
    [(CallKind.STOP, [30, 60, 120, 240, 300, 300]), (CallKind.EXIT, [5, 5, 5]), (CallKind.FIRST_STOP, [5, 5, 5])],
)
async def test_pauses_double_up_to_their_longest(
    restraint: Restraint, clock: EagerClock, call: CallKind, pauses: list[int]
) -> None:
    await fail(restraint, 4, call=call)
    found = []
    for _ in pauses:
        await fail(restraint, call=call)
        found.append(pause_of(restraint, clock, call))
    assert found == pauses


async def test_failures_apart_do_not_add_up(restraint: Restraint, clock: EagerClock) -> None:
    for _ in range(12):
        await fail(restraint)
        clock.pass_time(timedelta(minutes=3))
    assert restraint.refusal(CallKind.STOP, "SOLUSDT") is None


@pytest.mark.parametrize("between", ["success", "another trouble"])
async def test_anything_else_ends_the_episode(restraint: Restraint, listener: HeldBack, between: str) -> None:
    await fail(restraint, 4)
    if between == "success":
        restraint.succeeded(CallKind.STOP, "SOLUSDT")
    else:
        await fail(restraint, how=OTHER_NO)
    await fail(restraint, 4)
    assert restraint.refusal(CallKind.STOP, "SOLUSDT") is None
    await fail(restraint)
    assert restraint.refusal(CallKind.STOP, "SOLUSDT") is not None
    assert len(listener.told) == 1


async def test_an_episode_that_is_long_over_begins_anew(restraint: Restraint, clock: EagerClock) -> None:
    await fail(restraint, 5)
    clock.pass_time(timedelta(hours=1))
    await fail(restraint, 4)
    assert restraint.refusal(CallKind.STOP, "SOLUSDT") is None


async def test_what_was_not_sent_does_not_count(restraint: Restraint) -> None:
    await fail(restraint, 9, how=WAIT)
    assert restraint.refusal(CallKind.STOP, "SOLUSDT") is None


async def test_nobody_has_to_listen(clock: EagerClock) -> None:
    restraint = Restraint("bybit", clock=clock)
    await fail(restraint, 5)
    assert restraint.refusal(CallKind.STOP, "SOLUSDT") is not None
