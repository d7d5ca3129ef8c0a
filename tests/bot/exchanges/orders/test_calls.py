"""Sending orders to each venue: what is answered, whatever happens to the answer."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.domain.orders import (
    Filled,
    OrderLeg,
    OrderOutcome,
    OrderRequest,
    PartiallyFilled,
    RefusalReason,
    Refused,
    Unknown,
)
from core.domain.signals import Side
from tests.builders import make_request, make_stop_request, price, quantity
from tests.contracts.exchange_benches import OTHER, SYMBOL
from tests.contracts.venue_benches import BinanceBench, BybitBench, VenueBench
from tests.fakes.venues.contracts import ContractStatus
from tests.fakes.venues.faults import BAD_GATEWAY, End
from tests.fakes.venues.refusals import No

ENTRY = make_request("wh-entry", quantity=quantity(2))
EXIT = make_request("wh-exit", quantity=quantity(2), side=Side.SELL, leg=OrderLeg.EXIT, reduce_only=True)


def reason_of(outcome: OrderOutcome) -> RefusalReason:
    assert isinstance(outcome, Refused), outcome
    return outcome.reason


def sent(bench: VenueBench) -> list[Any]:
    return bench.server.asked(f"POST {bench.order_path}")


def held(bench: VenueBench) -> Decimal:
    return bench.server.account.position(SYMBOL).amount


async def test_an_entry_goes_out_with_our_id_and_comes_back_whole(bench: VenueBench) -> None:
    bench.server.account.levers.slippage_ratio = Decimal("0.0123")
    bench.server.account.levers.trades_an_order = 3
    outcome = await bench.exchange.place(ENTRY)
    assert isinstance(outcome, Filled)
    assert outcome.price == Decimal("101.23")
    taken = bench.server.account.order_by_client_id("wh-entry")
    assert taken is not None
    assert outcome.fee_quote == taken.fee
    assert bench.clock.now_ms() >= outcome.filled_at.timestamp() * 1000 == taken.updated_ms
    assert sent(bench)[0].params["quantity" if isinstance(bench, BinanceBench) else "qty"] == "2"


async def test_quantities_go_out_as_they_are(bench: VenueBench) -> None:
    bench.server.list_contract(SYMBOL, "0.0001234", quantity_step=Decimal(1000), min_quantity=Decimal(1000),
                               max_quantity=Decimal(10_000_000), price_step=Decimal("0.0000001"))  # fmt: skip
    await bench.restart()
    outcome = await bench.exchange.place(make_request("wh-many", quantity=quantity("1E+6")))
    assert isinstance(outcome, Filled)
    assert (outcome.quantity, outcome.price) == (quantity(1_000_000), price("0.0001234"))


async def test_a_part_is_told_as_a_part(bench: VenueBench) -> None:
    bench.server.account.levers.fill_ratios = [Decimal("0.25")]
    outcome = await bench.exchange.place(ENTRY)
    assert isinstance(outcome, PartiallyFilled)
    assert outcome.quantity == Decimal("0.5")
    assert outcome.fee_quote > 0
    report = await bench.exchange.find_order(ENTRY)
    assert report is not None
    assert report.outcome == outcome


async def test_an_order_of_which_nothing_was_executed_is_refused(bench: VenueBench) -> None:
    bench.server.account.levers.fill_ratios = [Decimal(0)]
    assert isinstance(await bench.exchange.place(ENTRY), Refused)
    assert held(bench) == 0


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (No.INSUFFICIENT_MARGIN, RefusalReason.INSUFFICIENT_FUNDS),
        (No.PRICE_BAND_LOW, RefusalReason.PRICE_BAND),
        (No.NOT_OPENING, RefusalReason.NOT_TRADING),
        (No.BELOW_MIN_NOTIONAL, RefusalReason.BELOW_MINIMUM),
        (No.ABOVE_MAX_QUANTITY, RefusalReason.ABOVE_MAXIMUM),
        (No.HEDGE_MODE, RefusalReason.MISCONFIGURED),
        (No.NO_PRICE, RefusalReason.NO_PRICE),
    ],
)
async def test_the_venue_s_no_has_our_reason(bench: VenueBench, why: No, reason: RefusalReason) -> None:
    bench.server.account.levers.refusals.append((SYMBOL, why))
    outcome = await bench.exchange.place(ENTRY)
    assert reason_of(outcome) is reason
    assert isinstance(outcome, Refused)
    assert outcome.detail
    # It was refused, so it may be sent again, under the same id.
    assert isinstance(await bench.exchange.place(ENTRY), Filled)


@pytest.mark.parametrize("how", ["dropped", "502", "nonsense"])
async def test_an_order_whose_answer_was_lost_is_looked_up_at_once(bench: VenueBench, how: str) -> None:
    if how == "dropped":
        bench.server.faults.lose(bench.order_path)
    else:
        bench.server.faults.lose(
            bench.order_path,
            end=End.ANSWER,
            status=502 if how == "502" else 200,
            body=BAD_GATEWAY if how == "502" else "ok",
        )
    outcome = await bench.exchange.place(ENTRY)
    assert isinstance(outcome, Filled)
    assert len(sent(bench)) == 1
    assert held(bench) == 2


@pytest.mark.parametrize("status", [0, 502, 504, 500])
async def test_an_order_that_never_arrived_is_unknown_and_sent_once(bench: VenueBench, status: int) -> None:
    if status:
        bench.server.faults.answer(bench.order_path, status, BAD_GATEWAY, method="POST")
    else:
        bench.server.faults.drop(bench.order_path, method="POST")
    outcome = await bench.exchange.place(ENTRY)
    assert isinstance(outcome, Unknown)
    assert outcome.detail
    assert len(sent(bench)) == 1
    assert await bench.exchange.find_order(ENTRY) is None


async def test_neither_the_order_nor_the_look_up_is_answered(bench: VenueBench) -> None:
    bench.server.faults.lose("*/order*", method="*", times=None)
    assert isinstance(await bench.exchange.place(ENTRY), Unknown)
    bench.server.faults.clear()
    # It is never sent again: what became of the first is the answer.
    assert isinstance(await bench.exchange.place(ENTRY), Filled)
    assert held(bench) == 2
    assert len(sent(bench)) == 1


async def test_an_id_that_the_venue_knows_already_is_answered_with_its_order(bybit_bench: BybitBench) -> None:
    first = await bybit_bench.exchange.place(ENTRY)
    await bybit_bench.restart()
    assert await bybit_bench.exchange.place(ENTRY) == first
    assert held(bybit_bench) == 2


async def test_a_stop_s_id_that_the_venue_knows_already_is_answered_with_its_stop(binance_bench: BinanceBench) -> None:
    await binance_bench.exchange.place(ENTRY)
    stop = make_stop_request("wh-stop", 95, quantity=quantity(2))
    first = await binance_bench.exchange.place(stop)
    await binance_bench.restart()
    assert await binance_bench.exchange.place(stop) == first
    assert len(await binance_bench.exchange.stops()) == 1


async def test_a_caller_without_patience_finds_the_order_later(bench: VenueBench) -> None:
    bench.server.faults.lose(bench.order_path, end=End.HANG)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(bench.patience_s):
            await bench.exchange.place(ENTRY)
    assert isinstance(await bench.exchange.place(ENTRY), Filled)
    assert held(bench) == 2


async def test_an_answer_of_ids_only_is_followed_until_the_order_has_ended(bybit_bench: BybitBench) -> None:
    bybit_bench.server.lag.record_ms = 300
    bybit_bench.server.lag.fill_ms = 900
    before = bybit_bench.clock.now()
    outcome = await bybit_bench.exchange.place(ENTRY)
    assert isinstance(outcome, Filled)
    assert (outcome.quantity, outcome.price) == (quantity(2), price(100))
    assert (bybit_bench.clock.now() - before).total_seconds() >= 0.9


async def test_an_order_that_never_ends_is_unknown_after_a_while(bybit_bench: BybitBench) -> None:
    bybit_bench.server.lag.fill_ms = 60_000
    outcome = await bybit_bench.exchange.place(ENTRY)
    assert isinstance(outcome, Unknown)
    assert "executed so far" in outcome.detail


async def test_a_ban_is_a_refusal_and_nothing_more_is_sent_until_it_ends(bench: VenueBench) -> None:
    limited: Any = {"code": -1003, "msg": "Too many requests; current limit is 2400 requests per minute."}
    if isinstance(bench, BybitBench):
        limited = {"retCode": 10006, "retMsg": "Too many visits!", "result": {}}
    bench.server.faults.answer(bench.order_path, 429, limited, method="POST", headers={"Retry-After": "90"})
    assert reason_of(await bench.exchange.place(ENTRY)) is RefusalReason.RATE_LIMITED
    requests = len(bench.server.requests)
    assert reason_of(await bench.exchange.place(ENTRY)) is RefusalReason.RATE_LIMITED
    assert len(bench.server.requests) == requests
    await bench.clock.sleep(timedelta(minutes=2))
    assert isinstance(await bench.exchange.place(ENTRY), Filled)


async def test_closing_what_is_gone_says_so(bench: VenueBench) -> None:
    assert reason_of(await bench.exchange.place(EXIT)) is RefusalReason.POSITION_GONE


async def test_closing_is_refused_otherwise_while_the_position_is_there(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    bench.server.account.levers.refusals.append((SYMBOL, No.REDUCE_ONLY))
    assert reason_of(await bench.exchange.place(EXIT)) is RefusalReason.OTHER
    assert held(bench) == 2


async def test_what_closes_is_not_larger_than_what_is_there(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    bench.server.account.close_by_hand(SYMBOL, Decimal("1.5"))
    outcome = await bench.exchange.place(EXIT)
    assert isinstance(outcome, Filled)
    assert outcome.quantity == Decimal("0.5")
    assert held(bench) == 0


async def test_a_contract_that_settles_can_be_closed_but_not_opened(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    bench.server.account.set_status(SYMBOL, ContractStatus.SETTLING)
    refused = await bench.exchange.place(make_request("wh-more", quantity=quantity(1)))
    assert reason_of(refused) is RefusalReason.NOT_TRADING
    assert isinstance(await bench.exchange.place(EXIT), Filled)


async def test_the_same_failing_entry_is_not_sent_for_long(bench: VenueBench) -> None:
    def attempt(number: int) -> OrderRequest:
        return make_request(f"wh-{number}", quantity=quantity(2))

    bench.server.account.levers.refusals += [(SYMBOL, No.PRICE_BAND_LOW)] * 5
    reasons = [reason_of(await bench.exchange.place(attempt(number))) for number in range(5)]
    assert reasons == [RefusalReason.PRICE_BAND] * 5
    held_back = await bench.exchange.place(attempt(5))
    assert reason_of(held_back) is RefusalReason.HELD_BACK
    assert len(sent(bench)) == 5
    [(venue, call, symbol, detail)] = bench.held_back.told
    assert (venue, call, symbol) == (bench.exchange.name, "entry", SYMBOL)
    assert isinstance(held_back, Refused)
    assert detail == held_back.detail != ""
    # Others go on, and so does this one after the pause.
    assert isinstance(await bench.exchange.place(make_request("wh-o", symbol=OTHER, quantity=quantity(2))), Filled)
    await bench.clock.sleep(timedelta(minutes=1))
    assert isinstance(await bench.exchange.place(attempt(6)), Filled)
