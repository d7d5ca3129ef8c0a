"""Facts and candles: what they say, what they cost, and what becomes of an answer that is missing or false."""

import asyncio
import contextlib
import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.exchanges.market.data import MarketData
from bot.exchanges.market.reads import READS
from bot.exchanges.profiles import PROFILES
from bot.virtual_time import VirtualClock
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.market import MarketFacts
from core.domain.money import Ratio
from tests.builders import money, price, ratio
from tests.fakes.clock import FakeClock
from tests.fakes.scripted_venue import Params, ScriptedVenue
from tests.fakes.told_markets import (
    BOOK,
    BYBIT_CANDLES,
    CANDLES,
    DAY,
    INTEREST,
    LASTS,
    MARKS,
    TICKERS,
    bybit_row,
    told_by_binance,
    told_by_bybit,
)
from tests.virtual_time import run_virtually

WAVE = [f"C{number}USDT" for number in range(60)]
BUSY = RetryLater("busy", timedelta(seconds=30))
FULL = MarketFacts(
    price=price(101),
    spread_ratio=Ratio(Decimal("0.2") / 101),
    open_interest_quote=money(500),
    volume_1h_quote=money(600),
    volume_24h_quote=money("1234567.8900"),
    change_5m_ratio=ratio("0.01"),
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def binance() -> ScriptedVenue:
    return told_by_binance(WAVE)


@pytest.fixture
def bybit() -> ScriptedVenue:
    return told_by_bybit(WAVE)


def weight_of(call: tuple[str, Params]) -> int:
    """What Binance counts for a call, by its own table; Bybit counts every call once."""
    method, params = call
    if method == CANDLES:
        limit = int(params["limit"])
        return 1 if limit < 100 else 2 if limit < 500 else 5 if limit <= 1000 else 10
    everything = {DAY: 40, BOOK: 5, MARKS: 10, LASTS: 2}
    return everything.get(method, 1)


def total_weight(venue: ScriptedVenue) -> int:
    return sum(weight_of(call) for call in venue.calls)


async def wave(data: MarketData, symbols: list[str] = WAVE) -> list[MarketFacts]:
    return await asyncio.gather(*(data.facts(symbol) for symbol in symbols))


def test_the_market_of_every_venue_can_be_read() -> None:
    assert READS.keys() == PROFILES.keys()


async def test_facts_on_binance(binance: ScriptedVenue, clock: FakeClock) -> None:
    assert await MarketData(binance, clock=clock).facts("C0USDT") == FULL


async def test_facts_on_bybit(bybit: ScriptedVenue, clock: FakeClock) -> None:
    assert await MarketData(bybit, clock=clock).facts("C0USDT") == FULL


async def test_a_wave_on_binance_stays_within_a_third_of_its_limit(binance: ScriptedVenue, clock: FakeClock) -> None:
    assert await wave(MarketData(binance, clock=clock)) == [FULL] * 60
    assert {method: binance.count(method) for method in (DAY, BOOK, MARKS)} == dict.fromkeys((DAY, BOOK, MARKS), 1)
    assert {params["limit"] for method, params in binance.calls if method == CANDLES} == {61}
    assert total_weight(binance) == 40 + 5 + 10 + 60 + 60 <= 2400 // 3
    assert binance.most_at_once <= 20


async def test_a_wave_on_bybit_stays_within_a_third_of_its_limit(bybit: ScriptedVenue, clock: FakeClock) -> None:
    assert await wave(MarketData(bybit, clock=clock)) == [FULL] * 60
    assert [bybit.count(method) for method in (TICKERS, BYBIT_CANDLES)] == [1, 60]
    assert total_weight(bybit) == len(bybit.calls) == 1 + 60 <= 600 // 3


async def test_what_was_told_just_now_is_not_asked_for_again(binance: ScriptedVenue, clock: FakeClock) -> None:
    data = MarketData(binance, clock=clock)
    await wave(data)
    calls = len(binance.calls)
    await clock.advance(timedelta(seconds=4))
    await wave(data)
    assert len(binance.calls) == calls
    await clock.advance(timedelta(seconds=2))
    await wave(data)
    assert len(binance.calls) == calls + 3  # the batches; candles and open interest are good for half a minute
    await clock.advance(timedelta(seconds=30))
    await wave(data)
    assert len(binance.calls) == 2 * calls + 3


async def test_however_often_facts_are_asked_for_two_thirds_of_the_limit_stay_free(
    binance: ScriptedVenue, clock: FakeClock
) -> None:
    data = MarketData(binance, clock=clock)
    facts = await wave(data, [*WAVE, *(f"D{number}USDT" for number in range(900))])
    assert facts[:60] == [replace(FULL, open_interest_quote=each.open_interest_quote) for each in facts[:60]]
    assert facts[-1] == MarketFacts()  # what the venue cannot tell, and what it was not asked
    await clock.advance(timedelta(seconds=6))
    assert await data.facts("C0USDT") == facts[0]  # there was room left for what serves every symbol
    for _ in range(8):
        await clock.advance(timedelta(seconds=6))
        with contextlib.suppress(RetryLater):
            await wave(data)
    assert total_weight(binance) <= 800
    await clock.advance(timedelta(minutes=1))
    assert await data.facts("C0USDT") == FULL


async def test_prices_for_guards_are_read_even_when_facts_have_used_their_share(
    binance: ScriptedVenue, clock: FakeClock
) -> None:
    data = MarketData(binance, clock=clock)
    await wave(data, [f"D{number}USDT" for number in range(900)])
    await clock.advance(timedelta(seconds=10))
    assert (await data.quotes(["C1USDT"]))["C1USDT"].last == 101
    assert len(await data.candles("C1USDT", timedelta(hours=1), 48)) == 48


@pytest.mark.parametrize(
    ("failing", "missing"),
    [
        (DAY, {"price": None, "volume_24h_quote": None}),
        (BOOK, {"spread_ratio": None}),
        (MARKS, {"open_interest_quote": money(505)}),  # then by the last price
        (INTEREST, {"open_interest_quote": None}),
        (CANDLES, {"volume_1h_quote": None, "change_5m_ratio": None}),
    ],
)
@pytest.mark.parametrize("answer", [BUSY, None, {"odd": 1}, "odd"])
async def test_one_call_that_fails_costs_its_own_facts_only(
    binance: ScriptedVenue, clock: FakeClock, failing: str, missing: dict[str, Any], answer: object
) -> None:
    binance.answers[failing] = answer
    facts = await MarketData(binance, clock=clock).facts("C0USDT")
    assert {name: getattr(facts, name) for name in missing} == missing
    others = {name for name in MarketFacts.__slots__ if name not in missing}
    assert all(getattr(facts, name) == getattr(FULL, name) for name in others)


async def test_when_nothing_can_be_told_the_caller_is_told(binance: ScriptedVenue, clock: FakeClock) -> None:
    for method in (DAY, BOOK, MARKS, INTEREST, CANDLES, LASTS):
        binance.answers[method] = BUSY
    data = MarketData(binance, clock=clock)
    with pytest.raises(RetryLater, match="busy"):
        await data.facts("C0USDT")
    with pytest.raises(RetryLater, match="busy"):
        await data.quotes(["C0USDT"])
    with pytest.raises(RetryLater, match="busy"):
        await data.candles("C0USDT", timedelta(minutes=5), 3)


@pytest.mark.parametrize("failing", [DAY, INTEREST, CANDLES])
async def test_what_a_person_must_mend_is_never_hidden(binance: ScriptedVenue, clock: FakeClock, failing: str) -> None:
    binance.answers[failing] = ConfigurationError("no such host")
    with pytest.raises(ConfigurationError):
        await MarketData(binance, clock=clock).facts("C0USDT")


async def test_a_venue_that_is_slow_is_not_waited_for(binance: ScriptedVenue, clock: FakeClock) -> None:
    binance.hold()
    data = MarketData(binance, clock=clock, patience=timedelta(0))
    with pytest.raises(RetryLater, match="in time"):
        await data.facts("C0USDT")
    await clock.settle()
    assert binance.at_once == 0  # nobody waits for it any more


@pytest.mark.parametrize("steps", range(8))
async def test_who_is_cut_off_leaves_nothing_behind(binance: ScriptedVenue, clock: FakeClock, steps: int) -> None:
    binance.hold()
    data = MarketData(binance, clock=clock)
    asking = asyncio.create_task(data.facts("C0USDT"))
    for _ in range(steps):
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await clock.settle()
    assert binance.at_once == 0
    binance.release()
    assert await data.facts("C0USDT") == FULL


@pytest.mark.parametrize(
    ("hanging", "missing", "told"),
    [(CANDLES, "volume_1h_quote", "price"), (DAY, "price", "volume_1h_quote")],
)
def test_a_call_that_hangs_costs_its_own_facts_only(hanging: str, missing: str, told: str) -> None:
    async def scene(clock: VirtualClock) -> None:
        binance = told_by_binance(WAVE)
        binance.hold_only(hanging)
        since = clock.now()
        facts = await wave(MarketData(binance, clock=clock, patience=timedelta(seconds=6)))
        assert clock.now() - since <= timedelta(seconds=6)
        assert {getattr(each, missing) for each in facts} == {None}
        assert {getattr(each, told) for each in facts} == {getattr(FULL, told)}
        await clock.sleep(timedelta(seconds=1))
        assert binance.at_once == 0

    run_virtually(scene)


@pytest.mark.parametrize(("set_back", "longest"), [(timedelta(0), 6), (timedelta(hours=1), 9)])
def test_when_everything_hangs_the_wait_ends(set_back: timedelta, longest: int) -> None:
    async def scene(clock: VirtualClock) -> None:
        ours = SetBackClock(clock)
        binance = told_by_binance(WAVE)
        binance.hold()
        since = clock.now()
        asking = asyncio.create_task(MarketData(binance, clock=ours, patience=timedelta(seconds=6)).facts("C0USDT"))
        await clock.sleep(timedelta(seconds=1))
        ours.set_back = set_back
        with pytest.raises(RetryLater, match="in time"):
            await asking
        assert clock.now() - since <= timedelta(seconds=longest)

    run_virtually(scene)


class SetBackClock:
    """A clock that somebody sets back while it runs."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.set_back = timedelta(0)

    def now(self) -> datetime:
        return self._clock.now() - self.set_back

    async def sleep(self, duration: timedelta) -> None:
        await self._clock.sleep(duration)

    async def sleep_until(self, at: datetime) -> None:
        await self.sleep(at - self.now())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lastPrice": "999999"}, {"price": None}),
        ({"lastPrice": "0"}, {"price": None}),
        ({"lastPrice": ""}, {"price": None}),
        ({"lastPrice": "NaN"}, {"price": None}),
        ({"bid1Price": "0", "ask1Price": "0"}, {"spread_ratio": None}),
        ({"bid1Price": "101.2"}, {"spread_ratio": None}),
        ({"ask1Price": "-1"}, {"spread_ratio": None}),
        ({"turnover24h": "-5"}, {"volume_24h_quote": None}),
        ({"turnover24h": "0"}, {"volume_24h_quote": money(0)}),
        ({"openInterestValue": ""}, {"open_interest_quote": None}),
        ({"openInterestValue": "0"}, {"open_interest_quote": money(0)}),
        ({"markPrice": "0"}, {}),
    ],
)
async def test_figures_that_cannot_be_true_are_not_told(
    bybit: ScriptedVenue, clock: FakeClock, changes: dict[str, str], expected: dict[str, object]
) -> None:
    bybit.answers[TICKERS] = {"result": {"list": [bybit_row("C0USDT", **changes)]}}
    facts = await MarketData(bybit, clock=clock).facts("C0USDT")
    assert {name: getattr(facts, name) for name in MarketFacts.__slots__} == {
        **{name: getattr(FULL, name) for name in MarketFacts.__slots__},
        **expected,
    }


async def test_what_the_venue_does_not_mention_is_not_told(bybit: ScriptedVenue, clock: FakeClock) -> None:
    bybit.answers[TICKERS] = {"result": {"list": ["odd", {"lastPrice": "1"}]}}
    bybit.answers[BYBIT_CANDLES] = {"result": {"list": []}}
    assert await MarketData(bybit, clock=clock).facts("C0USDT") == MarketFacts()


@pytest.mark.parametrize("tell", [told_by_binance, told_by_bybit])
@pytest.mark.parametrize("frame", [timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1)])
async def test_candles_oldest_first(tell: Any, frame: timedelta, clock: FakeClock) -> None:  # noqa: ANN401
    venue = tell(WAVE)
    candles = await MarketData(venue, clock=clock).candles("C0USDT", frame, 48)
    assert len(candles) == 48
    assert {after.opened_at - before.opened_at for before, after in itertools.pairwise(candles)} == {frame}
    newest = candles[-1]
    assert (newest.exchange, newest.symbol, newest.duration) == (venue.profile.name, "C0USDT", frame)
    assert [newest.open, newest.high, newest.low, newest.close] == [Decimal(each) for each in (100, 102, 99, 101)]
    assert newest.volume == Decimal("0.1")


async def test_candles_come_whole_or_not_at_all(binance: ScriptedVenue, clock: FakeClock) -> None:
    data = MarketData(binance, clock=clock)
    tell: Any = binance.answers[CANDLES]
    binance.answers[CANDLES] = lambda params: tell(params)[1:]
    with pytest.raises(RetryLater, match="2 candles, not 3"):
        await data.candles("C0USDT", timedelta(minutes=5), 3)
    binance.answers[CANDLES] = lambda params: tell({**params, "limit": 3})[::2]
    with pytest.raises(RetryLater, match="without a hole"):
        await data.candles("C0USDT", timedelta(minutes=5), 2)
    binance.answers[CANDLES] = lambda params: tell({**params, "limit": 9})
    assert len(await data.candles("C0USDT", timedelta(minutes=5), 3)) == 3
    binance.answers[CANDLES] = lambda params: [*tell(params), ["odd"]]
    with pytest.raises(RetryLater, match="something else"):
        await data.candles("C0USDT", timedelta(minutes=5), 3)


@pytest.mark.parametrize(("frame_min", "count"), [(7, 10), (5, 0), (5, 1001), (5, -1)])
async def test_candles_that_no_venue_has(binance: ScriptedVenue, clock: FakeClock, frame_min: int, count: int) -> None:
    with pytest.raises(ValueError, match="venues"):
        await MarketData(binance, clock=clock).candles("C0USDT", timedelta(minutes=frame_min), count)
    assert not binance.calls
