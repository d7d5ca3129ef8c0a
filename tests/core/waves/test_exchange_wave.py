"""One wave on one exchange: the whole funnel against the oracle, whatever the venue does to the orders."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.cards import wave_card
from core.domain.events import WaveFinished
from core.domain.market import MarketFacts
from core.domain.orders import OrderLeg, PartiallyFilled, RefusalReason, Refused, Unknown
from core.domain.params import StoredParams
from core.domain.people import StopListing
from core.domain.positions import PositionState
from core.domain.settings import TradingSettings, ValidationSettings, WaveSettings
from core.domain.signals import Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.domain.waves import ParamsSource, WaveProgress, WaveStage
from tests.builders import (
    WAVE_AT,
    make_filters,
    make_pause,
    make_position,
    make_signal,
    make_verdict,
    make_wave_signals,
    money,
    price,
    quantity,
    ratio,
)
from tests.core.desk import TRADING, Desk
from tests.core.waves.wave_oracle import Expectation, expect
from tests.fakes.exchange import HANG

FLAWS = ("unknown_symbol", "no_price", "spread_too_wide")
FATES = ("partial", "refused", "unknown", "no_funds")


def flaw(desk: Desk, symbol: str, verdict: str) -> None:
    """Let `symbol` fail validation with `verdict`."""
    if verdict == "unknown_symbol":
        del desk.venue.contracts[symbol]
    elif verdict == "no_price":
        desk.venue.facts[symbol] = MarketFacts(volume_1h_quote=money(60_000))
    else:
        desk.venue.facts[symbol] = MarketFacts(price=price(100), spread_ratio=ratio("0.0051"))


def script(desk: Desk, signal: Signal, fate: str) -> None:
    """Let the venue do `fate` with the entry of `signal`."""
    if fate == "partial":
        half = PartiallyFilled(
            quantity=quantity("0.5"), price=price(100), fee_quote=money("0.025"), filled_at=desk.clock.now()
        )
        desk.venue.hold(signal.symbol, signal.side, "0.5", 100)
        desk.venue.script("place", half, symbol=signal.symbol)
    elif fate == "unknown":
        desk.venue.script("place", Unknown(detail="503"), symbol=signal.symbol, is_executed=int(signal.id) % 2 == 0)
    else:
        reason = RefusalReason.INSUFFICIENT_FUNDS if fate == "no_funds" else RefusalReason.OTHER
        desk.venue.script("place", Refused(reason=reason), symbol=signal.symbol)


async def trade(desk: Desk, signals: list[Signal], flaws: dict[str, str], fates: dict[str, str]) -> None:
    for signal in signals:
        desk.list_symbol(signal.symbol)
    for symbol, verdict in flaws.items():
        flaw(desk, symbol, verdict)
    scripted: set[str] = set()
    for signal in signals:
        if signal.symbol in fates and signal.symbol not in scripted:
            scripted.add(signal.symbol)
            script(desk, signal, fates[signal.symbol])
    await desk.store(signals)
    await desk.finish(desk.exchange_waves[0].trade(WAVE_AT, signals, ()))


def compare(desk: Desk, signals: list[Signal], expected: Expectation, max_trades: int) -> None:
    assert desk.verdicts() == expected.verdicts
    assert set(expected.verdicts) == {signal.id for signal in signals}
    assert desk.sent(OrderLeg.ENTRY) == expected.sent
    result = desk.units.store.results[WAVE_AT, "binance"]
    counted = (result.received, result.selected, result.topped_up, result.valid, result.executed, result.refused)
    head = len(expected.head)
    assert counted == (len(signals), head, expected.topped_up, expected.valid, expected.opened, expected.refused)
    assert (result.target, result.target_reached) == (max_trades, expected.opened >= max_trades)
    times = [order.created_at for order in desk.orders(OrderLeg.ENTRY)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(gap >= timedelta(seconds=1) for gap in gaps)
    (event,) = desk.events(WaveFinished)
    assert sum(count for _, count in event.verdicts) == len(signals)
    unprotected = [p for p in desk.book.live() if p.stop_order_id is None and p.state is PositionState.OPEN]
    assert unprotected == []


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.integers(0, 200), st.integers(1, 8), st.booleans())
def test_every_signal_ends_with_the_one_verdict_of_the_rules(
    seed: int, size: int, max_trades: int, is_filtered: bool
) -> None:
    random = Random(seed)
    symbols = [f"C{n}USDT" for n in range(1 + size * 3 // 4)]
    ids = random.sample(range(1, 10_000), size)
    signals = [
        make_signal(
            id,
            symbol=random.choice(symbols),
            score_week=random.randrange(60, 66),
            score_month=random.randrange(60, 66),
        )
        for id in ids  # noqa: A001 - the field's name
    ]
    flaws = {symbol: random.choice(FLAWS) for symbol in symbols if random.random() < 0.35}
    flaws = {s: v for s, v in flaws.items() if any(signal.symbol == s for signal in signals)}
    fates = {s: random.choice(FATES) for s in symbols if s not in flaws and random.random() < 0.4}
    week = Decimal(62) if is_filtered else None

    async def run() -> None:
        defaults = StoredParams(
            exchange_id=0,
            max_trades=max_trades,
            stop_loss=Decimal(4),
            trailing_activation=Decimal(2),
            trailing_distance=Decimal("0.5"),
            score_week=week,
        )
        desk = Desk(trading=TradingSettings(defaults=defaults))
        await trade(desk, signals, flaws, fates)
        expected = expect(signals, max_trades=max_trades, week=week, flaws=flaws, fates=fates)
        compare(desk, signals, expected, max_trades)
        assert desk.unsettled.qsize() == list(expected.verdicts.values()).count("order_unknown")

    asyncio.run(run())


async def test_orders_stop_at_the_target(desk: Desk) -> None:
    await trade(desk, make_wave_signals(8), {}, {})
    compare(desk, make_wave_signals(8), expect(make_wave_signals(8), max_trades=5), 5)
    assert list(desk.verdicts().values()).count(Verdict.UNUSED_BUFFER) == 3


async def test_the_first_signal_brings_the_params(desk: Desk) -> None:
    signals = make_wave_signals(8)
    signals[0] = make_signal(1, symbol="C00001USDT", score_week=95, filters=make_filters(max_trades="2"))
    signals[1] = make_signal(2, symbol="C00002USDT", score_week=94, filters=make_filters(max_trades="7"))
    await trade(desk, signals, {}, {})
    result = desk.units.store.results[WAVE_AT, "binance"]
    assert (result.target, result.executed, result.params_source) == (2, 2, ParamsSource.WAVE)
    assert desk.position().plan.stop_loss == ratio("0.04")


async def test_an_empty_wave_is_told_as_well(desk: Desk) -> None:
    await trade(desk, [], {}, {})
    (event,) = desk.events(WaveFinished)
    assert (event.result.received, event.executed, event.verdicts) == (0, (), ())


async def test_a_held_symbol_is_a_duplicate(desk: Desk) -> None:
    held = await desk.keep(make_position())
    await trade(desk, [make_signal()], {}, {})
    assert desk.verdicts() == {"1": Verdict.DUPLICATE}
    assert desk.units.store.verdicts[1, "1"].facts == {"position_id": held.id}
    assert desk.units.store.results[WAVE_AT, "binance"].duplicates == 1


async def test_without_params_nothing_is_traded(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(trading=TradingSettings(defaults=None))
    await trade(desk, make_wave_signals(2), {}, {})
    assert set(desk.verdicts().values()) == {Verdict.NO_PARAMS}
    assert desk.units.store.results[WAVE_AT, "binance"].params_source is None


@pytest.mark.parametrize("scope", ["all", "binance"])
async def test_a_pause_holds_the_wave_back(desk: Desk, scope: str) -> None:
    await desk.pause(make_pause(scope))
    await trade(desk, make_wave_signals(3), {}, {})
    assert list(desk.verdicts().values()) == [Verdict.PAUSED] * 3
    (event,) = desk.events(WaveFinished)
    assert "Ann" in event.note
    assert desk.venue.requests == []


async def test_a_pause_of_the_other_exchange_holds_nothing_back(desk: Desk) -> None:
    await desk.pause(make_pause("bybit"))
    await trade(desk, make_wave_signals(1), {}, {})
    assert desk.verdicts() == {"1": Verdict.EXECUTED}


async def test_a_paused_symbol_alone_is_left_out(desk: Desk) -> None:
    await desk.pause(make_pause("C00001USDT"))
    await trade(desk, make_wave_signals(2), {}, {})
    assert desk.verdicts() == {"1": Verdict.PAUSED, "2": Verdict.EXECUTED}


async def test_a_pause_in_the_middle_of_a_wave_counts_at_once(desk: Desk) -> None:
    signals = make_wave_signals(3)
    for signal in signals:
        desk.list_symbol(signal.symbol)
    await desk.store(signals)
    task = asyncio.create_task(desk.exchange_waves[0].trade(WAVE_AT, signals, ()))
    await desk.clock.settle()
    await desk.pausing.pause("all", reason="news", author="Ann", until_at=None)
    await desk.clock.advance(timedelta(seconds=5))
    assert await task
    assert list(desk.verdicts().values()) == [Verdict.EXECUTED, Verdict.PAUSED, Verdict.PAUSED]


async def test_the_limit_of_positions_holds_within_a_wave(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(trading=TradingSettings(max_positions=2))
    await trade(desk, make_wave_signals(4), {}, {})
    assert list(desk.verdicts().values()).count(Verdict.EXECUTED) == 2
    assert list(desk.verdicts().values()).count(Verdict.MAX_POSITIONS) == 2


async def test_the_limit_of_exposure_holds_within_a_wave(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(trading=TradingSettings(max_exposure_quote=money(250)))
    await trade(desk, make_wave_signals(4), {}, {})
    assert list(desk.verdicts().values()).count(Verdict.EXECUTED) == 2
    assert list(desk.verdicts().values()).count(Verdict.MAX_EXPOSURE) == 2
    assert desk.book.exposure_quote <= 250


async def test_an_entry_without_an_answer_counts_in_the_exposure(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(trading=TradingSettings(max_exposure_quote=money(250)))
    desk.venue.script("place", Unknown(detail="503"), symbol="C00001USDT", is_executed=True)
    await trade(desk, make_wave_signals(4), {}, {})
    verdicts = list(desk.verdicts().values())
    assert verdicts == [Verdict.ORDER_UNKNOWN, Verdict.EXECUTED, Verdict.MAX_EXPOSURE, Verdict.MAX_EXPOSURE]


async def test_a_stop_listed_symbol_is_not_traded(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(validation=ValidationSettings(stop_list=frozenset({"C00001USDT"})))
    await trade(desk, make_wave_signals(1), {}, {})
    assert desk.verdicts() == {"1": Verdict.STOP_LISTED}


async def test_a_symbol_that_people_took_off_trading_is_left_out(desk: Desk) -> None:
    now = desk.clock.now()
    await desk.stop_list(StopListing(symbol="C00001USDT", reason="delisting", author="Ann", created_at=now))
    over = StopListing(symbol="C00002USDT", reason="news", author="Ann", created_at=now, until_at=now)
    await desk.stop_list(over)
    await trade(desk, make_wave_signals(2), {}, {})
    assert desk.verdicts() == {"1": Verdict.STOP_LISTED, "2": Verdict.EXECUTED}
    assert desk.units.store.verdicts[1, "1"].facts == {"reason": "delisting", "author": "Ann", "until": None}


async def test_a_halting_process_leaves_the_rest(desk: Desk) -> None:
    signals = make_wave_signals(3)
    for signal in signals:
        desk.list_symbol(signal.symbol)
    await desk.store(signals)
    task = asyncio.create_task(desk.exchange_waves[0].trade(WAVE_AT, signals, ()))
    await desk.clock.settle()
    desk.halting.set()
    await desk.clock.advance(timedelta(seconds=5))
    assert await task is False
    assert desk.verdicts() == {"1": Verdict.EXECUTED}
    assert desk.events(WaveFinished) == []


async def test_prices_of_those_not_opened_are_let_go(desk: Desk) -> None:
    await trade(desk, make_wave_signals(8), {}, {})
    assert desk.prices.watched["binance"] == {f"C{n:05d}USDT" for n in range(1, 6)}


async def test_a_venue_that_tells_nothing_lets_checks_pass_and_notes_it(desk: Desk) -> None:
    await trade(desk, make_wave_signals(1), {}, {})
    noted = desk.units.store.verdicts[1, "1"].facts["noted"]
    assert noted == "spread, open interest, volume, 5-minute move"


async def test_what_is_open_already_needs_no_top_up(desk: Desk) -> None:
    signals = make_wave_signals(20)
    done = [make_verdict(signal) for signal in signals[:4]]
    for signal in (signals[4], signals[5], *signals[12:]):
        desk.list_symbol(signal.symbol)
    await desk.store(signals)
    await desk.finish(desk.exchange_waves[0].trade(WAVE_AT, signals, done))
    result = desk.units.store.results[WAVE_AT, "binance"]
    assert (result.valid, result.topped_up, result.executed) == (2, 0, 5)


async def test_a_done_signal_is_not_traded_again(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(waves=WaveSettings(buffer_extra=0), trading=TRADING)
    signals = make_wave_signals(7)
    await trade(desk, signals, {}, {})
    done = list(desk.units.store.verdicts.values())
    await desk.finish(desk.exchange_waves[0].trade(WAVE_AT, signals, done))
    assert desk.sent(OrderLeg.ENTRY) == [f"C{n:05d}USDT" for n in range(1, 6)]
    assert desk.units.store.results[WAVE_AT, "binance"].executed == 5


# --- what people see meanwhile ------------------------------------------------------------------------------------


async def start(desk: Desk, signals: list[Signal], done: Sequence[VerdictRecord] = ()) -> asyncio.Task[bool]:
    """Let the venue list the signals, and the wave run as far as it can without time."""
    for signal in signals:
        desk.list_symbol(signal.symbol)
    await desk.store(signals)
    task = asyncio.create_task(desk.exchange_waves[0].trade(WAVE_AT, signals, done))
    await desk.clock.settle()
    return task


def progress(desk: Desk) -> WaveProgress:
    (found,) = desk.board.progress()
    return found


async def test_the_board_follows_the_wave_and_is_empty_after_it(desk: Desk) -> None:
    task = await start(desk, make_wave_signals(7))
    seen = progress(desk)
    assert (seen.stage, seen.received, seen.selected, seen.valid) == (WaveStage.EXECUTING, 7, 7, 7)
    assert (seen.target, seen.params_source) == (5, ParamsSource.DEFAULTS)
    assert seen.opened == (("C00001USDT", "BUY"),)
    assert [symbol for symbol, _ in seen.candidates] == [f"C{n:05d}USDT" for n in range(2, 8)]
    await desk.clock.advance(timedelta(seconds=2))
    assert len(progress(desk).opened) == 3
    await desk.clock.advance(timedelta(seconds=5))
    assert await task
    assert desk.board.progress() == []


async def test_while_the_venue_is_asked_the_wave_is_only_received(desk: Desk) -> None:
    signals = make_wave_signals(2)
    desk.venue.script("market_facts", HANG, symbol="C00001USDT")
    task = await start(desk, signals)
    seen = progress(desk)
    assert (seen.stage, seen.received, seen.candidates) == (WaveStage.RECEIVED, 2, ())
    await desk.finish(asyncio.wait_for(task, 5))


async def test_the_one_on_its_way_may_still_be_opened(desk: Desk) -> None:
    desk.venue.script("place", HANG, symbol="C00001USDT")
    task = await start(desk, make_wave_signals(2))
    assert progress(desk).candidates == (("C00001USDT", "BUY"), ("C00002USDT", "BUY"))
    assert progress(desk).opened == ()
    await desk.finish(asyncio.wait_for(task, 5))


async def test_a_wave_that_goes_on_shows_what_was_opened_before(desk: Desk) -> None:
    signals = make_wave_signals(4)
    done = [make_verdict(signals[0]), make_verdict(signals[1], Verdict.VETOED)]
    task = await start(desk, signals, done)
    seen = progress(desk)
    assert (seen.opened, seen.vetoed) == ((("C00001USDT", "BUY"), ("C00003USDT", "BUY")), ("C00002USDT",))
    await desk.finish(task)
    (event,) = desk.events(WaveFinished)
    assert event.executed == (("C00001USDT", "BUY"), ("C00003USDT", "BUY"), ("C00004USDT", "BUY"))


@pytest.mark.parametrize("is_halting", [True, False])
async def test_a_wave_that_is_not_finished_leaves_the_board_as_well(desk: Desk, is_halting: bool) -> None:
    if is_halting:
        task = await start(desk, make_wave_signals(3))
        desk.halting.set()
        assert await desk.finish(task) is False
    else:
        desk.venue.script("place", RuntimeError("a bug"), symbol="C00001USDT")
        task = await start(desk, make_wave_signals(3))
        with pytest.raises(RuntimeError, match="a bug"):
            await task
    assert desk.board.progress() == []


async def test_the_card_costs_no_commit_on_the_way_to_the_first_order(desk: Desk) -> None:
    desk.venue.script("place", HANG, symbol="C00001USDT")
    signals = make_wave_signals(1)
    desk.list_symbol("C00001USDT")
    await desk.store(signals)
    before = desk.units.commits
    task = asyncio.create_task(desk.exchange_waves[0].trade(WAVE_AT, signals, ()))
    await desk.clock.settle()
    assert len(desk.sent(OrderLeg.ENTRY)) == 1
    assert desk.units.commits - before == 2, "the params and the order's own intent"
    await desk.finish(asyncio.wait_for(task, 5))


async def test_rejections_show_the_card(desk: Desk) -> None:
    signals = make_wave_signals(2)
    desk.list_symbol("C00001USDT")
    await desk.store(signals)
    await desk.finish(desk.exchange_waves[0].trade(WAVE_AT, signals, ()))
    assert desk.units.shown == [wave_card(WAVE_AT, "binance")]
