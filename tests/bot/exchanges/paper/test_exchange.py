"""What only the paper exchange promises: costs, gaps, margin, durability, faults, and a balance that adds up."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchanges.paper.faults import Fault, FaultKind
from core.domain.errors import RetryLater
from core.domain.orders import (
    Accepted,
    Filled,
    OrderLeg,
    OrderRequest,
    PartiallyFilled,
    RefusalReason,
    Refused,
    Unknown,
)
from core.domain.paper import PaperOrder
from core.domain.signals import Side
from tests.builders import Number, make_request, make_stop_request, quantity, ratio
from tests.contracts.exchange_benches import SYMBOL, PaperBench
from tests.fakes.ledger import MemoryLedger


@pytest.fixture
async def bench() -> PaperBench:
    made = PaperBench()
    await made.open()
    await made.set_price(SYMBOL, 100)
    return made


def entry(client_order_id: str = "entry-1", size: Number = 2, side: Side = Side.BUY) -> OrderRequest:
    return make_request(client_order_id, quantity=quantity(size), side=side)


def close(client_order_id: str = "exit-1", size: Number = 2, side: Side = Side.SELL) -> OrderRequest:
    return make_request(client_order_id, quantity=quantity(size), side=side, leg=OrderLeg.EXIT, reduce_only=True)


def stop(client_order_id: str = "stop-1", trigger: Number = 95, side: Side = Side.SELL) -> OrderRequest:
    return make_stop_request(client_order_id, trigger, side=side, quantity=quantity(2))


# --- costs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "filled"), [(Side.BUY, "100.25"), (Side.SELL, "99.75")])
async def test_a_taker_pays_slippage_and_fee(bench: PaperBench, side: Side, filled: str) -> None:
    outcome = await bench.exchange.place(entry(side=side))
    assert isinstance(outcome, Filled)
    assert outcome.price == Decimal(filled)
    assert outcome.fee_quote == 2 * Decimal(filled) * Decimal("0.0005")
    assert outcome.filled_at == bench.clock.now()


async def test_slippage_is_rounded_against_the_taker(bench: PaperBench) -> None:
    await bench.set_price(SYMBOL, "100.001")
    bought = await bench.exchange.place(entry("a"))
    sold = await bench.exchange.place(close("b"))
    assert isinstance(bought, Filled)
    assert isinstance(sold, Filled)
    assert (bought.price, sold.price) == (Decimal("100.252"), Decimal("99.750"))


@pytest.mark.parametrize(
    ("is_continuous", "filled"),
    [(True, Decimal("94.762")), (False, Decimal("89.775"))],
)
async def test_a_stop_fills_at_its_price_on_a_path_and_at_the_worse_one_after_a_gap(
    bench: PaperBench, is_continuous: bool, filled: Decimal
) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    await bench.exchange.on_tick(bench.prices.set("binance", SYMBOL, 90, is_continuous=is_continuous))
    report = (await bench.reports())[0]
    assert isinstance(report.outcome, Filled)
    assert report.outcome.price == filled


async def test_the_stop_that_the_price_meets_first_is_the_one_that_fills(bench: PaperBench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop("far", 92))
    await bench.exchange.place(stop("near", 96))
    await bench.set_price(SYMBOL, 90)
    reports = await bench.reports()
    assert [(r.client_order_id, type(r.outcome).__name__) for r in reports] == [
        ("near", "Filled"),
        ("far", "Cancelled"),
    ]


async def test_prices_of_another_exchange_mean_nothing(bench: PaperBench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    await bench.exchange.on_tick(bench.prices.set("bybit", SYMBOL, 1))
    assert len(await bench.exchange.positions()) == 1


async def test_a_resting_stop_has_its_price_watched(bench: PaperBench) -> None:
    await bench.exchange.place(entry())
    assert SYMBOL not in bench.prices.watched["binance"]
    await bench.exchange.place(stop())
    assert SYMBOL in bench.prices.watched["binance"]


# --- checks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        entry(size="0.1005"),
        make_request("entry-1", trigger_price=Decimal(95), leg=OrderLeg.STOP, side=Side.SELL),
    ],
)
async def test_quantities_off_the_step_and_stops_that_could_open_are_refused(
    bench: PaperBench, request_: OrderRequest
) -> None:
    outcome = await bench.exchange.place(request_)
    assert isinstance(outcome, Refused)
    assert outcome.reason in {RefusalReason.OTHER, RefusalReason.REDUCE_ONLY}
    assert await bench.exchange.positions() == []


async def test_a_trigger_off_the_price_step_is_refused(bench: PaperBench) -> None:
    await bench.exchange.place(entry())
    outcome = await bench.exchange.place(stop(trigger="95.0005"))
    assert isinstance(outcome, Refused)
    assert "price step" in outcome.detail


async def test_a_remainder_below_the_minimum_can_still_be_closed(bench: PaperBench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(close("a", "1.999"))
    assert isinstance(await bench.exchange.place(close("b", "0.001")), Filled)
    assert await bench.exchange.positions() == []


async def test_margin_is_taken_at_the_leverage_that_was_set(bench: PaperBench) -> None:
    refused = await bench.exchange.place(entry("a", 150))
    assert isinstance(refused, Refused)
    assert refused.reason is RefusalReason.INSUFFICIENT_FUNDS
    await bench.exchange.set_leverage(SYMBOL, 3)
    assert isinstance(await bench.exchange.place(entry("b", 150)), Filled)
    balance = await bench.exchange.balance()
    assert balance.total - balance.free == 150 * Decimal("100.25") / 3
    lower = await bench.exchange.set_leverage(SYMBOL, 1)
    assert isinstance(lower, Refused)
    assert lower.reason is RefusalReason.INSUFFICIENT_FUNDS


# --- faults ---------------------------------------------------------------------------------------------------------


async def test_a_partial_fill_leaves_a_smaller_position(bench: PaperBench) -> None:
    bench.faults.fill_partly(SYMBOL, ratio("0.3"))
    outcome = await bench.exchange.place(entry())
    assert isinstance(outcome, PartiallyFilled)
    assert outcome.quantity == Decimal("0.6")
    assert [p.quantity for p in await bench.exchange.positions()] == [Decimal("0.6")]
    assert await bench.exchange.place(entry()) == outcome


async def test_a_fault_waits_for_the_leg_it_is_meant_for(bench: PaperBench) -> None:
    bench.faults.refuse_stop(SYMBOL, RefusalReason.PRICE_BAND)
    assert isinstance(await bench.exchange.place(entry()), Filled)
    refused = await bench.exchange.place(stop())
    assert refused == Refused(reason=RefusalReason.PRICE_BAND, detail="refused on demand")
    assert isinstance(await bench.exchange.place(stop("stop-2")), Accepted)


async def test_a_lost_stop_stands_all_the_same(bench: PaperBench) -> None:
    await bench.exchange.place(entry())
    lost = Fault(kind=FaultKind.LOSE_ANSWER, legs=frozenset({OrderLeg.STOP}))
    bench.faults.strike(SYMBOL, lost)
    assert isinstance(await bench.exchange.place(stop()), Unknown)
    assert [s.client_order_id for s in await bench.exchange.stops()] == ["stop-1"]


# --- durability -----------------------------------------------------------------------------------------------------


async def test_a_restart_finds_positions_stops_balance_leverage_and_answers(bench: PaperBench) -> None:
    exchange = bench.exchange
    await exchange.set_leverage(SYMBOL, 4)
    filled = await exchange.place(entry("a"))
    await exchange.place(entry("b", 1))
    await exchange.place(stop())
    await exchange.place(close("c", 1))
    refused = await exchange.place(entry("d", 9_999))
    again = bench.make(bench.ledger.copy())
    await again.open()
    assert await again.positions() == await exchange.positions()
    assert await again.stops() == await exchange.stops()
    assert await again.balance() == await exchange.balance()
    assert await again.place(entry("a")) == filled
    assert await again.place(entry("d", 9_999)) == refused
    await again.on_tick(bench.prices.set("binance", SYMBOL, 90))
    assert await again.positions() == []


async def test_an_order_is_saved_before_it_is_answered(bench: PaperBench) -> None:
    bench.ledger.error = RetryLater("disk full", timedelta(seconds=1))
    assert await bench.exchange.place(entry()) == Unknown(detail="disk full")
    assert bench.ledger.orders == []
    with pytest.raises(RetryLater):
        await bench.exchange.find_order(make_request())
    bench.ledger.error = None
    # Whoever asks next is answered only after what is missing has been written.
    assert len(await bench.exchange.positions()) == 1
    assert [order.request.client_order_id for order in bench.ledger.orders] == ["entry-1"]


async def test_a_triggered_stop_is_reported_only_once_it_is_saved(bench: PaperBench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    bench.ledger.error = RetryLater("disk full", timedelta(seconds=1))
    await bench.set_price(SYMBOL, 90)
    assert await bench.reports() == []
    bench.ledger.error = None
    await bench.set_price(SYMBOL, 91)
    assert [(r.client_order_id, type(r.outcome)) for r in await bench.reports()] == [("stop-1", Filled)]
    assert await bench.exchange.positions() == []


async def test_a_call_cut_off_while_it_writes_loses_nothing() -> None:
    class SlowLedger(MemoryLedger):
        def __init__(self) -> None:
            super().__init__()
            self.is_ready = asyncio.Event()

        async def save(self, order: PaperOrder) -> None:
            await self.is_ready.wait()
            await super().save(order)

    bench = PaperBench()
    ledger = SlowLedger()
    exchange = bench.make(ledger)
    bench.prices.set("binance", SYMBOL, 100)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await exchange.place(entry())
    assert ledger.orders == []
    ledger.is_ready.set()
    found = await exchange.find_order(make_request())
    assert found is not None
    assert isinstance(found.outcome, Filled)
    assert [order.request.client_order_id for order in ledger.orders] == ["entry-1"]


async def test_stops_left_behind_by_a_crash_are_cancelled_at_the_next_start(bench: PaperBench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    before = bench.ledger.copy()
    await bench.exchange.place(close())
    sold = next(order for order in bench.ledger.orders if order.request.client_order_id == "exit-1")
    # The close was written, the cancellation that follows from it was not.
    await before.save(sold)
    again = bench.make(before)
    await again.open()
    assert await again.stops() == []
    assert await again.positions() == []


async def test_fills_of_one_moment_come_back_in_their_order(bench: PaperBench) -> None:
    await bench.exchange.place(entry("a"))
    await bench.exchange.place(close("b"))
    await bench.set_price(SYMBOL, 110)
    await bench.exchange.place(entry("c", 1, Side.SELL))
    shuffled = MemoryLedger(list(reversed(bench.ledger.orders)))
    again = bench.make(shuffled)
    await again.open()
    assert await again.positions() == await bench.exchange.positions()


# --- a random trader ------------------------------------------------------------------------------------------------

PRICES = st.integers(min_value=20_000, max_value=400_000).map(lambda mils: Decimal(mils) / 1_000)
SIZES = st.integers(min_value=1, max_value=30_000).map(lambda mils: Decimal(mils) / 1_000)
STEPS = st.tuples(
    st.sampled_from(["price", "gap", "entry", "close", "stop"]), st.sampled_from(list(Side)), PRICES, SIZES
)


@given(st.lists(STEPS, max_size=25))
async def test_money_is_conserved_and_stops_never_fill_better_than_possible(
    steps: list[tuple[str, Side, Decimal, Decimal]],
) -> None:
    bench = PaperBench()
    await bench.set_price(SYMBOL, 100)
    exchange = bench.exchange
    for number, (kind, side, at_price, size) in enumerate(steps):
        name = f"{kind}-{number}"
        if kind in {"price", "gap"}:
            await exchange.on_tick(bench.prices.set("binance", SYMBOL, at_price, is_continuous=kind == "price"))
            await _check_fills(bench, at_price, is_gap=kind == "gap")
        elif kind == "entry":
            await exchange.place(entry(name, size, side))
        elif kind == "close":
            await exchange.place(close(name, size, side))
        else:
            await exchange.place(stop(name, at_price, side))
        await _check_account(bench)


async def _check_fills(bench: PaperBench, now: Decimal, *, is_gap: bool) -> None:
    for report in await bench.reports():
        order = next(o for o in bench.ledger.orders if o.request.client_order_id == report.client_order_id)
        trigger = order.request.trigger_price
        if not isinstance(report.outcome, Filled) or trigger is None:
            continue
        if order.request.side is Side.SELL:
            assert report.outcome.price <= (min(trigger, now) if is_gap else trigger)
            assert now <= trigger
        else:
            assert report.outcome.price >= (max(trigger, now) if is_gap else trigger)
            assert now >= trigger


async def _check_account(bench: PaperBench) -> None:
    exchange = bench.exchange
    orders = bench.ledger.orders
    balance = await exchange.balance()
    earned = sum((order.realised_quote - order.fee_quote for order in orders), Decimal(0))
    assert balance.total == 10_000 + earned
    positions = await exchange.positions()
    assert all(position.quantity > 0 for position in positions)
    signed = sum(
        (order.filled_quantity if order.request.side is Side.BUY else -order.filled_quantity for order in orders),
        Decimal(0),
    )
    net = sum((p.quantity if p.side is Side.BUY else -p.quantity for p in positions), Decimal(0))
    assert net == signed
    assert positions or not await exchange.stops()
    again = bench.make(bench.ledger.copy())
    await again.open()
    assert await again.positions() == positions
    assert await again.balance() == balance
