"""The adapter before each venue's server, for the tests of its parts."""

from collections.abc import AsyncIterator

import pytest

from tests.contracts.venue_benches import BinanceBench, BybitBench, VenueBench


@pytest.fixture(params=[BinanceBench, BybitBench], ids=["binance", "bybit"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[VenueBench]:
    """Each venue in turn."""
    made: VenueBench = request.param()
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def binance_bench() -> AsyncIterator[BinanceBench]:
    made = BinanceBench()
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def bybit_bench() -> AsyncIterator[BybitBench]:
    made = BybitBench()
    await made.open()
    yield made
    await made.close()
