"""The list of a venue's contracts: when it is asked for, what becomes of a failure, and the two names of a contract."""

import asyncio
from datetime import timedelta

import pytest

from bot.exchanges.market.instruments import VenueInstruments
from bot.exchanges.profiles import BYBIT
from core.domain.errors import ConfigurationError, RetryLater
from tests.fakes.clock import FakeClock
from tests.fakes.listed_markets import binance_market, bybit_market, listed
from tests.fakes.scripted_venue import ScriptedVenue

LOAD = "load_markets"
BUSY = RetryLater("busy", timedelta(seconds=30))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue() -> ScriptedVenue:
    venue = ScriptedVenue()
    venue.answers[LOAD] = listed(binance_market("SOLUSDT"), binance_market("BTCUSDT"))
    return venue


@pytest.fixture
def contracts(venue: ScriptedVenue, clock: FakeClock) -> VenueInstruments:
    return VenueInstruments(venue, clock=clock)


async def test_one_list_serves_all_for_a_day(
    venue: ScriptedVenue, contracts: VenueInstruments, clock: FakeClock
) -> None:
    lists = await asyncio.gather(*(contracts.all() for _ in range(20)))
    assert all(sorted(each) == ["BTCUSDT", "SOLUSDT"] for each in lists)
    await clock.advance(timedelta(hours=23, minutes=59))
    await contracts.all()
    assert venue.count(LOAD) == 1
    await clock.advance(timedelta(minutes=1))
    await contracts.all()
    assert venue.count(LOAD) == 2


async def test_without_any_list_the_caller_is_told(venue: ScriptedVenue, contracts: VenueInstruments) -> None:
    venue.answers[LOAD] = BUSY
    for _ in range(2):
        with pytest.raises(RetryLater, match="busy"):
            await contracts.all()
    venue.answers[LOAD] = {}
    with pytest.raises(RetryLater, match="listed no contracts"):
        await contracts.all()
    venue.answers[LOAD] = listed(binance_market())
    assert list(await contracts.all()) == ["SOLUSDT"]


@pytest.mark.parametrize("answer", [BUSY, {}, None, listed(binance_market(settle="BUSD"))])
async def test_a_list_that_cannot_be_had_anew_stays_and_is_asked_for_again(
    venue: ScriptedVenue, contracts: VenueInstruments, clock: FakeClock, answer: object
) -> None:
    await contracts.all()
    good = venue.answers[LOAD]
    venue.answers[LOAD] = answer
    await clock.advance(timedelta(days=1))
    assert "SOLUSDT" in await contracts.all()
    await contracts.all()
    assert venue.count(LOAD) == 2  # not before a minute has passed
    venue.answers[LOAD] = good
    await clock.advance(timedelta(minutes=1))
    await contracts.all()
    await clock.advance(timedelta(minutes=2))
    await contracts.all()
    assert venue.count(LOAD) == 3


async def test_a_refresh_that_takes_long_holds_nobody_up(venue: ScriptedVenue, clock: FakeClock) -> None:
    contracts = VenueInstruments(venue, clock=clock, patience=timedelta(0))
    await contracts.all()
    venue.hold()
    await clock.advance(timedelta(days=1))
    assert "SOLUSDT" in await contracts.all()
    await clock.settle()
    assert venue.at_once == 0
    venue.release()
    assert venue.count(LOAD) == 2


async def test_wrong_settings_are_not_hidden_by_an_old_list(
    venue: ScriptedVenue, contracts: VenueInstruments, clock: FakeClock
) -> None:
    await contracts.all()
    venue.answers[LOAD] = ConfigurationError("no such host")
    await clock.advance(timedelta(days=1))
    with pytest.raises(ConfigurationError):
        await contracts.all()


async def test_a_symbol_that_is_not_listed_is_asked_for_at_once_but_once_a_minute(
    venue: ScriptedVenue, contracts: VenueInstruments, clock: FakeClock
) -> None:
    held = await contracts.all()
    await clock.advance(timedelta(minutes=1))
    venue.answers[LOAD] = listed(binance_market("SOLUSDT"), binance_market("NEWUSDT"))
    found = await asyncio.gather(*(contracts.find("NEWUSDT") for _ in range(9)))
    assert all(each is not None and each.symbol == "NEWUSDT" for each in found)
    assert venue.count(LOAD) == 2
    assert "NEWUSDT" in held  # whoever has the list already sees it too
    for _ in range(9):
        assert await contracts.find("NONEUSDT") is None
    assert venue.count(LOAD) == 2
    await clock.advance(timedelta(minutes=1))
    assert await contracts.find("NONEUSDT") is None
    assert venue.count(LOAD) == 3


async def test_a_symbol_missed_in_the_list_has_the_next_one_refreshed(
    venue: ScriptedVenue, contracts: VenueInstruments, clock: FakeClock
) -> None:
    assert (await contracts.all()).get("NEWUSDT") is None
    await clock.advance(timedelta(minutes=1))
    venue.answers[LOAD] = listed(binance_market("NEWUSDT"))
    assert (await contracts.all()).get("NEWUSDT") is not None
    await clock.advance(timedelta(minutes=5))
    await contracts.all()
    assert venue.count(LOAD) == 2


async def test_a_list_that_is_doubted_is_refreshed(
    venue: ScriptedVenue, contracts: VenueInstruments, clock: FakeClock
) -> None:
    await contracts.all()
    contracts.doubt()
    await contracts.all()
    assert venue.count(LOAD) == 1
    await clock.advance(timedelta(minutes=1))
    venue.answers[LOAD] = listed(binance_market("SOLUSDT", info={"status": "SETTLING"}))
    instrument = await contracts.find("SOLUSDT")
    assert instrument is not None
    assert not instrument.is_trading
    await clock.advance(timedelta(minutes=1))
    await contracts.all()
    assert venue.count(LOAD) == 2


async def test_a_contract_that_is_gone_can_still_be_closed(
    venue: ScriptedVenue, contracts: VenueInstruments, clock: FakeClock
) -> None:
    await contracts.all()
    venue.answers[LOAD] = listed(binance_market("BTCUSDT"))
    await clock.advance(timedelta(days=1))
    instruments = await contracts.all()
    assert instruments["BTCUSDT"].is_trading
    assert not instruments["SOLUSDT"].is_trading
    assert len(instruments) == 2


async def test_one_contract_without_steps_does_not_cost_the_list(
    venue: ScriptedVenue, contracts: VenueInstruments, caplog: pytest.LogCaptureFixture
) -> None:
    venue.answers[LOAD] = listed(binance_market("SOLUSDT"), binance_market("ODDUSDT", info={"filters": []}))
    assert list(await contracts.all()) == ["SOLUSDT"]
    assert [record.message for record in caplog.records] == ["instrument_without_steps"]


async def test_only_linear_perpetuals_are_listed(clock: FakeClock) -> None:
    venue = ScriptedVenue(BYBIT)
    venue.answers[LOAD] = listed(
        bybit_market("SOLUSDT"),
        bybit_market("BTCUSD", symbol="BTC/USD:BTC", quote="USD", settle="BTC", linear=False),
        bybit_market("SOLPERP", symbol="SOL/USDC:USDC", quote="USDC", settle="USDC"),
        bybit_market("SOL-26DEC26", symbol="SOL/USDT:USDT-261226", swap=False),
    )
    assert list(await VenueInstruments(venue, clock=clock).all()) == ["SOLUSDT"]


@pytest.mark.parametrize(
    ("native", "unified"),
    [
        ("1000TAGUSDT", "1000TAG/USDT:USDT"),
        ("10000ELONUSDT", "10000ELON/USDT:USDT"),
        ("TUSDT", "T/USDT:USDT"),
        ("USDTUSDT", "USDT/USDT:USDT"),
    ],
)
async def test_both_names_known_or_not(contracts: VenueInstruments, native: str, unified: str) -> None:
    assert contracts.unified(native) == unified
    assert contracts.native(unified) == native
    await contracts.all()
    assert contracts.unified(native) == unified
    assert contracts.native(unified) == native


async def test_the_venues_own_table_of_names_goes_before_any_rule(
    venue: ScriptedVenue, contracts: VenueInstruments
) -> None:
    venue.answers[LOAD] = listed(binance_market("BCCUSDT", symbol="BCH/USDT:USDT"))
    await contracts.all()
    assert contracts.unified("BCCUSDT") == "BCH/USDT:USDT"
    assert contracts.native("BCH/USDT:USDT") == "BCCUSDT"
