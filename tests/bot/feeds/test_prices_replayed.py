"""Candles walked on the clock, against the position."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.candle_series import CandleSeries
from bot.feeds.prices_replayed import ReplayedPrices
from core.domain.market import Candle, Tick
from core.domain.positions import PositionSide
from tests.builders import Number, price
from tests.fakes.clock import START_AT, FakeClock

MINUTE = timedelta(minutes=1)
PATH = (10, 14, 8, 12)
"""Open, high, low, close of the usual candle."""


def candle(minute: float = 0, prices: Sequence[Number] = PATH, *, symbol: str = "SOLUSDT", frame: int = 4) -> Candle:
    first, high, low, last = map(price, prices)
    return Candle(
        exchange="binance",
        symbol=symbol,
        opened_at=START_AT + minute * MINUTE,
        duration=frame * MINUTE,
        open=first,
        high=high,
        low=low,
        close=last,
        volume=Decimal(1),
    )


def series(*candles: Candle) -> CandleSeries:
    first, last = candles[0], candles[-1]
    return CandleSeries(
        exchange=first.exchange,
        symbol=first.symbol,
        first_price=first.open,
        starts_at=first.opened_at,
        ends_at=last.opened_at + last.duration,
        read=lambda: iter(candles),
    )


class Bench:
    """A replay being consumed."""

    def __init__(self, *found: CandleSeries, watched: Sequence[str] = ("SOLUSDT",)) -> None:
        self.clock = FakeClock()
        self.sides: dict[tuple[str, str], PositionSide] = {}
        self.prices = ReplayedPrices(clock=self.clock, series=found, side_of=lambda *key: self.sides.get(key))
        self.prices.watch("binance", watched)
        self.seen: list[Tick] = []
        self.task = asyncio.create_task(self._consume())

    async def _consume(self) -> None:
        async for tick in self.prices.ticks():
            assert tick.received_at == self.clock.now()
            self.seen.append(tick)

    async def finish(self) -> list[int]:
        """Let all of it pass and return the prices seen."""
        await self.clock.advance(timedelta(days=3))
        await self.task
        return [int(tick.price) for tick in self.seen]


@pytest.mark.parametrize(
    ("side", "walked"),
    [
        (PositionSide.LONG, [10, 8, 14, 12]),
        (PositionSide.SHORT, [10, 14, 8, 12]),
        (None, [10, 8, 14, 12]),
    ],
)
async def test_the_extreme_against_the_position_comes_first(side: PositionSide | None, walked: list[int]) -> None:
    bench = Bench(series(candle()))
    if side is not None:
        bench.sides["binance", "SOLUSDT"] = side
    assert await bench.finish() == walked
    assert [tick.received_at - START_AT for tick in bench.seen] == [
        timedelta(0),
        2 * MINUTE,
        3 * MINUTE,
        4 * MINUTE - timedelta(milliseconds=1),
    ]
    assert [tick.is_continuous for tick in bench.seen] == [False, True, True, True]


async def test_the_side_is_asked_at_the_adverse_step() -> None:
    bench = Bench(series(candle(), candle(4)))
    await bench.clock.advance(MINUTE)
    bench.sides["binance", "SOLUSDT"] = PositionSide.SHORT
    await bench.clock.advance(1.5 * MINUTE)
    # Closed between the two extremes: the walk under way is not turned round.
    del bench.sides["binance", "SOLUSDT"]
    assert await bench.finish() == [10, 14, 8, 12, 10, 8, 14, 12]


async def test_other_positions_do_not_turn_the_walk() -> None:
    bench = Bench(series(candle()))
    bench.sides["bybit", "SOLUSDT"] = PositionSide.SHORT
    bench.sides["binance", "ETHUSDT"] = PositionSide.SHORT
    assert await bench.finish() == [10, 8, 14, 12]


async def test_only_watched_symbols_are_yielded_and_all_are_known() -> None:
    bench = Bench(series(candle()), series(candle(1, (20, 24, 18, 22), symbol="ETHUSDT")))
    latest = bench.prices.latest
    assert latest("binance", "ETHUSDT") is None
    assert latest("binance", "NEVERUSDT") is None
    assert latest("bybit", "SOLUSDT") is None
    await bench.clock.advance(3.2 * MINUTE)
    tick = latest("binance", "ETHUSDT")
    assert tick is not None
    assert tick.price == 18
    bench.prices.watch("binance", ["ETHUSDT"])
    bench.prices.unwatch("binance", ["SOLUSDT", "NEVERUSDT"])
    await bench.prices.resubscribe("binance", ["ETHUSDT"])
    await bench.finish()
    assert [(t.symbol, t.price) for t in bench.seen] == [
        ("SOLUSDT", Decimal(10)),
        ("SOLUSDT", Decimal(8)),
        ("SOLUSDT", Decimal(14)),
        ("ETHUSDT", Decimal(24)),
        ("ETHUSDT", Decimal(22)),
    ]
    last = latest("binance", "SOLUSDT")
    assert last is not None
    assert last.price == 12


async def test_latest_is_right_even_before_the_consumer_has_run() -> None:
    clock = FakeClock()
    prices = ReplayedPrices(clock=clock, series=[series(candle())], side_of=lambda *_: None)
    prices.watch("binance", ["SOLUSDT"])
    for minutes, expected in ((1, 10), (2, 8), (3, 14), (4, 12)):
        await clock.advance_to(START_AT + minutes * MINUTE)
        tick = prices.latest("binance", "SOLUSDT")
        assert tick is not None
        assert tick.price == expected
    # What was walked in the meantime is still handed on.
    assert [int(tick.price) async for tick in prices.ticks()] == [10, 8, 14, 12]


async def test_a_price_is_of_now_while_its_candle_lasts_and_ages_afterwards() -> None:
    clock = FakeClock()
    prices = ReplayedPrices(clock=clock, series=[series(candle(frame=60))], side_of=lambda *_: None)
    for minutes, seen_at in ((29, 29 * MINUTE), (59, 59 * MINUTE), (90, 60 * MINUTE - timedelta(milliseconds=1))):
        await clock.advance_to(START_AT + minutes * MINUTE)
        tick = prices.latest("binance", "SOLUSDT")
        assert tick is not None
        assert tick.received_at == START_AT + seen_at


async def test_it_ends_with_the_last_candle_watched_or_not() -> None:
    bench = Bench(series(candle()), series(candle(60, symbol="ETHUSDT")))
    assert bench.prices.ends_at == START_AT + 64 * MINUTE
    await bench.clock.advance(63 * MINUTE)
    assert not bench.task.done()
    await bench.clock.advance(MINUTE)
    assert bench.task.done()
    assert await bench.finish() == [10, 8, 14, 12]


async def test_without_candles_it_ends_at_once() -> None:
    bench = Bench()
    assert bench.prices.ends_at is None
    assert await bench.finish() == []


async def test_it_sleeps_once_for_all_symbols_of_one_time() -> None:
    class CountingClock(FakeClock):
        sleeps = 0

        async def sleep_until(self, at: object) -> None:
            self.sleeps += 1
            await super().sleep_until(at)  # type: ignore[arg-type]

    clock = CountingClock()
    symbols = [f"A{number}USDT" for number in range(30)]
    found = [series(candle(symbol=symbol), candle(4, symbol=symbol)) for symbol in symbols]
    prices = ReplayedPrices(clock=clock, series=found, side_of=lambda *_: None)
    prices.watch("binance", symbols)
    count = 0

    async def consume() -> None:
        nonlocal count
        async for _ in prices.ticks():
            count += 1

    task = asyncio.create_task(consume())
    await clock.advance(9 * MINUTE)
    await task
    assert count == 30 * 8
    # Two candles of four steps; the first open is due at once.
    assert clock.sleeps == 7


async def test_times_are_in_order_across_frames() -> None:
    bench = Bench(
        series(*(candle(minute, frame=1) for minute in range(8))),
        series(candle(symbol="ETHUSDT"), candle(4, symbol="ETHUSDT")),
        watched=["SOLUSDT", "ETHUSDT"],
    )
    await bench.finish()
    times = [tick.received_at for tick in bench.seen]
    assert times == sorted(times)
    assert len(times) == 8 * 4 + 2 * 4


@given(
    st.lists(st.tuples(*[st.integers(1, 1000)] * 4), min_size=1, max_size=6),
    st.sampled_from([*PositionSide, None]),
)
async def test_every_price_of_a_candle_is_visited_worst_first(
    rows: list[tuple[int, int, int, int]], side: PositionSide | None
) -> None:
    candles = [
        candle(4 * number, (first, max(values), min(values), last))
        for number, values in enumerate(rows)
        for first, _, _, last in [values]
    ]
    bench = Bench(series(*candles))
    if side is not None:
        bench.sides["binance", "SOLUSDT"] = side
    walked = await bench.finish()
    for number, one in enumerate(candles):
        steps = walked[4 * number : 4 * number + 4]
        assert [steps[0], steps[3]] == [int(one.open), int(one.close)]
        worst_first = [one.high, one.low] if side is PositionSide.SHORT else [one.low, one.high]
        assert steps[1:3] == worst_first
