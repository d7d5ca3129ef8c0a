"""The promises of Exchange once more, with no address given: each venue under its real names, live and test net."""

import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.exchanges.access import VenueAccess
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.rest.client import VenueClient
from bot.exchanges.venue_probe import probe
from core.domain.errors import RetryLater
from tests.contracts import test_exchange
from tests.contracts.exchange_benches import OTHER, SYMBOL
from tests.contracts.venue_benches import BinanceBench, BybitBench, VenueBench
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit
from tests.fakes.venues.names import ADDRESSES, real_names, strays

Card = Callable[[VenueBench], Awaitable[None]]

CARDS: dict[str, Card] = {
    name: card
    for name, card in inspect.getmembers(test_exchange, inspect.iscoroutinefunction)
    if name.startswith("test_card_") and list(inspect.signature(card).parameters) == ["bench"]
}
"""All that need nothing but a bench."""

NETS = {"live": False, "testnet": True}
CASES = {
    f"{net}-{name}": (is_testnet, card)
    for net, is_testnet in NETS.items()
    for name, card in CARDS.items()
    if not is_testnet or re.match(r"test_card_\d+a_", name)
}
"""All of them live. A test net differs in nothing but its names: there the first of each promise, which asks every one
of them.
"""


class Addressed(VenueBench):
    """A bench whose adapter is told no address."""

    patience_s = 1.5
    """A handshake comes first."""

    def __init__(self, folder: Path, *, is_testnet: bool) -> None:
        super().__init__()
        self.is_testnet = is_testnet
        self._folder = folder
        self._names = ExitStack()

    def access(self) -> VenueAccess:
        return VenueAccess(
            profile=self.profile,
            is_testnet=self.is_testnet,
            api_key=self.server.api_key,
            api_secret=self.server.api_secret,
        )

    async def serve(self) -> None:
        await super().serve()
        self._names.enter_context(real_names(self._folder, self.server))

    async def close(self) -> None:
        await super().close()
        self._names.close()


class AddressedBinance(Addressed, BinanceBench):
    """Binance."""

    def build(self, wallet: Decimal) -> FakeBinance:
        return FakeBinance(now_ms=self.clock.now_ms, wallet=wallet, lists_contracts=False, is_tls=True)


class AddressedBybit(Addressed, BybitBench):
    """Bybit."""

    def build(self, wallet: Decimal) -> FakeBybit:
        return FakeBybit(now_ms=self.clock.now_ms, wallet=wallet, is_tls=True)


@pytest.fixture(params=list(NETS.values()), ids=list(NETS))
def is_testnet(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=[AddressedBinance, AddressedBybit], ids=["binance", "bybit"])
async def bench(request: pytest.FixtureRequest, is_testnet: bool, tmp_path: Path) -> AsyncIterator[Addressed]:
    made: Addressed = request.param(tmp_path, is_testnet=is_testnet)
    await made.open()
    await made.set_price(SYMBOL, 100)
    await made.set_price(OTHER, 100)
    yield made
    await made.close()
    # Whatever was asked went to the host that serves it; nothing of the one net to the other.
    assert strays(made.server, made.profile.name, is_testnet=is_testnet) == []
    assert made.server.requests


def test_there_are_cards() -> None:
    assert len(CARDS) > 25


@pytest.mark.parametrize(("is_testnet", "card"), CASES.values(), ids=CASES.keys())
async def test_card_by_name(bench: Addressed, card: Card) -> None:
    await card(bench)


async def test_the_try_before_trading_finds_nothing_wrong(bench: Addressed) -> None:
    bench.server.list_contract("BTCUSDT", "60000")
    client = VenueClient(bench.access(), clock=bench.clock)
    try:
        found = await probe(client, VenueMarket(client, clock=bench.clock))
    finally:
        await client.close()
    assert found.faults == []
    hosts = {request.host for request in bench.server.requests}
    rest = {host for host, paths in ADDRESSES[bench.profile.name, bench.is_testnet].items() if "stream" not in host}
    assert hosts == rest


async def test_a_server_that_somebody_else_vouches_for_is_not_believed(bench: Addressed, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    client = VenueClient(bench.access(), clock=bench.clock)
    await client.open()
    client.library.cafile = str(tmp_path / "other.pem")
    before = len(bench.server.requests)
    try:
        with pytest.raises(RetryLater):
            await client.measure_time()
    finally:
        await client.close()
    assert len(bench.server.requests) == before
