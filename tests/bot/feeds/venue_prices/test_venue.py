"""Prices by request where the streams of a venue are silent."""

import itertools
from datetime import timedelta

import pytest

from core.domain.errors import ConfigurationError, RetryLater
from tests.bot.feeds.venue_prices.streams import SECOND, Bench


async def test_where_the_stream_is_silent_prices_are_asked_for_together_and_not_often(bybit: Bench) -> None:
    bybit.quotes.prices = {"AUSDT": "1.5", "BUSDT": "2.5"}
    async with bybit.running("AUSDT", "BUSDT", "CUSDT"):
        await bybit.until(lambda: bybit.price("AUSDT") == "1.5" and bybit.price("BUSDT") == "2.5")
        assert bybit.quotes.asked == [["AUSDT", "BUSDT", "CUSDT"]]
        await bybit.clock.advance(15 * SECOND)
        assert all(b - a >= 3 for a, b in itertools.pairwise(bybit.quotes.asked_at))
        assert bybit.quotes.asked[1] == ["CUSDT"]


async def test_asking_ends_when_the_stream_is_back(bybit: Bench) -> None:
    bybit.quotes.prices = {"AUSDT": "1.5"}
    await bybit.server.stop()
    bybit.prices.watch("venue", ["AUSDT"])
    async with bybit.running():
        await bybit.until(lambda: len(bybit.quotes.asked) == 5)
        assert bybit.price("AUSDT") == "1.5"
        await bybit.server.start()
        await bybit.until(lambda: bybit.venue.followed == [{"tickers.AUSDT"}])
        await bybit.tell("AUSDT", "1.6")
        asked = len(bybit.quotes.asked)
        for number in range(20):
            await bybit.clock.advance(SECOND)
            await bybit.tell("AUSDT", f"1.{number}1")
        assert len(bybit.quotes.asked) == asked


async def test_a_venue_that_does_not_answer_is_asked_when_it_says(bybit: Bench) -> None:
    bybit.quotes.error = RetryLater("limited", timedelta(minutes=1))
    async with bybit.running("AUSDT") as prices:
        await bybit.until(lambda: len(bybit.quotes.asked) == 2)
        first, second = bybit.quotes.asked_at
        assert second - first >= 60
        bybit.quotes.error = ConfigurationError("keys")
        await bybit.until(lambda: len(bybit.quotes.asked) == 4)
        status = prices.status["venue"]
        assert (status.questions, status.unanswered) == (4, 4)


async def test_a_venue_that_is_away_is_logged_once_until_it_answers(
    bybit: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    def lines() -> int:
        return sum(record.message == "quotes_failed" for record in caplog.records)

    bybit.quotes.error = RetryLater("away", SECOND)
    async with bybit.running("AUSDT"):
        await bybit.until(lambda: len(bybit.quotes.asked) == 4)
        assert lines() == 1
        bybit.quotes.error = None
        await bybit.until(lambda: len(bybit.quotes.asked) == 6)
        bybit.quotes.error = RetryLater("away", SECOND)
        await bybit.until(lambda: len(bybit.quotes.asked) == 9)
        assert lines() == 2


async def test_a_symbol_that_is_only_kept_is_not_asked_for(bybit: Bench) -> None:
    async with bybit.running("AUSDT") as prices:
        prices.unwatch("venue", ["AUSDT"])
        await bybit.clock.advance(30 * SECOND)
        assert bybit.quotes.asked == []
