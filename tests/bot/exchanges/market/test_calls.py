"""Calls that read a market: how they are asked, whose turn it is while many answers are read at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.exchanges.market.calls import MarketCalls
from bot.exchanges.market.last_hour import LastHour
from bot.exchanges.market.reads import READS
from core.domain.errors import RetryLater
from tests.builders import money, ratio
from tests.fakes.told_markets import BYBIT_CANDLES, CANDLES, told_by_binance, told_by_bybit

SYMBOLS = [f"C{number}USDT" for number in range(60)]
HOUR = LastHour(volume_quote=money(600), change_5m_ratio=ratio("0.01"))
BINANCE, BYBIT = READS["binance"], READS["bybit"]


async def test_the_last_hour_is_asked_for_in_minutes() -> None:
    binance, bybit = told_by_binance(SYMBOLS), told_by_bybit(SYMBOLS)
    assert await MarketCalls(binance).last_hour(BINANCE.candles, "C1USDT") == HOUR
    assert await MarketCalls(bybit).last_hour(BYBIT.candles, "C1USDT") == HOUR
    assert binance.calls == [(CANDLES, {"symbol": "C1USDT", "interval": "1m", "limit": 61})]
    assert bybit.calls == [(BYBIT_CANDLES, {"category": "linear", "symbol": "C1USDT", "interval": "1", "limit": 61})]


@pytest.mark.parametrize("answer", [None, "odd", {"odd": 1}, [None], [["odd"]]])
async def test_an_answer_of_another_shape_is_none(answer: object) -> None:
    venue = told_by_binance(SYMBOLS)
    venue.answers[CANDLES] = answer
    calls = MarketCalls(venue)
    with pytest.raises(RetryLater, match="Binance answered something else"):
        await calls.last_hour(BINANCE.candles, "C1USDT")
    with pytest.raises(RetryLater, match="Binance answered something else"):
        await calls.candles(BINANCE.candles, "C1USDT", timedelta(minutes=5), 3)


@pytest.mark.parametrize(("tell", "reads"), [(told_by_binance, BINANCE), (told_by_bybit, BYBIT)])
async def test_between_the_answers_of_a_wave_the_loop_goes_round(tell: Any, reads: Any) -> None:  # noqa: ANN401
    calls = MarketCalls(tell(SYMBOLS))
    rounds = 0

    async def others() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0)
            rounds += 1

    neighbour = asyncio.create_task(others())
    hours = await asyncio.gather(*(calls.last_hour(reads.candles, symbol) for symbol in SYMBOLS))
    neighbour.cancel()
    assert hours == [HOUR] * 60
    assert rounds >= len(SYMBOLS)


@pytest.mark.parametrize("rounds", range(12))
async def test_who_gives_up_keeps_nobody_from_reading(rounds: int) -> None:
    calls = MarketCalls(told_by_binance(SYMBOLS))
    asking = [asyncio.create_task(calls.last_hour(BINANCE.candles, symbol)) for symbol in SYMBOLS]
    for _ in range(rounds):
        await asyncio.sleep(0)
    for task in asking[:-1]:
        task.cancel()
    assert await asking[-1] == HOUR
    await asyncio.gather(*asking, return_exceptions=True)
    assert await calls.last_hour(BINANCE.candles, "C1USDT") == HOUR
