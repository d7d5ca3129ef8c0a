"""What every Exchange promises, as numbered cards: the paper exchange, the adapter of both venues, the fake one."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from core.domain.orders import (
    Accepted,
    Cancelled,
    Filled,
    OrderLeg,
    OrderOutcome,
    OrderRequest,
    RefusalReason,
    Refused,
    Unknown,
)
from core.domain.signals import Side
from tests.builders import Number, make_request, make_stop_request, quantity
from tests.contracts.exchange_benches import NO_SYMBOL, OTHER, SYMBOL, UNPRICED, Bench, FakeBench, PaperBench
from tests.contracts.venue_benches import BinanceBench, BybitBench

GONE = {RefusalReason.POSITION_GONE, RefusalReason.REDUCE_ONLY}


@pytest.fixture(params=[PaperBench, FakeBench, BinanceBench, BybitBench])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    made: Bench = request.param()
    await made.open()
    await made.set_price(SYMBOL, 100)
    await made.set_price(OTHER, 100)
    yield made
    await made.close()


def entry(
    client_order_id: str = "entry-1", size: Number = 2, side: Side = Side.BUY, symbol: str = SYMBOL
) -> OrderRequest:
    return make_request(client_order_id, quantity=quantity(size), side=side, symbol=symbol)


def close(client_order_id: str = "exit-1", size: Number = 2, side: Side = Side.SELL) -> OrderRequest:
    return make_request(client_order_id, quantity=quantity(size), side=side, leg=OrderLeg.EXIT, reduce_only=True)


def stop(
    client_order_id: str = "stop-1", trigger: Number = 95, side: Side = Side.SELL, size: Number = 2
) -> OrderRequest:
    return make_stop_request(client_order_id, trigger, side=side, quantity=quantity(size))


def refusal(outcome: OrderOutcome) -> RefusalReason:
    assert isinstance(outcome, Refused), outcome
    return outcome.reason


async def held(bench: Bench) -> list[tuple[str, Side, Decimal]]:
    return [(p.symbol, p.side, p.quantity) for p in await bench.exchange.positions()]


async def resting(bench: Bench) -> list[tuple[str | None, Decimal]]:
    return sorted((s.client_order_id, s.trigger_price) for s in await bench.exchange.stops())


def at(bench: Bench, client_order_id: str, trigger: Number) -> tuple[str | None, Decimal]:
    """Return what `resting` shows of a stop that stands there."""
    return (client_order_id if bench.names_stops else None, Decimal(trigger))


async def is_cancelled(bench: Bench, request: OrderRequest) -> bool:
    """True if the stop was taken back; one without an id is just not there."""
    found = await bench.exchange.find_order(request)
    return isinstance(found.outcome, Cancelled) if found is not None else not bench.names_stops


# --- card 1: market orders ------------------------------------------------------------------------------------------


async def test_card_1a_market_buy_fills_in_full_and_never_below_the_price(bench: Bench) -> None:
    outcome = await bench.exchange.place(entry())
    assert isinstance(outcome, Filled)
    assert outcome.quantity == 2
    assert outcome.price >= 100
    assert outcome.fee_quote > 0
    position = (await bench.exchange.positions())[0]
    assert (position.symbol, position.side, position.quantity) == (SYMBOL, Side.BUY, Decimal(2))
    assert position.entry_price == outcome.price


async def test_card_1b_market_sell_opens_a_short_never_above_the_price(bench: Bench) -> None:
    outcome = await bench.exchange.place(entry(side=Side.SELL))
    assert isinstance(outcome, Filled)
    assert outcome.price <= 100
    assert await held(bench) == [(SYMBOL, Side.SELL, Decimal(2))]


async def test_card_1c_positions_are_net_and_by_symbol(bench: Bench) -> None:
    await bench.exchange.place(entry("a", 2))
    await bench.exchange.place(entry("b", 1, symbol=OTHER))
    await bench.exchange.place(entry("c", 1))
    assert await held(bench) == [(OTHER, Side.BUY, Decimal(1)), (SYMBOL, Side.BUY, Decimal(3))]


# --- card 2: refusals are values, and nothing is executed -----------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (entry(symbol=NO_SYMBOL), RefusalReason.UNKNOWN_SYMBOL),
        (entry(symbol=UNPRICED), RefusalReason.NO_PRICE),
        (entry(size="0.01"), RefusalReason.BELOW_MINIMUM),
        (close(), RefusalReason.POSITION_GONE),
        (stop(), RefusalReason.POSITION_GONE),
    ],
)
async def test_card_2a_what_cannot_be_is_refused_with_its_reason(
    bench: Bench, request_: OrderRequest, reason: RefusalReason
) -> None:
    assert refusal(await bench.exchange.place(request_)) is reason
    assert await held(bench) == []
    assert await resting(bench) == []


async def test_card_2b_without_money_there_is_no_entry(bench: Bench) -> None:
    bench.starve()
    assert refusal(await bench.exchange.place(entry())) is RefusalReason.INSUFFICIENT_FUNDS
    assert await held(bench) == []


async def test_card_2c_a_venue_may_refuse_for_reasons_of_its_own(bench: Bench) -> None:
    bench.refuse(SYMBOL, RefusalReason.PRICE_BAND)
    assert refusal(await bench.exchange.place(entry())) is RefusalReason.PRICE_BAND
    assert await held(bench) == []


# --- card 3: a client order id is executed once ---------------------------------------------------------------------


async def test_card_3a_the_same_id_again_is_answered_with_the_first_fill(bench: Bench) -> None:
    first = await bench.exchange.place(entry())
    await bench.set_price(SYMBOL, 110)
    assert await bench.exchange.place(entry()) == first
    assert await held(bench) == [(SYMBOL, Side.BUY, Decimal(2))]


async def test_card_3b_the_same_stop_again_rests_once(bench: Bench) -> None:
    await bench.exchange.place(entry())
    assert isinstance(await bench.exchange.place(stop()), Accepted)
    assert isinstance(await bench.exchange.place(stop()), Accepted)
    assert await resting(bench) == [at(bench, "stop-1", 95)]


async def test_card_3c_two_at_once_are_executed_once(bench: Bench) -> None:
    first, second = await asyncio.gather(bench.exchange.place(entry()), bench.exchange.place(entry()))
    assert first == second
    assert await held(bench) == [(SYMBOL, Side.BUY, Decimal(2))]


# --- card 4: stops --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "trigger", "beyond"), [(Side.BUY, 95, 94), (Side.SELL, 105, 106)])
async def test_card_4a_a_stop_triggers_closes_and_is_reported(
    bench: Bench, side: Side, trigger: int, beyond: int
) -> None:
    await bench.exchange.place(entry(side=side))
    await bench.exchange.place(stop(trigger=trigger, side=side.opposite))
    assert await resting(bench) == [at(bench, "stop-1", trigger)]
    await bench.set_price(SYMBOL, beyond)
    assert await held(bench) == []
    assert await resting(bench) == []
    report = (await bench.reports())[0]
    assert (report.client_order_id, report.exchange, report.symbol) == ("stop-1", bench.exchange.name, SYMBOL)
    assert isinstance(report.outcome, Filled)
    assert report.outcome.quantity == 2
    # No better than its trigger: below it for a sale, above it for a purchase.
    assert (report.outcome.price - trigger) * (1 if side is Side.SELL else -1) >= 0


async def test_card_4b_a_stop_waits_until_its_price_is_reached(bench: Bench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    await bench.set_price(SYMBOL, "95.1")
    assert await resting(bench) == [at(bench, "stop-1", 95)]
    await bench.set_price(SYMBOL, 95)
    assert await held(bench) == []


@pytest.mark.parametrize(("side", "trigger"), [(Side.BUY, 100), (Side.BUY, 101), (Side.SELL, 100), (Side.SELL, 99)])
async def test_card_4c_a_stop_that_is_crossed_already_is_refused(bench: Bench, side: Side, trigger: int) -> None:
    await bench.exchange.place(entry(side=side))
    request = stop(trigger=trigger, side=side.opposite)
    assert refusal(await bench.exchange.place(request)) is RefusalReason.STOP_CROSSED
    assert await held(bench) == [(SYMBOL, side, Decimal(2))]


async def test_card_4d_prices_of_another_symbol_trigger_nothing(bench: Bench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    await bench.set_price(OTHER, 1)
    assert await held(bench) == [(SYMBOL, Side.BUY, Decimal(2))]


async def test_card_4e_a_stop_of_a_position_that_ended_is_cancelled_by_the_venue(bench: Bench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    await bench.exchange.place(close())
    if bench.keeps_orphans:
        await bench.exchange.cancel(SYMBOL, "stop-1")
    assert await resting(bench) == []
    assert await is_cancelled(bench, stop())
    await bench.set_price(SYMBOL, 90)
    assert await held(bench) == []


# --- card 5: replacing and cancelling -------------------------------------------------------------------------------


async def test_card_5a_a_replaced_stop_stands_alone(bench: Bench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    assert isinstance(await bench.exchange.replace_stop("stop-1", stop("stop-2", 97)), Accepted)
    assert await resting(bench) == [at(bench, "stop-2", 97)]
    assert await is_cancelled(bench, stop())


async def test_card_5b_a_replacement_that_is_refused_leaves_the_old_stop(bench: Bench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    assert refusal(await bench.exchange.replace_stop("stop-1", stop("stop-2", 101))) is RefusalReason.STOP_CROSSED
    bench.refuse_stop(SYMBOL)
    assert isinstance(await bench.exchange.replace_stop("stop-1", stop("stop-3", 97)), Refused)
    assert await resting(bench) == [at(bench, "stop-1", 95)]


async def test_card_5c_the_same_replacement_again_changes_nothing(bench: Bench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    for _ in range(2):
        assert isinstance(await bench.exchange.replace_stop("stop-1", stop("stop-2", 97)), Accepted)
    assert await resting(bench) == [at(bench, "stop-2", 97)]


async def test_card_5d_cancelling_takes_back_once_and_is_no_error_later(bench: Bench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    for _ in range(2):
        await bench.exchange.cancel(SYMBOL, "stop-1")
    await bench.exchange.cancel(SYMBOL, "never-sent")
    if not bench.names_stops:
        # It is part of its position, and goes when that goes.
        assert await resting(bench) == [at(bench, "stop-1", 95)]
        return
    assert await resting(bench) == []
    await bench.set_price(SYMBOL, 90)
    assert await held(bench) == [(SYMBOL, Side.BUY, Decimal(2))]


async def test_card_5e_a_fill_cannot_be_cancelled(bench: Bench) -> None:
    first = await bench.exchange.place(entry())
    await bench.exchange.cancel(SYMBOL, "entry-1")
    found = await bench.exchange.find_order(entry())
    assert found is not None
    assert found.outcome == first


# --- card 6: reduce-only --------------------------------------------------------------------------------------------


async def test_card_6a_a_reduction_closes_what_it_says(bench: Bench) -> None:
    await bench.exchange.place(entry())
    outcome = await bench.exchange.place(close(size="0.5"))
    assert isinstance(outcome, Filled)
    assert outcome.quantity == Decimal("0.5")
    assert await held(bench) == [(SYMBOL, Side.BUY, Decimal("1.5"))]


async def test_card_6b_a_reduction_never_turns_a_position_round(bench: Bench) -> None:
    await bench.exchange.place(entry())
    outcome = await bench.exchange.place(close(size=50))
    assert isinstance(outcome, Filled)
    assert outcome.quantity == 2
    assert await held(bench) == []


async def test_card_6c_a_reduction_never_adds(bench: Bench) -> None:
    await bench.exchange.place(entry())
    assert refusal(await bench.exchange.place(close(side=Side.BUY))) in GONE
    assert await held(bench) == [(SYMBOL, Side.BUY, Decimal(2))]


async def test_card_6d_a_stop_larger_than_the_position_closes_the_position(bench: Bench) -> None:
    await bench.exchange.place(entry())
    await bench.exchange.place(stop())
    await bench.exchange.place(close(size=1))
    await bench.set_price(SYMBOL, 94)
    assert await held(bench) == []
    found = await bench.exchange.find_order(stop())
    assert found is not None
    assert isinstance(found.outcome, Filled)
    assert found.outcome.quantity == 1


# --- card 7: leverage -----------------------------------------------------------------------------------------------


async def test_card_7a_leverage_is_set_and_may_be_set_again(bench: Bench) -> None:
    for _ in range(2):
        assert isinstance(await bench.exchange.set_leverage(SYMBOL, 5), Accepted)


@pytest.mark.parametrize("leverage", [0, -1, 1000])
async def test_card_7b_leverage_out_of_range_is_refused(bench: Bench, leverage: int) -> None:
    assert refusal(await bench.exchange.set_leverage(SYMBOL, leverage)) is RefusalReason.LEVERAGE


async def test_card_7c_leverage_of_no_symbol_is_refused(bench: Bench) -> None:
    assert refusal(await bench.exchange.set_leverage(NO_SYMBOL, 2)) is RefusalReason.UNKNOWN_SYMBOL


# --- card 8: lost calls are settled by their id ---------------------------------------------------------------------


async def test_card_8a_an_order_whose_answer_was_lost_is_found(bench: Bench) -> None:
    bench.lose_answer(SYMBOL)
    outcome = await bench.exchange.place(entry())
    found = await bench.exchange.find_order(entry())
    assert found is not None
    assert isinstance(found.outcome, Filled)
    # A real venue's adapter looks it up at once.
    assert outcome == found.outcome if bench.looks_up_at_once else isinstance(outcome, Unknown)
    assert await bench.exchange.place(entry()) == found.outcome
    assert await held(bench) == [(SYMBOL, Side.BUY, Decimal(2))]


async def test_card_8b_an_order_that_never_arrived_is_not_found(bench: Bench) -> None:
    bench.lose_request(SYMBOL)
    assert isinstance(await bench.exchange.place(entry()), Unknown)
    assert await bench.exchange.find_order(entry()) is None
    assert await held(bench) == []


async def test_card_8c_a_call_cut_off_by_its_time_limit_is_settled_alike(bench: Bench) -> None:
    bench.lose_answer(SYMBOL, hangs=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(bench.patience_s):
            await bench.exchange.place(entry())
    found = await bench.exchange.find_order(entry())
    assert found is not None
    assert isinstance(found.outcome, Filled)


async def test_card_8d_orders_are_found_under_their_symbol_only(bench: Bench) -> None:
    await bench.exchange.place(entry())
    assert await bench.exchange.find_order(entry(symbol=OTHER)) is None
    assert await bench.exchange.find_order(entry("entry-2")) is None


# --- card 9: reading ------------------------------------------------------------------------------------------------


async def test_card_9a_instruments_know_what_is_traded_and_nothing_else(bench: Bench) -> None:
    instruments = await bench.exchange.instruments()
    assert instruments[SYMBOL].symbol == SYMBOL
    assert NO_SYMBOL not in instruments
    assert instruments.get(NO_SYMBOL) is None


async def test_card_9b_facts_of_the_unknown_are_empty(bench: Bench) -> None:
    assert (await bench.exchange.market_facts(SYMBOL)).price == 100
    facts = await bench.exchange.market_facts(NO_SYMBOL)
    assert facts.price is None
    assert facts.volume_1h_quote is None


async def test_card_9c_a_result_arrives_in_the_balance(bench: Bench) -> None:
    before = (await bench.exchange.balance()).total
    opened = await bench.exchange.place(entry())
    await bench.set_price(SYMBOL, 110)
    closed = await bench.exchange.place(close())
    assert isinstance(opened, Filled)
    assert isinstance(closed, Filled)
    gain = 2 * (closed.price - opened.price) - opened.fee_quote - closed.fee_quote
    assert (await bench.exchange.balance()).total == before + gain
