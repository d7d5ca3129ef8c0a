"""A server, and the price source over it in each dialect."""

from collections.abc import AsyncIterator

import pytest

from bot.feeds.venue_prices.binance import BinanceStream
from bot.feeds.venue_prices.bybit import BybitStream
from tests.bot.feeds.venue_prices.streams import Bench
from tests.fakes.stream_server import StreamServer


@pytest.fixture
async def server() -> AsyncIterator[StreamServer]:
    async with StreamServer() as server:
        yield server


@pytest.fixture
def binance(server: StreamServer) -> Bench:
    return Bench(server, BinanceStream)


@pytest.fixture
def bybit(server: StreamServer) -> Bench:
    return Bench(server, BybitStream)
