"""What the edges see is written down with its time and its numbers."""

from datetime import timedelta

import pytest

from bot.app.journal import Journal
from core.domain.errors import RetryLater
from core.domain.events import (
    CallHeldBack,
    Event,
    FeedLost,
    FeedRestored,
    LiveStarted,
    Started,
    Stopped,
    VenueLimited,
    VenueRestored,
)
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


async def test_a_start_with_money_is_recorded_in_one_go(journal: Journal, units: MemoryUnits) -> None:
    live = LiveStarted(at=START_AT, exchanges=("binance",), size_quote=None, leverage=1)
    await journal.started("1.2.3", (), live=live)
    assert [type(event) for event in units.events] == [Started, LiveStarted]
    assert units.commits == 1


async def test_what_venues_do_is_recorded(journal: Journal, units: MemoryUnits) -> None:
    until_at = START_AT + timedelta(minutes=1)
    await journal.venue_limited("binance", "Too many requests.", until_at)
    await journal.venue_restored("binance", timedelta(seconds=61))
    await journal.call_held_back("bybit", "stop", "SOLUSDT", "SL price is wrong")
    expected: list[Event] = [
        VenueLimited(at=START_AT, exchange="binance", detail="Too many requests.", until_at=until_at),
        VenueRestored(at=START_AT, exchange="binance", outage=timedelta(seconds=61)),
        CallHeldBack(at=START_AT, exchange="bybit", symbol="SOLUSDT", call="stop", detail="SL price is wrong"),
    ]
    assert list(units.events) == expected


async def test_a_database_that_is_away_changes_nothing_for_the_call_in_progress(
    journal: Journal, units: MemoryUnits, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(_: MemoryUnits) -> None:
        raise RetryLater("the database is locked", timedelta(seconds=1))

    monkeypatch.setattr(MemoryUnits, "writing", away)
    await journal.venue_restored("binance", timedelta(seconds=61))
    assert [record.message for record in caplog.records] == ["not_recorded"]
