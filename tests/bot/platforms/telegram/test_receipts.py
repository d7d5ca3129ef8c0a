import asyncio
import contextlib
from datetime import timedelta

import pytest

from bot.platforms.telegram.receipts import Receipts

SOON, NEVER = timedelta(milliseconds=1), timedelta(seconds=60)


def test_nothing_is_acknowledged_before_the_oldest_has_ended() -> None:
    receipts = Receipts()
    assert receipts.offset() is None
    assert [receipts.take(number) for number in (7, 8, 9)] == [True, True, True]
    receipts.done(8)
    assert (receipts.offset(), receipts.is_busy) == (7, True)
    receipts.done(7)
    assert receipts.offset() == 9
    receipts.done(9)
    assert (receipts.offset(), receipts.is_busy) == (10, False)


def test_what_comes_again_is_known() -> None:
    receipts = Receipts()
    receipts.take(7)
    receipts.take(8)
    receipts.done(8)
    receipts.confirm(receipts.offset())
    assert not receipts.take(7)
    assert not receipts.take(8)
    assert receipts.take(9)


def test_the_server_is_owed_what_it_was_not_told() -> None:
    receipts = Receipts()
    assert (receipts.is_owed, receipts.offset()) == (False, None)
    receipts.take(7)
    receipts.done(7)
    assert (receipts.is_owed, receipts.offset()) == (True, 8)
    receipts.confirm(8)
    assert (receipts.is_owed, receipts.offset()) == (False, 8)


def test_ids_may_start_lower_after_a_quiet_week() -> None:
    receipts = Receipts()
    receipts.take(900)
    receipts.done(900)
    receipts.confirm(901)
    assert receipts.take(12)
    receipts.done(12)
    assert receipts.offset() == 13


def test_a_crowd_is_acknowledged_so_that_others_are_heard() -> None:
    receipts = Receipts()
    for number in range(60):
        receipts.take(number)
    for number in range(1, 60):
        receipts.done(number)
    assert (receipts.offset(), receipts.is_busy) == (60, False)
    receipts.confirm(60)
    receipts.take(60)
    assert receipts.offset() == 60, "what was given up is not waited for any more"


async def test_an_end_is_noticed_even_before_the_wait() -> None:
    receipts = Receipts()
    receipts.take(7)
    receipts.done(7)
    await asyncio.wait_for(receipts.change(NEVER), 5)
    await asyncio.wait_for(receipts.change(SOON), 5)
    waiting = asyncio.create_task(receipts.change(NEVER))
    await asyncio.sleep(0)
    assert not waiting.done()
    receipts.done(8)
    await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize(("error", "is_done"), [(None, True), (RuntimeError, True), (asyncio.CancelledError, False)])
def test_what_ends_or_breaks_is_done_and_what_is_cut_off_is_not(
    error: type[BaseException] | None, is_done: bool
) -> None:
    receipts = Receipts()
    receipts.take(7)

    def end() -> None:
        with receipts.handling(7):
            if error is not None:
                raise error

    with contextlib.suppress(RuntimeError, asyncio.CancelledError):
        end()
    assert receipts.offset() == (8 if is_done else 7)
