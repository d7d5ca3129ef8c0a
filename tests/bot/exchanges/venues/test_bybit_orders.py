"""The local Bybit's orders, sent by ccxt's real class; stops of positions are tested elsewhere."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.venues.bybit_calls import (
    SOL,
    Client,
    Minute,
    buy,
    refusal,
    set_stop,
)
from tests.fakes.venues.bybit_server import FakeBybit
from tests.fakes.venues.contracts import ContractStatus
from tests.fakes.venues.faults import End
from tests.fakes.venues.refusals import No


async def test_an_accepted_order_is_answered_with_ids_only_as_recorded(
    bybit: FakeBybit, bybit_client: Client, shared_data: Path
) -> None:
    recorded = json.loads((shared_data / "venue/bybit_createOrder_and_fetchOrder_20251029.json").read_text())
    order = await buy(bybit_client, clientOrderId="wh-1")
    assert order["info"].keys() == recorded["createOrder_market_unified"]["info"].keys()
    assert order["status"] is None
    found = await bybit_client.privateGetV5OrderRealtime(
        {"category": "linear", "symbol": "SOLUSDT", "orderLinkId": "wh-1", "openOnly": 0}
    )
    (row,) = found["result"]["list"]
    assert (row["orderStatus"], row["cumExecQty"], row["avgPrice"]) == ("Filled", "2", "150")
    assert row["cumExecFee"] == "0.165"
    by_id = await bybit_client.fetch_order(order["id"], SOL, {"acknowledged": True})
    assert (by_id["status"], by_id["clientOrderId"]) == ("closed", "wh-1")


async def test_a_fill_is_seen_later_everywhere(bybit: FakeBybit, bybit_client: Client, minute: Minute) -> None:
    bybit.lag.record_ms, bybit.lag.fill_ms = 100, 300
    await buy(bybit_client, clientOrderId="wh-1")
    look = {"category": "linear", "symbol": "SOLUSDT", "orderLinkId": "wh-1"}
    assert (await bybit_client.privateGetV5OrderRealtime(look))["result"]["list"] == []
    minute.now_ms += 100
    (row,) = (await bybit_client.privateGetV5OrderRealtime(look))["result"]["list"]
    assert (row["orderStatus"], row["cumExecQty"]) == ("New", "0")
    assert (await bybit_client.privateGetV5ExecutionList(look))["result"]["list"] == []
    assert await bybit_client.fetch_positions() == []
    assert await refusal(set_stop(bybit_client, "140")) == (10001, "can not set tp/sl/ts for zero position")
    close = bybit_client.create_order(SOL, "market", "sell", "2", None, {"reduceOnly": True})
    assert (await refusal(close))[0] == 110017
    minute.now_ms += 200
    (row,) = (await bybit_client.privateGetV5OrderRealtime(look))["result"]["list"]
    assert row["orderStatus"] == "Filled"
    assert len((await bybit_client.privateGetV5ExecutionList(look))["result"]["list"]) == 1
    await set_stop(bybit_client, "140")


async def test_closed_orders_are_in_the_history_when_realtime_has_forgotten_them(
    bybit: FakeBybit, bybit_client: Client
) -> None:
    await buy(bybit_client, clientOrderId="wh-1")
    bybit.orders.has_forgotten_closed = True
    look = {"category": "linear", "symbol": "SOLUSDT", "orderLinkId": "wh-1"}
    assert (await bybit_client.privateGetV5OrderRealtime(look))["result"]["list"] == []
    assert (await bybit_client.privateGetV5OrderHistory(look))["result"]["list"][0]["orderStatus"] == "Filled"


async def test_an_id_is_taken_once_for_ever(bybit: FakeBybit, bybit_client: Client) -> None:
    await buy(bybit_client, clientOrderId="wh-1")
    assert await refusal(buy(bybit_client, clientOrderId="wh-1")) == (110072, "OrderLinkedID is duplicate")
    assert bybit.account.position("SOLUSDT").amount == 2


@pytest.mark.parametrize(
    ("quantity", "code", "text"),
    [
        ("0.05", 10001, "Qty invalid"),
        ("20000", 10001, "The number of contracts exceeds maximum limit allowed: too large"),
        ("0", 110017, "orderQty will be truncated to zero."),
        ("5000", 110007, "ab not enough for new order"),
    ],
)
async def test_quantities_outside_the_filters_are_refused(
    bybit: FakeBybit, bybit_client: Client, quantity: str, code: int, text: str
) -> None:
    asked = {"category": "linear", "symbol": "SOLUSDT", "side": "Buy", "orderType": "Market", "qty": quantity}
    assert await refusal(bybit_client.privatePostV5OrderCreate(asked)) == (code, text)
    assert bybit.account.orders() == []


async def test_small_orders_are_refused_by_quantity_and_by_worth(bybit: FakeBybit, bybit_client: Client) -> None:
    bybit.list_contract("DOGEUSDT", "0.2", min_quantity=Decimal(10), quantity_step=Decimal(1))
    asked = {"category": "linear", "symbol": "DOGEUSDT", "side": "Buy", "orderType": "Market"}
    small = await refusal(bybit_client.privatePostV5OrderCreate({**asked, "qty": "9"}))
    assert small == (10001, "The number of contracts exceeds minimum limit allowed")
    cheap = await refusal(bybit_client.privatePostV5OrderCreate({**asked, "qty": "20"}))
    assert cheap == (110094, "Order does not meet minimum order value 5USDT")


@pytest.mark.parametrize(
    ("why", "code"), [(No.PRICE_BAND_HIGH, 30208), (No.PRICE_BAND_LOW, 30209), (No.NO_PRICE, 170193)]
)
async def test_refusals_can_be_asked_for_by_reason(bybit: FakeBybit, bybit_client: Client, why: No, code: int) -> None:
    bybit.account.levers.refusals.append((None, why))
    assert (await refusal(buy(bybit_client)))[0] == code
    await buy(bybit_client)


async def test_any_recorded_answer_can_be_played(bybit: FakeBybit, bybit_client: Client, shared_data: Path) -> None:
    lines = (shared_data / "venue/error_bodies_bybit_binance.jsonl").read_text().splitlines()
    body = next(one["body"] for one in map(json.loads, lines) if one["body"]["retCode"] == 170003)
    bybit.faults.answer("/v5/order/create", 200, body)
    assert await refusal(buy(bybit_client)) == (170003, "An unknown parameter was sent.")
    bybit.refuse("/v5/order/create", 10016, "System error. Please try again later.")
    assert (await refusal(buy(bybit_client)))[0] == 10016
    assert bybit.account.position("SOLUSDT").amount == 0


@pytest.mark.parametrize(
    ("status", "code"),
    [(ContractStatus.SETTLING, 110023), (ContractStatus.CLOSED, 110074), (ContractStatus.PENDING, 110074)],
)
async def test_contracts_that_do_not_trade_take_no_entry(
    bybit: FakeBybit, bybit_client: Client, status: ContractStatus, code: int
) -> None:
    await bybit_client.load_markets()
    bybit.account.set_status("SOLUSDT", status)
    assert (await refusal(buy(bybit_client)))[0] == code


async def test_a_close_needs_a_position_and_takes_no_more_than_there_is(bybit: FakeBybit, bybit_client: Client) -> None:
    nothing = bybit_client.create_order(SOL, "market", "sell", "1", None, {"reduceOnly": True})
    assert await refusal(nothing) == (110017, "current position is zero, cannot fix reduce-only order qty")
    await buy(bybit_client)
    await bybit_client.create_order(SOL, "market", "sell", "5", None, {"reduceOnly": True})
    assert bybit.account.position("SOLUSDT").amount == 0


async def test_quantity_zero_closes_all_of_it(bybit: FakeBybit, bybit_client: Client) -> None:
    await buy(bybit_client)
    asked = {"category": "linear", "symbol": "SOLUSDT", "side": "Sell", "orderType": "Market", "qty": "0"}
    await bybit_client.privatePostV5OrderCreate({**asked, "reduceOnly": True, "closeOnTrigger": True})
    assert bybit.account.position("SOLUSDT").amount == 0


async def test_a_part_that_is_not_filled_is_cancelled(bybit: FakeBybit, bybit_client: Client) -> None:
    bybit.account.levers.fill_ratios = [Decimal("0.5")]
    await buy(bybit_client, clientOrderId="wh-1")
    look = {"category": "linear", "symbol": "SOLUSDT", "orderLinkId": "wh-1"}
    (row,) = (await bybit_client.privateGetV5OrderHistory(look))["result"]["list"]
    assert (row["orderStatus"], row["cumExecQty"], row["rejectReason"]) == (
        "Cancelled",
        "1",
        "EC_NoImmediateQtyToFill",
    )


@pytest.mark.parametrize("end", [End.DROP, End.ANSWER])
async def test_a_lost_answer_leaves_an_order_that_can_be_found(
    bybit: FakeBybit, bybit_client: Client, end: End
) -> None:
    bybit.faults.lose("/v5/order/create", end=end)
    with pytest.raises(Exception, match=r"bybit"):
        await buy(bybit_client, clientOrderId="wh-1")
    look = {"category": "linear", "symbol": "SOLUSDT", "orderLinkId": "wh-1"}
    assert (await bybit_client.privateGetV5OrderRealtime(look))["result"]["list"][0]["orderStatus"] == "Filled"
    assert bybit.account.position("SOLUSDT").amount == 2
