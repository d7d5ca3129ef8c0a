"""The reading half of a venue as paper trading and the adapter see it."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.exchanges.access import VenueAccess
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.paper.market import PaperVenue
from bot.exchanges.profiles import BINANCE, BYBIT, VenueProfile
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import RetryLater
from core.domain.market import Instrument, MarketFacts
from tests.builders import money, quantity
from tests.fakes.clock import FakeClock
from tests.fakes.listed_markets import binance_market, listed
from tests.fakes.scripted_venue import ScriptedVenue
from tests.fakes.told_markets import told_by_binance, told_by_bybit
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit
from tests.fakes.venues.contracts import ContractStatus
from tests.fakes.venues.server import VenueServer

LOAD = "load_markets"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue() -> ScriptedVenue:
    return told_by_binance(["1000TAGUSDT", "TUSDT"])


@pytest.fixture
def market(venue: ScriptedVenue, clock: FakeClock) -> VenueMarket:
    return VenueMarket(venue, clock=clock)


@pytest.mark.parametrize("tell", [told_by_binance, told_by_bybit])
async def test_paper_trading_at_real_prices(tell: Any, clock: FakeClock) -> None:  # noqa: ANN401
    market: PaperVenue = VenueMarket(tell(["SOLUSDT"]), clock=clock)
    assert list(await market.instruments()) == ["SOLUSDT"]
    facts = await market.market_facts("SOLUSDT")
    assert facts.price == 101
    assert None not in {getattr(facts, name) for name in MarketFacts.__slots__}


async def test_what_is_not_listed_costs_nothing_but_a_look_at_the_list(
    market: VenueMarket, venue: ScriptedVenue, clock: FakeClock
) -> None:
    assert await market.market_facts("NONEUSDT") == MarketFacts()
    assert await market.instrument("NONEUSDT") is None
    assert [method for method, _ in venue.calls] == [LOAD]
    await clock.advance(timedelta(minutes=1))
    venue.answers[LOAD] = listed(binance_market("NONEUSDT"))
    found = await market.instrument("NONEUSDT")
    assert found is not None
    assert found.symbol == "NONEUSDT"


async def test_without_the_list_nothing_is_told(market: VenueMarket, venue: ScriptedVenue) -> None:
    venue.answers[LOAD] = RetryLater("down", timedelta(seconds=5))
    with pytest.raises(RetryLater, match="down"):
        await market.instruments()
    with pytest.raises(RetryLater, match="down"):
        await market.market_facts("TUSDT")


async def test_one_price(market: VenueMarket, venue: ScriptedVenue) -> None:
    assert await market.price("TUSDT") == 101
    await market.market_facts("TUSDT")
    calls = len(venue.calls)
    assert await market.price("TUSDT") == 101
    assert len(venue.calls) == calls
    assert await market.price("NONEUSDT") is None
    assert set(await market.quotes(["TUSDT", "NONEUSDT"])) == {"TUSDT"}


async def test_candles(market: VenueMarket) -> None:
    candles = await market.candles("TUSDT", timedelta(hours=1), 48)
    assert len(candles) == 48


async def test_names(market: VenueMarket) -> None:
    await market.instruments()
    assert market.unified("1000TAGUSDT") == "1000TAG/USDT:USDT"
    assert market.native("T/USDT:USDT") == "TUSDT"


async def test_a_contradiction_has_the_list_refreshed(
    market: VenueMarket, venue: ScriptedVenue, clock: FakeClock
) -> None:
    await market.instruments()
    await clock.advance(timedelta(minutes=1))
    market.doubt_instruments()
    await market.instruments()
    assert venue.count(LOAD) == 2


# --- through ccxt's own classes, to servers that behave like the venues ----------------------------------------------


@asynccontextmanager
async def opened(profile: VenueProfile, server: VenueServer, clock: FakeClock) -> AsyncIterator[VenueMarket]:
    client = VenueClient(VenueAccess(profile=profile, rest_url=server.url), clock=clock)
    try:
        yield VenueMarket(client, clock=clock)
    finally:
        await client.close()


def milliseconds(clock: FakeClock) -> int:
    return int(clock.now().timestamp() * 1000)


def bar(opened_ms: int, *, opened: Decimal) -> tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal]:
    """A candle that rises by one, in which 1,000 coins were traded."""
    return opened_ms, opened, opened + 1, opened, opened + 1, Decimal(1000)


def moved(minutes: range, opened: int) -> list[tuple[int, int]]:
    """Candles that all open at the same price."""
    return [(minute, opened) for minute in minutes]


async def test_the_market_of_binance(clock: FakeClock) -> None:
    async with FakeBinance(now_ms=lambda: milliseconds(clock)) as server, opened(BINANCE, server, clock) as market:
        server.account.set_price("SOLUSDT", Decimal(150), mark=Decimal("150.5"))
        statistics = server.market.of("SOLUSDT")
        statistics.open_interest = Decimal(20_000)
        statistics.volume_24h_quote = Decimal(24_000_000)
        instruments = await market.instruments()
        assert set(instruments) == {"BTCUSDT", "ETHUSDT", "SOLUSDT", "1000TAGUSDT", "TUSDT", "FTTUSDT"}
        assert instruments["SOLUSDT"] == Instrument(
            symbol="SOLUSDT",
            price_step=Decimal("0.01"),
            quantity_step=Decimal("0.01"),
            min_quantity=quantity("0.01"),
            min_notional=money(5),
            max_quantity=quantity(5000),
            max_leverage=20,
        )
        assert {symbol for symbol, each in instruments.items() if not each.is_trading} == {"FTTUSDT"}
        assert market.unified("1000TAGUSDT") == "1000TAG/USDT:USDT"
        assert market.native("T/USDT:USDT") == "TUSDT"
        facts = await market.market_facts("SOLUSDT")
        assert facts.price == 150
        assert facts.spread_ratio is not None
        assert 0 < facts.spread_ratio < Decimal("0.001")
        assert facts.open_interest_quote == Decimal("150.5") * 20_000
        assert facts.volume_24h_quote == 24_000_000
        assert facts.volume_1h_quote is not None
        assert abs(facts.volume_1h_quote - 1_000_000) < 2  # the server rounds coins
        assert facts.change_5m_ratio == 0
        quote = (await market.quotes(["SOLUSDT", "NONEUSDT"]))["SOLUSDT"]
        assert quote.last == 150
        assert quote.mark == Decimal("150.5")
        assert quote.received_at == clock.now()
        candles = await market.candles("SOLUSDT", timedelta(hours=1), 48)
        assert len(candles) == 48
        assert candles[-1].opened_at <= clock.now() < candles[-1].opened_at + timedelta(hours=1)


async def test_the_market_of_bybit(clock: FakeClock) -> None:
    async with FakeBybit(now_ms=lambda: milliseconds(clock)) as server, opened(BYBIT, server, clock) as market:
        server.list_contract("SOLUSDT", "150", max_leverage=75)
        server.list_contract("10000ELONUSDT", "0.6", quantity_step=Decimal(10), min_quantity=Decimal(10))
        server.list_contract("PREUSDT", "1", status=ContractStatus.PENDING)
        server.market.of("SOLUSDT").open_interest = Decimal(20_000)
        server.market.of("SOLUSDT").volume_24h_quote = Decimal(50_000_000)
        candles = server.market.of("SOLUSDT").candles
        candles["1"] = [
            bar(milliseconds(clock) + minute * 60_000, opened=Decimal(price))
            for minute, price in ((-61, 120), *moved(range(-60, -5), 139), *moved(range(-5, 0), 143), (0, 146))
        ]
        candles["5"] = [
            bar(milliseconds(clock) + minute * 60_000, opened=Decimal(price))
            for minute, price in (*moved(range(-15, 0, 5), 140), (0, 146))
        ]
        instruments = await market.instruments()
        assert instruments["SOLUSDT"].is_trading
        assert instruments["10000ELONUSDT"].is_trading
        assert not instruments["PREUSDT"].is_trading
        assert instruments["SOLUSDT"].max_leverage == 75
        assert instruments["10000ELONUSDT"].quantity_step == 10
        assert market.unified("10000ELONUSDT") == "10000ELON/USDT:USDT"
        facts = await market.market_facts("SOLUSDT")
        assert facts.price == 150
        assert facts.open_interest_quote == 3_000_000
        assert facts.volume_24h_quote == 50_000_000
        assert facts.change_5m_ratio == Decimal("0.05")
        assert facts.volume_1h_quote == 1000 * (55 * 140 + 5 * 144)
        quote = (await market.quotes(["SOLUSDT"]))["SOLUSDT"]
        assert [quote.last, quote.mark] == [Decimal(150)] * 2
        closes = [candle.close for candle in await market.candles("SOLUSDT", timedelta(minutes=5), 4)]
        assert closes == [141, 141, 141, 147]


async def test_a_whole_wave_on_binance_by_its_own_count(clock: FakeClock) -> None:
    async with FakeBinance(now_ms=lambda: milliseconds(clock)) as server, opened(BINANCE, server, clock) as market:
        symbols = [server.list_contract(f"C{number}USDT", "2").symbol for number in range(60)]
        await market.instruments()
        facts = await asyncio.gather(*(market.market_facts(symbol) for symbol in symbols))
        assert all(None not in {getattr(each, name) for name in MarketFacts.__slots__} for each in facts)
        assert server.limits.most_used == 1 + 55 + 120 <= 2400 // 3


async def test_a_whole_wave_on_bybit_by_its_own_count(clock: FakeClock) -> None:
    async with FakeBybit(now_ms=lambda: milliseconds(clock)) as server, opened(BYBIT, server, clock) as market:
        symbols = [server.list_contract(f"C{number}USDT", "2").symbol for number in range(60)]
        await market.instruments()
        listing = len(server.requests)
        facts = asyncio.gather(*(market.market_facts(symbol) for symbol in symbols))
        await clock.run_until(facts.done)
        assert all(each.price == 2 for each in await facts)
        assert len(server.requests) - listing == 1 + 60 <= 600 // 3


@pytest.mark.parametrize(("profile", "fake"), [(BINANCE, FakeBinance), (BYBIT, FakeBybit)])
async def test_a_venue_that_limits_us_is_left_alone(profile: VenueProfile, fake: Any, clock: FakeClock) -> None:  # noqa: ANN401
    async with fake(now_ms=lambda: milliseconds(clock)) as server, opened(profile, server, clock) as market:
        server.list_contract("SOLUSDT", "150")
        await market.instruments()
        server.faults.answer("*", 429, {"code": -1003, "msg": "Too many requests."}, times=None)
        asked = len(server.requests)
        with pytest.raises(RetryLater) as told:
            await market.quotes(["SOLUSDT"])
        assert told.value.wait >= timedelta(seconds=30)
        for _ in range(3):
            with pytest.raises(RetryLater):
                await market.market_facts("SOLUSDT")
        assert len(server.requests) - asked <= 2
        server.faults.clear()
        await clock.advance(told.value.wait)
        assert (await market.market_facts("SOLUSDT")).price == 150


async def test_a_recorded_list_of_contracts_through_ccxt(shared_data: Path) -> None:
    path = shared_data / "venue" / "binance_usdm_exchangeInfo_20210721.json.gz"
    recorded = json.loads(gzip.decompress(path.read_bytes()))
    clock = FakeClock(datetime(2021, 7, 21, 9, tzinfo=UTC))
    server = FakeBinance(now_ms=lambda: milliseconds(clock), lists_contracts=False)
    server.load_exchange_info(recorded)
    async with server, opened(BINANCE, server, clock) as market:
        instruments = await market.instruments()
        ours = {
            info["symbol"] for info in recorded["symbols"] if info["quoteAsset"] == "USDT" and "_" not in info["symbol"]
        }
        assert set(instruments) == ours
        assert len(ours) == 58
        assert {market.native(market.unified(symbol)) for symbol in ours} == ours
        assert market.unified("1000SHIBUSDT") == "1000SHIB/USDT:USDT"
