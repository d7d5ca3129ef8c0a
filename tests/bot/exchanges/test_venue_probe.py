"""What is found at a venue, and what of it a person is told to mend."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.clock import SystemClock
from bot.exchanges.access import VenueAccess
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.profiles import PROFILES
from bot.exchanges.rest.client import VenueClient
from bot.exchanges.venue_probe import VenueFindings, probe
from core.domain.errors import ConfigurationError
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_answers import envelope
from tests.fakes.venues.bybit_server import FakeBybit


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Venues:
    """The exchanges, and what is found there."""

    binance: FakeBinance
    bybit: FakeBybit

    async def find(self, name: str, *, api_key: str = "") -> VenueFindings:
        server = self.binance if name == "binance" else self.bybit
        access = VenueAccess(
            profile=PROFILES[name],
            rest_url=server.rest_url,
            api_key=api_key or server.api_key,
            api_secret=server.api_secret,
        )
        client = VenueClient(access, clock=SystemClock())
        try:
            return await probe(client, VenueMarket(client, clock=SystemClock()))
        finally:
            await client.close()


@pytest.fixture
async def venues() -> AsyncIterator[Venues]:
    async with FakeBinance(now_ms=now_ms) as binance, FakeBybit(now_ms=now_ms) as bybit:
        bybit.list_contract("BTCUSDT", "68000")
        yield Venues(binance=binance, bybit=bybit)


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_a_key_that_may_not_trade_is_a_fault(venues: Venues, name: str) -> None:
    venues.binance.private.permissions["enableFutures"] = False
    venues.bybit.key.is_read_only = True
    if name == "binance":
        # The venue answers its futures endpoints as if the key were wrong.
        with pytest.raises(ConfigurationError):
            await venues.find(name)
        return
    assert (await venues.find(name)).faults[0].startswith("the key may not trade")


async def test_what_is_to_be_mended_at_binance(venues: Venues) -> None:
    venues.binance.private.permissions |= {"enableWithdrawals": True, "ipRestrict": True}
    venues.binance.account.hedge_mode = True
    venues.binance.private.is_multi_assets = True
    found = await venues.find("binance")
    assert found.warnings == [
        "the key may WITHDRAW: take that permission away at the venue, whoever gets hold of the key gets the money"
    ]
    assert [fault.split(":")[0] for fault in found.faults] == [
        "hedge mode",
        "multi-assets mode allows no isolated margin",
    ]
    assert "is bound to an IP address" in found.text


async def test_what_is_to_be_mended_at_bybit(venues: Venues) -> None:
    venues.bybit.key.can_withdraw = True
    # With hedge mode a symbol has two places, one a side.
    sides = {"list": [{"symbol": "BTCUSDT", "size": "0", "positionIdx": place} for place in (1, 2)]}
    venues.bybit.faults.answer("/v5/position/list", 200, envelope(sides, now_ms()))
    venues.bybit.desk.standing.unified_status = 1
    found = await venues.find("bybit")
    assert found.warnings[0].startswith("the key may WITHDRAW")
    assert [fault.split(":")[0] for fault in found.faults] == ["a classic account", "hedge mode"]


async def test_a_clock_that_is_off_is_told(venues: Venues) -> None:
    venues.binance.faults.clock_drift_ms = 5_000
    found = await venues.find("binance")
    assert found.warnings[0].startswith("our clock is 5.0 s behind it: let this machine keep its time")


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_wrong_keys_are_a_matter_of_configuration(venues: Venues, name: str) -> None:
    with pytest.raises(ConfigurationError):
        await venues.find(name, api_key="wrong" * 8)
