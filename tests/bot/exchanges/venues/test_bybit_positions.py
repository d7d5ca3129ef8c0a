"""The local Bybit's positions, their stops, modes and money, asked by ccxt's real class."""

import json
from decimal import Decimal
from pathlib import Path

from core.domain.signals import Side
from tests.fakes.venues.bybit_calls import SOL, Client, Minute, buy, refusal, set_stop
from tests.fakes.venues.bybit_server import FakeBybit


async def test_a_stop_of_a_position_is_set_moved_and_shown_as_an_order_without_our_id(
    bybit: FakeBybit, bybit_client: Client
) -> None:
    await buy(bybit_client)
    await set_stop(bybit_client, "140")
    await set_stop(bybit_client, "145")
    (position,) = await bybit_client.fetch_positions()
    assert position["info"]["stopLoss"] == "145"
    (order,) = await bybit_client.fetch_open_orders(None, None, None, {"orderFilter": "StopOrder"})
    row = order["info"]
    assert (row["orderStatus"], row["stopOrderType"], row["orderLinkId"]) == ("Untriggered", "StopLoss", "")
    assert (row["triggerPrice"], row["side"], row["reduceOnly"], row["qty"]) == ("145", "Sell", True, "2")
    assert (await bybit_client.fetch_open_orders(SOL, None, None, {"orderFilter": "Order"})) == []
    assert (await refusal(set_stop(bybit_client, "145")))[0] == 34040
    await set_stop(bybit_client, "0")
    assert await bybit_client.fetch_open_orders(SOL) == []
    assert (await bybit_client.fetch_positions())[0]["info"]["stopLoss"] == ""


async def test_a_crossed_stop_is_refused_in_the_recorded_words(
    bybit: FakeBybit, bybit_client: Client, shared_data: Path
) -> None:
    lines = map(json.loads, (shared_data / "venue/error_bodies_bybit_binance.jsonl").read_text().splitlines())
    texts = {one["symbol"]: one["body"]["retMsg"] for one in lines if one["body"]["retCode"] == 10001}
    ten = Decimal("0.00001")
    for symbol, side, last, stop in (
        ("PRCLUSDT", "Buy", "0.03884", "0.03946"),
        ("SAROSUSDT", "Sell", "0.18334", "0.17767"),
    ):
        bybit.list_contract(symbol, last, price_step=ten, quantity_step=Decimal(1), min_quantity=Decimal(1))
        asked = {"category": "linear", "symbol": symbol, "side": side, "orderType": "Market", "qty": "1000"}
        await bybit_client.privatePostV5OrderCreate(asked)
        code, text = await refusal(set_stop(bybit_client, stop, symbol=symbol))
        assert (code, text) == (10001, texts[symbol])


async def test_a_stop_without_a_position_is_refused(bybit: FakeBybit, bybit_client: Client) -> None:
    assert await refusal(set_stop(bybit_client, "140")) == (10001, "can not set tp/sl/ts for zero position")


async def test_a_triggered_stop_is_in_the_history_with_what_it_did(bybit: FakeBybit, bybit_client: Client) -> None:
    await buy(bybit_client)
    await set_stop(bybit_client, "140")
    bybit.account.levers.slippage_ratio = Decimal("0.01")
    bybit.account.set_price("SOLUSDT", "139")
    found = await bybit_client.privateGetV5OrderHistory(
        {"category": "linear", "symbol": "SOLUSDT", "orderFilter": "StopOrder"}
    )
    (row,) = found["result"]["list"]
    assert (row["orderStatus"], row["triggerPrice"], row["cumExecQty"]) == ("Filled", "140", "2")
    assert (row["avgPrice"], row["cumExecFee"]) == ("137.61", "0.151371")
    newest = (await bybit_client.fetch_my_trades(SOL))[-1]["info"]
    assert (newest["stopOrderType"], newest["orderLinkId"], newest["orderId"]) == ("StopLoss", "", row["orderId"])
    assert await bybit_client.fetch_positions() == []
    assert await bybit_client.fetch_open_orders(SOL) == []


async def test_a_stop_goes_with_its_position(bybit: FakeBybit, bybit_client: Client) -> None:
    await buy(bybit_client)
    await set_stop(bybit_client, "140")
    await bybit_client.create_order(SOL, "market", "sell", "2", None, {"reduceOnly": True})
    assert await bybit_client.fetch_open_orders(SOL) == []
    found = await bybit_client.privateGetV5OrderHistory(
        {"category": "linear", "symbol": "SOLUSDT", "orderFilter": "StopOrder"}
    )
    assert found["result"]["list"][0]["orderStatus"] == "Deactivated"
    bybit.account.set_price("SOLUSDT", "130")
    assert bybit.account.position("SOLUSDT").amount == 0


async def test_an_entry_may_bring_its_stop(bybit: FakeBybit, bybit_client: Client) -> None:
    code, text = await refusal(buy(bybit_client, stopLoss="151"))
    assert code == 10001
    assert text == "StopLoss:15100000000 set for Buy position should lower than base_price:15000000000??LastPrice"
    await buy(bybit_client, stopLoss="140")
    assert (await bybit_client.fetch_positions())[0]["info"]["stopLoss"] == "140"


async def test_conditional_orders_of_ones_own_are_amended_and_cancelled(bybit: FakeBybit, bybit_client: Client) -> None:
    await buy(bybit_client)
    stop = {"clientOrderId": "wh-s", "triggerPrice": "140", "triggerDirection": "descending", "reduceOnly": True}
    made = await bybit_client.create_order(SOL, "market", "sell", "2", None, stop)
    await bybit_client.edit_order(made["id"], SOL, "market", "sell", None, None, {"triggerPrice": "141"})
    assert (await bybit_client.fetch_open_orders(SOL))[0]["info"]["triggerPrice"] == "141"
    await bybit_client.cancel_order(None, SOL, {"orderLinkId": "wh-s"})
    assert (await refusal(bybit_client.cancel_order(made["id"], SOL)))[0] == 110001
    crossed = {**stop, "clientOrderId": "wh-t", "triggerPrice": "151"}
    code, text = await refusal(bybit_client.create_order(SOL, "market", "sell", "2", None, crossed))
    assert (code, text) == (
        110093,
        "expect Falling, but trigger_price[15100000000] >= current[15000000000]??LastPrice",
    )


async def test_a_position_has_every_field_of_the_recorded_one(
    bybit: FakeBybit, bybit_client: Client, shared_data: Path
) -> None:
    recorded = json.loads((shared_data / "venue/bybit_fetchPositions_with_sl_20251029.json").read_text())[0]["info"]
    await bybit_client.create_order(SOL, "market", "sell", "2", None, {})
    await set_stop(bybit_client, "160")
    (position,) = await bybit_client.fetch_positions()
    assert recorded.keys() <= position["info"].keys()
    assert (position["side"], position["info"]["size"], position["info"]["side"]) == ("short", "2", "Sell")


async def test_positions_are_paged_by_cursor(bybit: FakeBybit, bybit_client: Client) -> None:
    for number in range(5):
        bybit.list_contract(f"N{number}USDT", "10")
        bybit.account.trade_by_hand(f"N{number}USDT", Side.BUY, Decimal(1))
    seen: list[str] = []
    cursor = ""
    while True:
        asked = {"category": "linear", "settleCoin": "USDT", "limit": 2, **({"cursor": cursor} if cursor else {})}
        result = (await bybit_client.privateGetV5PositionList(asked))["result"]
        seen += [row["symbol"] for row in result["list"]]
        cursor = result["nextPageCursor"]
        if not cursor:
            break
    assert seen == [f"N{number}USDT" for number in range(5)]
    assert (await refusal(bybit_client.privateGetV5PositionList({"category": "linear"})))[0] == 10001
    flat = await bybit_client.privateGetV5PositionList({"category": "linear", "symbol": "SOLUSDT"})
    assert (flat["result"]["list"][0]["size"], flat["result"]["list"][0]["side"]) == ("0", "")


async def test_executions_are_paged_newest_first(bybit: FakeBybit, bybit_client: Client, minute: Minute) -> None:
    for _ in range(3):
        await buy(bybit_client)
        minute.now_ms += 1_000
    asked = {"category": "linear", "symbol": "SOLUSDT", "limit": 2}
    first = (await bybit_client.privateGetV5ExecutionList(asked))["result"]
    second = (await bybit_client.privateGetV5ExecutionList({**asked, "cursor": first["nextPageCursor"]}))["result"]
    times = [int(row["execTime"]) for row in first["list"] + second["list"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == 3
    long_ago = {**asked, "startTime": 1, "endTime": minute.now_ms}
    assert (await refusal(bybit_client.privateGetV5ExecutionList(long_ago)))[0] == 10001


async def test_what_is_so_already_is_said_to_be_so(bybit: FakeBybit, bybit_client: Client) -> None:
    await bybit_client.set_leverage(3, SOL)
    assert await refusal(bybit_client.set_leverage(3, SOL)) == (110043, "leverage not modified")
    assert (await refusal(bybit_client.set_leverage(1_000, SOL)))[0] == 110013
    assert (await refusal(bybit_client.set_position_mode(False, SOL)))[0] == 110025
    switch = {"category": "linear", "symbol": "SOLUSDT", "tradeMode": 1, "buyLeverage": "1", "sellLeverage": "1"}
    assert await refusal(bybit_client.privatePostV5PositionSwitchIsolated(switch)) == (
        100028,
        "unified account is forbidden",
    )
    bybit.desk.standing.unified_status = 1
    await bybit_client.privatePostV5PositionSwitchIsolated(switch)
    assert (await refusal(bybit_client.privatePostV5PositionSwitchIsolated(switch)))[0] == 110026


async def test_isolated_margin_is_set_for_the_account_and_empties_its_totals(
    bybit: FakeBybit, bybit_client: Client
) -> None:
    await bybit_client.set_margin_mode("isolated")
    assert (await bybit_client.privateGetV5AccountInfo())["result"]["marginMode"] == "ISOLATED_MARGIN"
    await buy(bybit_client)
    wallet = (await bybit_client.privateGetV5AccountWalletBalance({"accountType": "UNIFIED"}))["result"]["list"][0]
    assert wallet["totalAvailableBalance"] == ""
    assert (wallet["coin"][0]["walletBalance"], wallet["coin"][0]["totalPositionIM"]) == ("9999.835", "30")
    assert (await refusal(bybit_client.set_margin_mode("cross")))[0] == 3400045


async def test_only_unified_wallets_are_known(bybit: FakeBybit, bybit_client: Client) -> None:
    asked = bybit_client.privateGetV5AccountWalletBalance({"accountType": "CONTRACT"})
    assert await refusal(asked) == (10001, "accountType only support UNIFIED.")


async def test_hedge_mode_refuses_orders_without_their_side(bybit: FakeBybit, bybit_client: Client) -> None:
    await bybit_client.set_position_mode(True, SOL)
    assert await refusal(buy(bybit_client)) == (10001, "position idx not match position mode")


async def test_funding_is_an_execution_and_a_line_of_the_log(bybit: FakeBybit, bybit_client: Client) -> None:
    await buy(bybit_client)
    bybit.account.pay_funding("SOLUSDT", Decimal("0.0001"))
    asked = {"category": "linear", "symbol": "SOLUSDT", "execType": "Funding"}
    (row,) = (await bybit_client.privateGetV5ExecutionList(asked))["result"]["list"]
    assert (row["execFee"], row["feeRate"], row["orderLinkId"], row["execQty"]) == ("0.03", "0.0001", "", "2")
    log = await bybit_client.privateGetV5AccountTransactionLog({"accountType": "UNIFIED", "type": "SETTLEMENT"})
    assert [line["funding"] for line in log["result"]["list"]] == ["-0.03"]
    assert len(await bybit_client.fetch_my_trades(SOL)) == 1


async def test_liquidations_and_deleveraging_are_executions_of_their_own_kind(
    bybit: FakeBybit, bybit_client: Client
) -> None:
    await buy(bybit_client)
    bybit.account.deleverage("SOLUSDT", Decimal(1))
    bybit.account.liquidate("SOLUSDT")
    rows = (await bybit_client.privateGetV5ExecutionList({"category": "linear", "symbol": "SOLUSDT"}))["result"]["list"]
    assert [row["execType"] for row in rows] == ["BustTrade", "AdlTrade", "Trade"]
    assert [row["createType"] for row in rows] == ["CreateByLiq", "CreateByAdl_PassThrough", "CreateByUser"]
    assert await bybit_client.fetch_positions() == []


async def test_a_closing_by_hand_has_no_id_of_ours(bybit: FakeBybit, bybit_client: Client) -> None:
    await buy(bybit_client)
    bybit.account.set_price("SOLUSDT", "160")
    bybit.account.close_by_hand("SOLUSDT")
    rows = (await bybit_client.privateGetV5ExecutionList({"category": "linear", "symbol": "SOLUSDT"}))["result"]["list"]
    assert (rows[0]["orderLinkId"], rows[0]["createType"]) == ("", "CreateByClosing")
    closed = (await bybit_client.privateGetV5PositionClosedPnl({"category": "linear", "symbol": "SOLUSDT"}))["result"]
    (row,) = closed["list"]
    assert (row["avgEntryPrice"], row["avgExitPrice"], row["closedPnl"]) == ("150", "160", "19.659")
