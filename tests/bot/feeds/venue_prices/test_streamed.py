"""The whole price source over servers on this machine: subscriptions, outages, refusals."""

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from bot.feeds.venue_prices.binance import BinanceStream
from bot.feeds.venue_prices.bybit import BybitStream
from bot.feeds.venue_prices.settings import StreamedPriceSettings
from bot.feeds.venue_prices.streamed import StreamedPrices
from bot.virtual_time import VirtualClock, VirtualTimeLoop
from core.domain.errors import ConfigurationError
from core.domain.market import Tick
from core.ports.edges import PriceSource
from tests.bot.feeds.venue_prices.streams import SECOND, Bench, Venue, ticker, trade
from tests.fakes.clock import START_AT, FakeClock
from tests.fakes.feed import eventually
from tests.fakes.stream_server import StreamServer


async def test_one_connection_brings_the_prices_of_many_symbols(binance: Bench) -> None:
    async with binance.running("BTCUSDT", "1000TAGUSDT") as prices:
        source: PriceSource = prices
        await binance.server.tell(trade("BTCUSDT", "61800.30"), trade("1000TAGUSDT", "0.4210"))
        ticks = source.ticks()
        seen = [await anext(ticks), await anext(ticks)]
        assert [(tick.exchange, tick.symbol, str(tick.price)) for tick in seen] == [
            ("venue", "BTCUSDT", "61800.30"),
            ("venue", "1000TAGUSDT", "0.4210"),
        ]
        assert seen[0].received_at == binance.clock.now()
        assert source.latest("venue", "BTCUSDT") == seen[0]
        assert binance.server.paths == ["/market/ws"]
        assert len(binance.venue.requests) == 1
        assert source.latest("venue", "ETHUSDT") is None


async def test_nothing_is_connected_before_something_is_watched(binance: Bench) -> None:
    async with binance.running() as prices:
        await binance.clock.advance(timedelta(minutes=5))
        assert binance.server.paths == []
        prices.watch("venue", ["BTCUSDT"])
        await binance.until(lambda: len(binance.venue.followed) == 1)


async def test_an_exchange_without_stream_has_no_prices(binance: Bench) -> None:
    binance.prices.watch("elsewhere", ["BTCUSDT"])
    binance.prices.unwatch("elsewhere", ["BTCUSDT"])
    await binance.prices.resubscribe("elsewhere", ["BTCUSDT"])
    assert binance.prices.latest("elsewhere", "BTCUSDT") is None


async def test_a_wave_of_candidates_is_asked_for_in_few_messages(binance: Bench) -> None:
    async with binance.running("BTCUSDT") as prices:
        for number in range(60):
            prices.watch("venue", [f"C{number}USDT"])
            prices.watch("venue", [f"C{number}USDT"])
        await binance.until(lambda: len(binance.venue.followed[0]) == 122)
        assert len(binance.venue.requests) == 3


async def test_a_second_connection_only_above_the_limit_of_the_first(binance: Bench) -> None:
    names = [f"C{number}USDT" for number in range(200)]
    async with binance.running(*names[:95]) as prices:
        await binance.until(lambda: [len(topics) for topics in binance.venue.followed] == [190])
        prices.watch("venue", names)
        await binance.until(lambda: sorted(len(topics) for topics in binance.venue.followed) == [20, 190, 190])
        assert len(prices.status["venue"].connections) == 3
        followed = Counter(topic for topics in binance.venue.followed for topic in topics)
        assert len(followed) == 400
        assert set(followed.values()) == {1}


async def test_a_symbol_left_is_kept_a_minute_and_then_taken_back(binance: Bench) -> None:
    async with binance.running("BTCUSDT", "ETHUSDT") as prices:
        await binance.server.tell(trade("ETHUSDT", "4000"))
        await eventually(lambda: binance.price("ETHUSDT") == "4000")
        prices.unwatch("venue", ["ETHUSDT", "NEVERUSDT"])
        await binance.clock.advance(50 * SECOND)
        prices.watch("venue", ["ETHUSDT"])
        assert binance.price("ETHUSDT") == "4000"
        prices.unwatch("venue", ["ETHUSDT"])
        await binance.clock.advance(50 * SECOND)
        assert "UNSUBSCRIBE" not in {request["method"] for request in binance.venue.requests}
        await binance.until(lambda: binance.price("ETHUSDT") is None)
        await binance.until(lambda: binance.venue.followed == [{"btcusdt@aggTrade", "btcusdt@markPrice@1s"}])


async def test_a_new_connection_asks_for_everything_again(bybit: Bench) -> None:
    names = [f"C{number}USDT" for number in range(25)]
    async with bybit.running(*names) as prices:
        await bybit.until(lambda: len(bybit.venue.followed[0]) == 25)
        bybit.server.cut()
        await bybit.until(lambda: [len(topics) for topics in bybit.venue.followed] == [25])
        (connection,) = prices.status["venue"].connections
        assert connection.reconnections == 1
        assert len(bybit.venue.requests) == 6


async def test_the_venues_notice_of_its_end_is_acted_on(binance: Bench) -> None:
    async with binance.running("BTCUSDT") as prices:
        await binance.server.tell('{"e":"serverShutdown","E":1770123456789}')
        await binance.until(lambda: len(binance.server.connections) == 2)
        await binance.until(lambda: len(binance.venue.followed[0]) == 2)
        assert prices.status["venue"].connections[0].problem == "the venue shuts its server down"


async def test_a_connection_that_brings_no_prices_is_made_anew(bybit: Bench) -> None:
    # It answers each ping, so that the connection as such is alive.
    async with bybit.running("BTCUSDT"):
        started_at = bybit.clock.now()
        await bybit.until(lambda: len(bybit.server.connections) == 2)
        assert timedelta(seconds=19) < bybit.clock.now() - started_at < timedelta(seconds=30)


async def test_garbage_and_floods_are_counted_and_cost_nothing_else(bybit: Bench) -> None:
    async with bybit.running("BTCUSDT") as prices:
        await bybit.server.tell("pong", "[]", "\x00", '{"topic":"tickers.BTCUSDT","type":"x","data":{"lastPrice":7}}')
        await bybit.server.tell(*(ticker("BTCUSDT", str(number)) for number in range(1, 2001)))
        await eventually(lambda: bybit.price("BTCUSDT") == "2000")
        status = prices.status["venue"]
        assert status.frames == {"answer": 1, "garbage": 2, "unreadable": 2, "ticker": 2000}
        assert status.connections[0].reconnections == 0
        assert str((await anext(prices.ticks())).price) == "2000"


async def test_an_absurd_price_is_refused_like_silence(bybit: Bench) -> None:
    async with bybit.running("BADUSDT") as prices:
        await bybit.tell("BADUSDT", "1.01")
        data = '{"symbol":"BADUSDT","lastPrice":"999999"}'
        await bybit.server.tell(f'{{"topic":"tickers.BADUSDT","type":"delta","ts":1,"data":{data}}}')
        await eventually(lambda: prices.status["venue"].doubts == {"off_mark": 1})
        assert bybit.price("BADUSDT") == "1.01"
        await bybit.clock.advance(6 * SECOND)
        assert prices.status["venue"].stale == ("BADUSDT",)


async def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="of binance"):
        StreamedPrices(
            FakeClock(),
            {"binance": BinanceStream("https://venue.example")},
            StreamedPriceSettings(),
            random=Random(1),
            quotes={},
        )


def test_an_hour_of_virtual_time_brings_every_price_and_leaves_nothing_running() -> None:
    loop = VirtualTimeLoop(START_AT, lambda: False)
    seen: list[Tick] = []

    async def hour() -> None:
        clock = VirtualClock(loop)
        async with StreamServer() as server:
            venue = Venue(server)
            prices = StreamedPrices(
                clock, {"venue": BybitStream(server.url)}, StreamedPriceSettings(), random=Random(1), quotes={}
            )
            prices.watch("venue", ["AUSDT"])
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(prices.run()), tasks.create_task(collect(prices))]
                for number in range(1, 361):
                    await clock.sleep(10 * SECOND)
                    if number % 60 == 0:
                        server.cut()
                    await server.tell(ticker("AUSDT", str(number)))
                await clock.sleep(SECOND)
                for task in running:
                    task.cancel()
            assert len(venue.topics) == 7
        assert len(asyncio.all_tasks()) == 1

    async def collect(prices: StreamedPrices) -> None:
        ticks = prices.ticks()
        while True:
            seen.append(await anext(ticks))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(hour())
    # What was said while the line was down is lost; whatever else came is there, each stamped when it came.
    assert [int(tick.price) for tick in seen] == [number for number in range(1, 361) if number % 60]
    assert all(tick.received_at == START_AT + int(tick.price) * 10 * SECOND for tick in seen)
