"""The price source against the servers that behave like the venues."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from bot.feeds.venue_prices.binance import BinanceStream
from bot.feeds.venue_prices.bybit import BybitStream
from bot.feeds.venue_prices.settings import StreamedPriceSettings
from bot.feeds.venue_prices.streamed import StreamedPrices
from tests.fakes.clock import FakeClock
from tests.fakes.feed import eventually
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit

FakeVenue = FakeBinance | FakeBybit


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["binance", "bybit"])
async def venue(request: pytest.FixtureRequest, clock: FakeClock) -> AsyncIterator[FakeVenue]:
    def now_ms() -> int:
        return int(clock.now().timestamp() * 1000)

    server: FakeVenue = FakeBinance(now_ms=now_ms) if request.param == "binance" else FakeBybit(now_ms=now_ms)
    async with server:
        yield server


@asynccontextmanager
async def running(venue: FakeVenue, clock: FakeClock) -> AsyncIterator[StreamedPrices]:
    dialect = BinanceStream if isinstance(venue, FakeBinance) else BybitStream
    prices = StreamedPrices(
        clock, {"venue": dialect(venue.stream_url)}, StreamedPriceSettings(), random=Random(1), quotes={}
    )
    task = asyncio.create_task(prices.run())
    try:
        yield prices
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def follow(prices: StreamedPrices, clock: FakeClock, *symbols: str) -> None:
    """Watch `symbols`, and wait until the venue has confirmed it."""
    answers = prices.status["venue"].frames.get("answer", 0)
    prices.watch("venue", symbols)
    await clock.run_until(lambda: prices.status["venue"].frames.get("answer", 0) > answers)


def price(prices: StreamedPrices, symbol: str) -> Decimal | None:
    tick = prices.latest("venue", symbol)
    return None if tick is None else tick.price


async def test_prices_follow_the_venue(venue: FakeVenue, clock: FakeClock) -> None:
    async with running(venue, clock) as prices:
        await follow(prices, clock, "BTCUSDT", "ETHUSDT")
        for number in range(20):
            venue.account.set_price("BTCUSDT", Decimal(60_000 + number))
            venue.account.set_price("ETHUSDT", Decimal(3_000 + number))
        await eventually(lambda: price(prices, "BTCUSDT") == 60_019)
        await eventually(lambda: price(prices, "ETHUSDT") == 3_019)
        assert prices.status["venue"].doubts == {}


async def test_prices_follow_the_venue_after_its_connections_were_cut(venue: FakeVenue, clock: FakeClock) -> None:
    async with running(venue, clock) as prices:
        await follow(prices, clock, "BTCUSDT")
        answers = prices.status["venue"].frames["answer"]
        await venue.disconnect_sockets()
        await clock.run_until(lambda: prices.status["venue"].frames["answer"] > answers, timedelta(seconds=30))
        venue.account.set_price("BTCUSDT", Decimal(61_000))
        await eventually(lambda: price(prices, "BTCUSDT") == 61_000)


async def test_a_symbol_the_venue_does_not_know_costs_the_others_nothing(venue: FakeVenue, clock: FakeClock) -> None:
    async with running(venue, clock) as prices:
        prices.watch("venue", ["BTCUSDT", "NOSUCHUSDT", "ETHUSDT"])
        await clock.run_until(lambda: prices.status["venue"].frames.get("answer", 0) >= 1)
        await clock.advance(timedelta(seconds=2))
        await eventually(lambda: bool(list(prices.status["venue"].refused)) or isinstance(venue, FakeBinance))
        for symbol in ("BTCUSDT", "ETHUSDT"):
            venue.account.set_price(symbol, Decimal(2_000))
        await eventually(lambda: price(prices, "ETHUSDT") == 2_000)
        assert price(prices, "NOSUCHUSDT") is None


async def test_absurd_prices_of_a_test_venue_are_refused(venue: FakeVenue, clock: FakeClock) -> None:
    async with running(venue, clock) as prices:
        await follow(prices, clock, "ETHUSDT")
        venue.account.set_price("ETHUSDT", Decimal(3_000), mark=Decimal(3_000))
        await eventually(lambda: price(prices, "ETHUSDT") == 3_000)
        venue.account.set_price("ETHUSDT", Decimal(999_999), mark=Decimal(3_001))
        await eventually(lambda: prices.status["venue"].doubts.get("off_mark", 0) >= 1)
        assert price(prices, "ETHUSDT") == 3_000


async def test_many_symbols_stay_within_what_the_venue_allows(venue: FakeVenue, clock: FakeClock) -> None:
    names = [f"C{number}USDT" for number in range(150)]
    for name in names:
        venue.list_contract(name)
    async with running(venue, clock) as prices:
        prices.watch("venue", names)
        await clock.run_until(lambda: prices.status["venue"].frames.get("answer", 0) >= 6)
        await clock.advance(timedelta(seconds=10))
        for name in names:
            venue.account.set_price(name, Decimal("1.5"))
        await eventually(lambda: all(price(prices, name) == Decimal("1.5") for name in names))
        if isinstance(venue, FakeBinance):
            assert venue.streams.violations == []
            assert len(prices.status["venue"].connections) == 2
