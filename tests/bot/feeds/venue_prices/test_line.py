"""Refusals, missing answers, new beginnings: how subscriptions are kept up on one connection."""

import pytest

from tests.bot.feeds.venue_prices.streams import SECOND, Bench


async def test_a_symbol_the_stream_does_not_know_costs_the_others_nothing(
    bybit: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"C{number}USDT" for number in range(10)]
    bybit.venue.unknown = {"tickers.C3USDT", "tickers.C7USDT"}
    async with bybit.running() as prices:
        prices.watch("venue", names)
        await bybit.until(lambda: len(prices.status["venue"].refused) == 2)
        await bybit.until(lambda: [len(topics) for topics in bybit.venue.followed] == [8])
        assert sorted(prices.status["venue"].refused) == ["C3USDT", "C7USDT"]
        assert "handler not found" in caplog.records[-1].__dict__["reason"]
        # Later watches are not spoilt, a new connection neither, and the venue may learn the symbol.
        sent = len(bybit.venue.requests)
        prices.watch("venue", ["NEWUSDT", "C3USDT"])
        await bybit.until(lambda: [len(topics) for topics in bybit.venue.followed] == [9])
        assert len(bybit.venue.requests) == sent + 1
        bybit.venue.unknown = set()
        await prices.resubscribe("venue", ["C3USDT"])
        await bybit.until(lambda: [len(topics) for topics in bybit.venue.followed] == [10])
        bybit.server.cut()
        await bybit.until(lambda: [len(topics) for topics in bybit.venue.followed] == [10])
        await bybit.until(lambda: [len(topics) for topics in bybit.venue.followed] == [11])
        assert prices.status["venue"].refused == ()


async def test_a_malformed_stream_name_is_found_among_many(binance: Bench) -> None:
    names = [f"C{number}USDT" for number in range(30)]
    binance.venue.unknown = {"c17usdt@aggTrade"}
    async with binance.running() as prices:
        prices.watch("venue", names)
        await binance.until(lambda: prices.status["venue"].refused == ("C17USDT",))
        await binance.until(lambda: [len(topics) for topics in binance.venue.followed] == [58])


async def test_a_subscription_that_stands_already_is_no_refusal(bybit: Bench) -> None:
    async with bybit.running() as prices:
        prices.watch("venue", ["AUSDT"])
        await bybit.until(lambda: len(bybit.venue.followed) == 1)
        bybit.venue.topics[bybit.server.open[0]].add("tickers.BUSDT")
        prices.watch("venue", ["BUSDT", "CUSDT"])
        await bybit.until(lambda: bybit.venue.followed == [{"tickers.AUSDT", "tickers.BUSDT", "tickers.CUSDT"}])
        await bybit.clock.settle()
        assert prices.status["venue"].refused == ()


async def test_a_request_without_answer_is_repeated(bybit: Bench) -> None:
    bybit.venue.is_mute = True
    async with bybit.running() as prices:
        prices.watch("venue", ["AUSDT"])
        await bybit.until(lambda: len(bybit.venue.requests) == 1)
        bybit.venue.is_mute = False
        await bybit.until(lambda: bybit.venue.followed == [{"tickers.AUSDT"}], limit=15 * SECOND)


async def test_resubscribing_begins_the_subscription_anew(bybit: Bench) -> None:
    async with bybit.running("AUSDT", "BUSDT") as prices:
        await prices.resubscribe("venue", ["AUSDT"])
        await bybit.until(lambda: len(bybit.venue.requests) == 3)
        assert [(request["op"], request["args"]) for request in bybit.venue.requests[1:]] == [
            ("unsubscribe", ["tickers.AUSDT"]),
            ("subscribe", ["tickers.AUSDT"]),
        ]
        await prices.resubscribe("venue", ["NEWUSDT"])
        await bybit.until(lambda: len(bybit.venue.followed[0]) == 3)


async def test_what_a_lost_connection_did_not_answer_is_asked_once_on_the_next(bybit: Bench) -> None:
    bybit.venue.is_mute = True
    async with bybit.running() as prices:
        prices.watch("venue", ["AUSDT"])
        await bybit.until(lambda: len(bybit.venue.requests) == 1)
        bybit.venue.is_mute = False
        bybit.server.cut()
        await bybit.until(lambda: bybit.venue.followed == [{"tickers.AUSDT"}])
        await bybit.until(lambda: prices.status["venue"].frames.get("answer") == 1)
        await bybit.clock.advance(15 * SECOND)
        assert len(bybit.venue.requests) == 2
