"""What the edges see is written down with its time and its numbers."""

from datetime import timedelta

import pytest

from bot.app.journal import Journal
from core.domain.events import Event, FeedLost, FeedRestored, Started, Stopped
from core.trading.book import PositionBook
from tests.builders import make_position
from tests.fakes.clock import START_AT, FakeClock
from tests.fakes.units import MemoryUnits


@pytest.fixture
def units() -> MemoryUnits:
    return MemoryUnits()


@pytest.fixture
def journal(units: MemoryUnits) -> Journal:
    book = PositionBook()
    for number, symbol in enumerate(("SOLUSDT", "ADAUSDT"), 1):
        book.put(make_position(symbol, id=number))
    return Journal(units=units, clock=FakeClock(), book=book, source="signals")


async def test_start_and_end_are_events_of_their_own(journal: Journal, units: MemoryUnits) -> None:
    await journal.started("1.2.3", ("SOLUSDT: stop placed again",))
    await journal.stopped("told to stop")
    expected: list[Event] = [
        Started(at=START_AT, version="1.2.3", open_positions=2, found=("SOLUSDT: stop placed again",)),
        Stopped(at=START_AT, reason="told to stop", open_positions=2),
    ]
    assert list(units.events) == expected


async def test_an_outage_of_the_feed_has_a_beginning_and_an_end(journal: Journal, units: MemoryUnits) -> None:
    since_at = START_AT - timedelta(minutes=1)
    await journal.feed_lost("connection refused", since_at)
    await journal.feed_restored(timedelta(minutes=7))
    expected: list[Event] = [
        FeedLost(at=START_AT, source="signals", reason="connection refused", since_at=since_at),
        FeedRestored(at=START_AT, source="signals", outage=timedelta(minutes=7)),
    ]
    assert list(units.events) == expected
    assert units.commits == 2
