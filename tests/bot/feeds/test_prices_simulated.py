"""Ticks of the simulated market on the clock."""

import asyncio
from datetime import timedelta

import pytest

from bot.feeds.prices_simulated import SimulatedPrices
from bot.feeds.simulated_market import SimulatedMarket
from core.domain.market import Tick
from tests.fakes.clock import START_AT, FakeClock


class Bench:
    """Prices being consumed."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.market = SimulatedMarket(1)
        self.prices = SimulatedPrices(clock=self.clock, market=self.market, interval=timedelta(seconds=2))
        self.seen: list[Tick] = []

    async def consume(self) -> None:
        async for tick in self.prices.ticks():
            self.seen.append(tick)

    async def run(self, seconds: int) -> list[tuple[str, str]]:
        """Let time pass and return who ticked."""
        task = asyncio.create_task(self.consume())
        await self.clock.advance(timedelta(seconds=seconds))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return [(tick.exchange, tick.symbol) for tick in self.seen]


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_every_watched_symbol_ticks_each_interval(bench: Bench) -> None:
    bench.prices.watch("binance", ["SOLUSDT", "BTCUSDT"])
    bench.prices.watch("bybit", ["SOLUSDT"])
    assert await bench.run(5) == [("binance", "BTCUSDT"), ("binance", "SOLUSDT"), ("bybit", "SOLUSDT")] * 2
    first = bench.seen[0]
    assert first.received_at == START_AT + timedelta(seconds=2)
    assert first.price == bench.market.price("binance", "BTCUSDT", first.received_at)
    assert not first.is_continuous


async def test_unwatched_symbols_fall_silent(bench: Bench) -> None:
    bench.prices.watch("binance", ["SOLUSDT", "BTCUSDT"])
    bench.prices.watch("binance", ["SOLUSDT"])
    bench.prices.unwatch("binance", ["SOLUSDT", "NEVERUSDT"])
    assert await bench.run(3) == [("binance", "BTCUSDT")]
    await bench.prices.resubscribe("binance", ["SOLUSDT"])
    assert ("binance", "SOLUSDT") in await bench.run(3)


async def test_latest_is_the_last_tick_or_the_price_of_this_moment(bench: Bench) -> None:
    unseen = bench.prices.latest("binance", "SOLUSDT")
    assert unseen is not None
    assert unseen.price == bench.market.price("binance", "SOLUSDT", START_AT)
    bench.prices.watch("binance", ["SOLUSDT"])
    await bench.run(3)
    assert bench.prices.latest("binance", "SOLUSDT") == bench.seen[-1]
    assert bench.clock.now() > bench.seen[-1].received_at
