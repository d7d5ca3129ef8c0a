"""The local venues, their time, and clients of ccxt's that are connected to them."""

import decimal
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.fakes.venues import binance_calls, bybit_calls
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit


@pytest.fixture(autouse=True)
def same_decimals() -> Iterator[None]:
    """Undo what ccxt, called by itself here, does to the context that all of a process's decimals are rounded in."""
    context = decimal.getcontext()
    before = context.copy()
    yield
    context.rounding, context.prec, context.traps = before.rounding, before.prec, before.traps


@pytest.fixture
def moment() -> binance_calls.Moment:
    return binance_calls.Moment()


@pytest.fixture
async def binance(moment: binance_calls.Moment) -> AsyncIterator[FakeBinance]:
    async with FakeBinance(now_ms=moment, is_tls=True) as server:
        yield server


@pytest.fixture
async def ccxt_binance(binance: FakeBinance) -> AsyncIterator[binance_calls.Ccxt]:
    async with binance_calls.open_client(binance) as client:
        yield client


@pytest.fixture
def minute() -> bybit_calls.Minute:
    return bybit_calls.Minute()


@pytest.fixture
async def bybit(minute: bybit_calls.Minute) -> AsyncIterator[FakeBybit]:
    async with FakeBybit(now_ms=minute) as server:
        yield server


@pytest.fixture
async def bybit_client(bybit: FakeBybit) -> AsyncIterator[bybit_calls.Client]:
    async with bybit_calls.ccxt_client(bybit) as client:
        yield client
