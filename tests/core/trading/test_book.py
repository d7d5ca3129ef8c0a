"""Live positions in memory."""

import asyncio
from dataclasses import replace

from core.domain.positions import PositionState
from core.trading.book import PositionBook
from tests.builders import make_position, money

HELD = make_position(id=1, size=2)


def test_it_holds_what_is_live() -> None:
    opening = make_position("ADAUSDT", id=2, state=PositionState.OPENING)
    book = PositionBook([opening, HELD])
    assert book.live() == (HELD, opening)
    assert (book.count, book.exposure_quote) == (2, money(200))
    assert book.get("binance", "SOLUSDT") is book.find(1) is HELD
    assert book.get("bybit", "SOLUSDT") is None


def test_what_ends_leaves_it() -> None:
    book = PositionBook([HELD])
    book.put(replace(HELD, state=PositionState.CLOSED))
    assert (book.count, book.find(1)) == (0, None)
    book.put(replace(HELD, state=PositionState.FAILED))
    assert book.count == 0


def test_an_old_end_does_not_remove_the_next_position_of_the_symbol() -> None:
    following = replace(HELD, id=7)
    book = PositionBook([following])
    book.put(replace(HELD, state=PositionState.CLOSED))
    assert book.get("binance", "SOLUSDT") is following


def test_one_lock_a_symbol_and_exchange() -> None:
    book = PositionBook()
    assert book.lock("binance", "SOLUSDT") is book.lock("binance", "SOLUSDT")
    assert book.lock("binance", "SOLUSDT") is not book.lock("bybit", "SOLUSDT")


async def test_sealing_waits_for_what_is_in_flight_and_lets_nothing_follow() -> None:
    book = PositionBook([HELD])
    flying = book.lock("binance", "ADAUSDT")
    await flying.acquire()
    sealing = asyncio.create_task(book.seal())
    await asyncio.sleep(0)
    assert not sealing.done()
    flying.release()
    await sealing
    assert book.lock("binance", "SOLUSDT").locked()
    assert book.lock("binance", "ADAUSDT").locked()
