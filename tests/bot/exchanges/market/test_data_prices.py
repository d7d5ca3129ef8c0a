"""Prices as `MarketData` tells them, to guards and for what an order is worth: their cost, and which are refused."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.exchanges.market.data import MarketData
from core.domain.errors import RetryLater
from tests.builders import price
from tests.fakes.clock import FakeClock
from tests.fakes.scripted_venue import ScriptedVenue
from tests.fakes.told_markets import DAY, LASTS, MARKS, TICKERS, bybit_row, told_by_binance, told_by_bybit

WAVE = [f"C{number}USDT" for number in range(60)]
MINUTE, TICK = timedelta(minutes=1), timedelta(microseconds=1)
BUSY = RetryLater("busy", timedelta(seconds=30))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def binance() -> ScriptedVenue:
    return told_by_binance(WAVE)


@pytest.fixture
def bybit() -> ScriptedVenue:
    return told_by_bybit(WAVE)


@pytest.mark.parametrize(("tell", "weight"), [(told_by_binance, 12), (told_by_bybit, 1)])
async def test_quotes_of_many_symbols_are_few_calls(tell: Any, weight: int, clock: FakeClock) -> None:  # noqa: ANN401
    venue = tell(WAVE)
    data = MarketData(venue, clock=clock)
    received_at = clock.now()
    quotes, again = await asyncio.gather(data.quotes(WAVE), data.quotes([*WAVE, "NONEUSDT"]))
    assert quotes == again
    assert set(quotes) == set(WAVE)
    assert quotes["C7USDT"].last == 101
    assert quotes["C7USDT"].mark == 100
    assert {quote.received_at for quote in quotes.values()} == {received_at}
    assert sum({LASTS: 2, MARKS: 10, TICKERS: 1}[method] for method, _ in venue.calls) == weight
    calls = len(venue.calls)
    await clock.advance(timedelta(milliseconds=900))
    assert (await data.quotes(WAVE))["C7USDT"].received_at == received_at
    assert len(venue.calls) == calls
    await clock.advance(timedelta(milliseconds=200))
    assert (await data.quotes(WAVE))["C7USDT"].received_at == clock.now()
    assert len(venue.calls) == 2 * calls


async def test_quotes_are_as_old_as_the_oldest_of_their_parts(binance: ScriptedVenue, clock: FakeClock) -> None:
    data = MarketData(binance, clock=clock)
    await data.facts("C0USDT")  # brings the mark prices
    received_at = clock.now()
    await clock.advance(timedelta(milliseconds=500))
    assert (await data.quotes(["C0USDT"]))["C0USDT"].received_at == received_at
    assert binance.count(MARKS) == 1


async def test_quotes_that_cannot_be_true_are_left_out(bybit: ScriptedVenue, clock: FakeClock) -> None:
    rows = [
        bybit_row("GOODUSDT"),
        bybit_row("FARUSDT", lastPrice="999999"),
        bybit_row("ZEROUSDT", lastPrice="0"),
        bybit_row("BLINDUSDT", markPrice="0"),
    ]
    bybit.answers[TICKERS] = {"result": {"list": rows}}
    quotes = await MarketData(bybit, clock=clock).quotes([str(row["symbol"]) for row in rows])
    assert set(quotes) == {"GOODUSDT", "BLINDUSDT"}
    assert quotes["BLINDUSDT"].mark is None


# --- the price that an order is worth --------------------------------------------------------------------------------


@pytest.mark.parametrize("tell", [told_by_binance, told_by_bybit])
async def test_a_price_of_this_minute_costs_no_request(tell: Any, clock: FakeClock) -> None:  # noqa: ANN401
    venue = tell(WAVE)
    data = MarketData(venue, clock=clock)
    await data.facts("C0USDT")
    calls = len(venue.calls)
    await clock.advance(MINUTE - TICK)
    assert [await data.recent_price(symbol) for symbol in WAVE] == [price(101)] * 60
    assert len(venue.calls) == calls


@pytest.mark.parametrize(("tell", "asked"), [(told_by_binance, [LASTS, MARKS]), (told_by_bybit, [TICKERS])])
async def test_an_older_price_is_asked_for_anew(tell: Any, asked: list[str], clock: FakeClock) -> None:  # noqa: ANN401
    venue = tell(WAVE)
    data = MarketData(venue, clock=clock)
    await data.facts("C0USDT")
    calls = len(venue.calls)
    tell_dearer(venue)
    await clock.advance(MINUTE)
    assert await data.recent_price("C0USDT") == 110
    assert [method for method, _ in venue.calls[calls:]] == asked


@pytest.mark.parametrize("tell", [told_by_binance, told_by_bybit])
async def test_a_price_is_asked_for_where_no_facts_were(tell: Any, clock: FakeClock) -> None:  # noqa: ANN401
    venue = tell(WAVE)
    assert await MarketData(venue, clock=clock).recent_price("C0USDT") == 101
    assert venue.calls


@pytest.mark.parametrize("tell", [told_by_binance, told_by_bybit])
async def test_a_symbol_without_a_price_has_none_before_and_after_facts(tell: Any, clock: FakeClock) -> None:  # noqa: ANN401
    venue = tell(WAVE)
    data = MarketData(venue, clock=clock)
    assert await data.recent_price("NONEUSDT") is None
    await data.facts("C0USDT")
    calls = len(venue.calls)
    assert await data.recent_price("NONEUSDT") is None
    assert len(venue.calls) == calls


@pytest.mark.parametrize("tell", [told_by_binance, told_by_bybit])
@pytest.mark.parametrize("last", ["151", "49", "0", "", "NaN"])
@pytest.mark.parametrize("are_facts_read", [True, False])
async def test_a_price_that_cannot_be_true_is_never_an_orders(
    tell: Any,  # noqa: ANN401
    last: str,
    are_facts_read: bool,
    clock: FakeClock,
) -> None:
    venue = tell(WAVE)
    tell_dearer(venue, last=last)
    data = MarketData(venue, clock=clock)
    if are_facts_read:
        assert (await data.facts("C0USDT")).price is None
    assert await data.recent_price("C0USDT") is None


async def test_a_fresh_mark_price_does_not_make_the_last_one_fresh(binance: ScriptedVenue, clock: FakeClock) -> None:
    data = MarketData(binance, clock=clock)
    await data.facts("C0USDT")
    await clock.advance(MINUTE / 2)
    await data.quotes(["C0USDT"])  # brings the mark prices anew
    await clock.advance(MINUTE / 2)
    tell_dearer(binance)
    assert await data.recent_price("C0USDT") == 110


async def test_a_mark_price_of_long_ago_says_nothing(binance: ScriptedVenue, clock: FakeClock) -> None:
    data = MarketData(binance, clock=clock)
    await data.facts("C0USDT")
    await clock.advance(MINUTE)
    tell_dearer(binance, last="200")
    binance.answers[MARKS] = BUSY
    assert (await data.facts("C0USDT")).price == 200
    assert await data.recent_price("C0USDT") == 200


async def test_when_an_older_price_cannot_be_asked_for_the_caller_is_told(
    binance: ScriptedVenue, clock: FakeClock
) -> None:
    data = MarketData(binance, clock=clock)
    await data.facts("C0USDT")
    binance.answers[LASTS] = BUSY
    assert await data.recent_price("C0USDT") == 101
    await clock.advance(MINUTE)
    with pytest.raises(RetryLater, match="busy"):
        await data.recent_price("C0USDT")


def tell_dearer(venue: ScriptedVenue, last: str = "110.00") -> None:
    """Let C0USDT have another last price wherever one is told."""
    venue.answers[DAY] = [{"symbol": "C0USDT", "lastPrice": last, "quoteVolume": "1"}]
    venue.answers[LASTS] = [{"symbol": "C0USDT", "price": last}]
    venue.answers[TICKERS] = {"result": {"list": [bybit_row("C0USDT", lastPrice=last)]}}
