"""Protective stops at each venue: put, moved, taken back, found."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import ConfigurationError, RetryLater
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
    VenueStop,
)
from core.domain.signals import Side
from tests.builders import Number, make_request, make_stop_request, price, quantity
from tests.contracts.exchange_benches import SYMBOL
from tests.contracts.venue_benches import BinanceBench, BybitBench, VenueBench
from tests.fakes.venues.book import Fact, OrderChanged, OrderKind, OrderStatus
from tests.fakes.venues.faults import BAD_GATEWAY, End
from tests.fakes.venues.refusals import No

ENTRY = make_request("wh-entry", quantity=quantity(2))
EXIT = make_request("wh-exit", quantity=quantity(2), side=Side.SELL, leg=OrderLeg.EXIT, reduce_only=True)


def stop(name: str = "wh-stop", trigger: Number = 95, size: Number = 2) -> OrderRequest:
    return make_stop_request(name, trigger, quantity=quantity(size))


def reason_of(outcome: OrderOutcome) -> RefusalReason:
    assert isinstance(outcome, Refused), outcome
    return outcome.reason


def of(kind: str) -> dict[str, str]:
    return {"type": kind, "origType": kind}


async def outcome_of(bench: VenueBench, request: OrderRequest) -> OrderOutcome | None:
    report = await bench.exchange.find_order(request)
    return None if report is None else report.outcome


async def triggers(bench: VenueBench) -> list[Decimal]:
    return sorted(standing.trigger_price for standing in await bench.exchange.stops())


async def test_the_trigger_goes_out_on_the_step_as_text(bench: VenueBench) -> None:
    bench.server.list_contract(SYMBOL, "0.0001234", price_step=Decimal("0.0000001"), quantity_step=Decimal(1000),
                               min_quantity=Decimal(1000), max_quantity=Decimal(10_000_000))  # fmt: skip
    await bench.restart()
    await bench.exchange.place(make_request("wh-entry", quantity=quantity(100_000)))
    request = stop(trigger="0.0000987", size=100_000)
    assert isinstance(await bench.exchange.place(request), Accepted)
    [sent] = bench.server.asked(f"POST {bench.stop_path}")
    assert sent.params["triggerPrice" if isinstance(bench, BinanceBench) else "stopLoss"] == "0.0000987"
    assert await triggers(bench) == [Decimal("0.0000987")]


@pytest.mark.parametrize("how", ["dropped", "502"])
async def test_a_stop_whose_answer_was_lost_is_looked_up_at_once(bench: VenueBench, how: str) -> None:
    await bench.exchange.place(ENTRY)
    end = End.DROP if how == "dropped" else End.ANSWER
    bench.server.faults.lose(bench.stop_path, end=end, status=502, body=BAD_GATEWAY)
    assert isinstance(await bench.exchange.place(stop()), Accepted)
    assert await triggers(bench) == [95]
    assert len(bench.server.asked(f"POST {bench.stop_path}")) == 1


async def test_a_stop_that_never_arrived_is_unknown(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    bench.server.faults.drop(bench.stop_path, method="POST")
    assert isinstance(await bench.exchange.place(stop()), Unknown)
    assert await outcome_of(bench, stop()) is None
    assert await triggers(bench) == []


async def test_a_stop_beyond_the_price_says_so_and_the_old_one_stands(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    outcome = await bench.exchange.replace_stop("wh-stop", stop("wh-better", 100))
    assert reason_of(outcome) is RefusalReason.STOP_CROSSED
    assert await triggers(bench) == [95]


async def test_a_position_without_a_stop_is_not_left_so_for_failures_that_are_over(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    bench.server.faults.answer(bench.stop_path, 502, BAD_GATEWAY, method="POST", times=5)
    for number in range(5):
        assert isinstance(await bench.exchange.place(stop(f"wh-{number}")), Unknown)
    bench.clock.pass_time(timedelta(seconds=5))
    assert isinstance(await bench.exchange.place(stop("wh-again")), Accepted)
    assert await triggers(bench) == [95]


async def test_a_stop_without_a_position_says_so(bench: VenueBench) -> None:
    assert reason_of(await bench.exchange.place(stop())) is RefusalReason.POSITION_GONE


async def test_a_stop_that_crosses_again_and_again_is_not_sent_for_long(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    for number in range(8):
        outcome = await bench.exchange.replace_stop("wh-stop", stop(f"wh-{number}", 101))
    assert reason_of(outcome) is RefusalReason.HELD_BACK
    assert len(bench.server.asked(f"POST {bench.stop_path}")) == 6
    assert [told[1] for told in bench.held_back.told] == ["stop"]
    # What closes is not held back with it.
    assert isinstance(await bench.exchange.place(EXIT), Filled)


async def test_a_move_leaves_one_stop_and_never_none(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    seen: set[int] = set()
    bench.server.account.subscribe(lambda _: seen.add(len(bench.server.account.resting(SYMBOL))))
    assert isinstance(await bench.exchange.replace_stop("wh-stop", stop("wh-better", 97)), Accepted)
    assert await triggers(bench) == [97]
    assert 0 not in seen


async def test_what_a_person_set_is_not_ours(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    account = bench.server.account
    if isinstance(bench, BinanceBench):
        account.place_stop(
            SYMBOL, Side.SELL, Decimal(90), client_id="web_1", close_position=True, wire=of("STOP_MARKET")
        )
        account.place_stop(
            SYMBOL,
            Side.SELL,
            Decimal(120),
            client_id="web_2",
            quantity=Decimal(2),
            reduce_only=True,
            is_falling=False,
            wire=of("TAKE_PROFIT_MARKET"),
        )
        [standing] = await bench.exchange.stops()
        assert (standing.client_order_id, standing.trigger_price) == ("web_1", price(90))
    else:
        account.attach_stop(SYMBOL, Decimal(90))
        account.place_stop(SYMBOL, Side.SELL, Decimal(80), quantity=Decimal(2), reduce_only=True)
        [standing] = await bench.exchange.stops()
        assert standing == VenueStop(
            client_order_id=None,
            symbol=SYMBOL,
            side=Side.SELL,
            quantity=quantity(2),
            trigger_price=standing.trigger_price,
        )
        assert standing.trigger_price == 90
    assert await outcome_of(bench, stop()) is None


async def test_a_stop_that_was_executed_tells_price_fee_and_time(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    bench.server.account.levers.slippage_ratio = Decimal("0.01")
    bench.clock.pass_time(timedelta(minutes=3))
    await bench.set_price(SYMBOL, 95)
    outcome = await outcome_of(bench, stop())
    assert isinstance(outcome, Filled)
    trade = bench.server.account.trades[-1]
    assert (outcome.quantity, outcome.price) == (quantity(2), price(trade.price))
    assert outcome.fee_quote == trade.fee
    assert outcome.filled_at.timestamp() * 1000 == trade.time_ms
    # Another stop that never was is not meant.
    assert await outcome_of(bench, stop("wh-other", 94)) is None


# --- stops that are orders ------------------------------------------------------------------------------------------


async def test_a_replaced_stop_that_cannot_be_taken_back_is_left(binance_bench: BinanceBench) -> None:
    bench = binance_bench
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    bench.server.faults.answer(bench.stop_path, 502, BAD_GATEWAY, method="DELETE")
    assert isinstance(await bench.exchange.replace_stop("wh-stop", stop("wh-better", 97)), Accepted)
    assert await triggers(bench) == [95, 97]
    await bench.exchange.cancel(SYMBOL, "wh-stop")
    assert await triggers(bench) == [97]


async def test_a_cancellation_that_is_not_answered_may_be_tried_again(binance_bench: BinanceBench) -> None:
    bench = binance_bench
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    bench.server.faults.answer(bench.stop_path, 502, BAD_GATEWAY, method="DELETE")
    with pytest.raises(RetryLater):
        await bench.exchange.cancel(SYMBOL, "wh-stop")
    bench.server.is_key_known = False
    with pytest.raises(ConfigurationError):
        await bench.exchange.cancel(SYMBOL, "wh-stop")


async def test_a_stop_that_triggers_while_it_is_moved_is_known_as_executed(binance_bench: BinanceBench) -> None:
    bench = binance_bench
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    bench.server.faults.lose(bench.stop_path)

    def let_it_trigger(fact: Fact) -> None:
        if not isinstance(fact, OrderChanged) or fact.order.kind is not OrderKind.STOP:
            return
        if fact.order.client_id == "wh-better" and fact.order.status is OrderStatus.NEW:
            bench.server.account.set_price(SYMBOL, "96")

    bench.server.account.subscribe(let_it_trigger)
    outcome = await bench.exchange.replace_stop("wh-stop", stop("wh-better", 97))
    assert isinstance(outcome, Filled)
    assert outcome.price == 96


async def test_a_stop_without_anything_to_reduce_has_expired(binance_bench: BinanceBench) -> None:
    bench = binance_bench
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    bench.server.account.close_by_hand(SYMBOL)
    assert isinstance(await outcome_of(bench, stop()), Accepted)
    await bench.set_price(SYMBOL, 90)
    assert isinstance(await outcome_of(bench, stop()), Cancelled)


async def test_a_stop_that_is_just_being_executed_is_not_known_yet(binance_bench: BinanceBench) -> None:
    bench = binance_bench
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    await bench.set_price(SYMBOL, 90)
    bench.server.faults.answer("/fapi/v1/order", 400, {"code": -2013, "msg": "Order does not exist."}, method="GET")
    assert isinstance(await outcome_of(bench, stop()), Unknown)
    assert isinstance(await outcome_of(bench, stop()), Filled)


# --- stops that belong to positions ---------------------------------------------------------------------------------


async def test_a_stop_that_is_so_already_is_accepted(bybit_bench: BybitBench) -> None:
    await bybit_bench.exchange.place(ENTRY)
    await bybit_bench.exchange.place(stop())
    assert isinstance(await bybit_bench.exchange.replace_stop("wh-stop", stop("wh-same", 95)), Accepted)
    bybit_bench.server.faults.answer(
        bybit_bench.stop_path, 200, {"retCode": 10001, "retMsg": "order not modified", "result": {}}
    )
    assert isinstance(await bybit_bench.exchange.replace_stop("wh-stop", stop("wh-same-2", 95)), Accepted)


async def test_a_position_that_the_venue_has_and_misses_gets_its_stop(bybit_bench: BybitBench) -> None:
    await bybit_bench.exchange.place(ENTRY)
    bybit_bench.server.account.levers.refusals.append((SYMBOL, No.NO_POSITION))
    assert isinstance(await bybit_bench.exchange.place(stop()), Accepted)
    assert await triggers(bybit_bench) == [95]


async def test_an_older_stop_from_the_same_price_is_not_taken_for_this_one(bybit_bench: BybitBench) -> None:
    bench = bybit_bench
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    await bench.set_price(SYMBOL, 95)
    await bench.set_price(SYMBOL, 100)
    bench.clock.pass_time(timedelta(hours=1))
    await bench.exchange.place(make_request("wh-entry-2", quantity=quantity(2)))
    # The new position stands, without this stop.
    assert await outcome_of(bench, stop("wh-lost", 95)) is None
    bench.clock.pass_time(timedelta(hours=1))
    bench.server.account.close_by_hand(SYMBOL)
    # It ended otherwise.
    assert await outcome_of(bench, stop("wh-lost", 95)) is None


async def test_an_executed_stop_is_found_in_the_history_too(bybit_bench: BybitBench) -> None:
    bench = bybit_bench
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    await bench.set_price(SYMBOL, 95)
    bench.server.orders.has_forgotten_closed = True
    assert isinstance(await outcome_of(bench, stop()), Filled)


async def test_a_liquidation_is_not_the_stop(bybit_bench: BybitBench) -> None:
    bench = bybit_bench
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(stop())
    bench.clock.pass_time(timedelta(minutes=1))
    bench.server.account.liquidate(SYMBOL)
    assert await outcome_of(bench, stop()) is None
