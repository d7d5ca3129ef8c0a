"""Positions, stops and orders that venues really answered go through our readers without loss.

The states of the test nets were recorded as ccxt had unified them, without the venue's own words: these are put back
into its words here, with every recorded figure as it was. Triggers of resting stops were not recorded at all; those
here are made up.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.exchanges.user_streams.binance import BinanceUserStream
from bot.exchanges.user_streams.bybit import BybitUserStream
from core.domain.money import exact
from core.domain.orders import Filled, OrderOutcome, Unknown, VenuePosition, VenueStop
from core.domain.signals import Side
from tests.bot.exchanges.recorded_payloads import (
    BINANCE_POSITIONS,
    BINANCE_STOPS,
    BYBIT_HISTORY,
    BYBIT_ORDERS,
    BYBIT_POSITIONS,
    BYBIT_TICKERS,
    SHAPES,
    in_envelope,
    json_bytes,
    load,
    native,
    plain,
    served,
)
from tests.builders import make_request, make_stop_request, price, quantity
from tests.fakes.clock import FakeClock
from tests.fakes.raw_venue import Told

Row = dict[str, Any]
SIDES = {"long": Side.BUY, "short": Side.SELL, "buy": Side.BUY, "sell": Side.SELL}
ABSURD = "999999"


def recorded(row: Mapping[str, Any]) -> tuple[str, Side, Decimal, Decimal]:
    return native(row["symbol"]), SIDES[row["side"]], exact(row["contracts"]), exact(row["entry_price"])


def read(position: VenuePosition) -> tuple[str, Side, Decimal, Decimal]:
    return position.symbol, position.side, position.quantity, position.entry_price


# --- the state of an account on Binance's test net ------------------------------------------------------------------


def binance_position(row: Mapping[str, Any]) -> Row:
    amount = exact(row["contracts"]) * (1 if row["side"] == "long" else -1)
    return {
        "symbol": native(row["symbol"]),
        "positionSide": "BOTH",
        "positionAmt": f"{amount:f}",
        "entryPrice": plain(row["entry_price"]),
        "breakEvenPrice": plain(row["entry_price"]),
        "markPrice": plain(row["entry_price"]),
        "unRealizedProfit": plain(row["unrealized_pnl"]),
        "liquidationPrice": "0",
        "isolatedMargin": "0",
        "notional": f"{amount * exact(row['entry_price']):f}",
        "marginAsset": "USDT",
        "isolatedWallet": "0",
        "initialMargin": "10",
        "maintMargin": "1",
        "positionInitialMargin": "10",
        "openOrderInitialMargin": "0",
        "adl": 1,
        "updateTime": 1760461242877,
    }


def binance_stop(row: Mapping[str, Any]) -> Row:
    """Return a resting stop as the venue tells of it today: by the service of conditional orders."""
    return {
        "algoId": int(row["order_id"].removeprefix("oid-")),
        "clientAlgoId": f"theirs-{row['order_id']}",
        "algoType": "CONDITIONAL",
        "orderType": row["type"].upper(),
        "symbol": native(row["symbol"]),
        "side": row["side"].upper(),
        "positionSide": "BOTH",
        "timeInForce": "GTC",
        "quantity": plain(row["amount"]),
        "algoStatus": "NEW",
        "triggerPrice": "1.5",
        "price": "0",
        "workingType": "CONTRACT_PRICE",
        "closePosition": False,
        "reduceOnly": row["reduceOnly"],
        "createTime": row["timestamp"],
        "updateTime": row["timestamp"],
        "actualOrderId": "",
    }


async def test_the_account_of_binances_test_net_is_read_whole(shared_data: Path) -> None:
    state = load(shared_data, "binance_usdm_testnet_state_20251015.json")
    # The limit order that takes profit was never one of the conditional orders, and is not listed among them.
    stops = [row for row in state["orders"] if row["type"] == "stop_market"]
    assert (len(state["orders"]), len(stops)) == (49, 48)
    async with served("binance") as at:
        at.tell_contracts({native(row["symbol"]) for row in (*state["positions"], *state["orders"])})
        at.server.always(BINANCE_POSITIONS, Told(body=[binance_position(row) for row in state["positions"]]))
        at.server.always(BINANCE_STOPS, Told(body=[binance_stop(row) for row in stops]))
        assert [read(position) for position in await at.exchange.positions()] == [
            recorded(row) for row in state["positions"]
        ]
        found = await at.exchange.stops()
    assert [(s.client_order_id, s.symbol, s.side, s.quantity) for s in found] == [
        (f"theirs-{row['order_id']}", native(row["symbol"]), SIDES[row["side"]], exact(row["amount"])) for row in stops
    ]


async def test_a_conditional_order_that_takes_profit_or_opens_is_no_stop(shared_data: Path) -> None:
    [row, *_] = load(shared_data, "binance_usdm_testnet_state_20251015.json")["orders"]
    stop = binance_stop(row)
    others = [{**stop, "orderType": "TAKE_PROFIT_MARKET"}, {**stop, "orderType": "TAKE_PROFIT"}]
    others += [{**stop, "reduceOnly": False}, {**stop, "orderType": "TRAILING_STOP_MARKET"}]
    async with served("binance") as at:
        at.tell_contracts([native(row["symbol"])])
        at.server.always(BINANCE_STOPS, Told(body=others))
        assert await at.exchange.stops() == []


# --- the state of an account on Bybit's test net --------------------------------------------------------------------


def bybit_position(row: Mapping[str, Any], stop: str) -> Row:
    return {
        "positionIdx": int(row["position_idx"]),
        "symbol": native(row["symbol"]),
        "side": {"long": "Buy", "short": "Sell"}[row["side"]],
        "size": plain(row["contracts"]),
        "avgPrice": plain(row["entry_price"]),
        "positionValue": f"{exact(row['contracts']) * exact(row['entry_price']):f}",
        "leverage": "10",
        "liqPrice": "",
        "stopLoss": stop,
        "takeProfit": "",
        "unrealisedPnl": "" if row["unrealized_pnl"] is None else plain(row["unrealized_pnl"]),
        "createdTime": "1760461245209",
        "updatedTime": "1760461245209",
    }


def bybit_order(row: Mapping[str, Any]) -> Row:
    is_stop = bool(row["stopOrderType"])
    return {
        "orderId": row["order_id"],
        "orderLinkId": "",
        "symbol": native(row["symbol"]),
        "side": row["side"].capitalize(),
        "orderType": row["type"].capitalize(),
        "orderStatus": "Untriggered" if is_stop else "New",
        "stopOrderType": row["stopOrderType"],
        "triggerPrice": "0.5" if is_stop else "",
        "price": "0" if is_stop else "0.4",
        "qty": "0" if is_stop else "10",
        "cumExecQty": "0",
        "cumExecValue": "0",
        "cumExecFee": "0",
        "avgPrice": "",
        "leavesQty": "0",
        "reduceOnly": row["reduceOnly"],
        "positionIdx": int(row["position_idx"]),
        "createdTime": str(row["timestamp"]),
        "updatedTime": str(row["timestamp"]),
    }


async def test_the_account_of_bybits_test_net_is_read_whole(shared_data: Path) -> None:
    state = load(shared_data, "bybit_testnet_state_20251015.json")
    stops = {native(row["symbol"]): row for row in state["orders"] if row["stopOrderType"] == "StopLoss"}
    assert (len(state["positions"]), len(state["orders"]), len(stops)) == (13, 19, 12)
    async with served("bybit") as at:
        at.tell_contracts({native(row["symbol"]) for row in state["positions"]})
        told = [bybit_position(row, "0.5" if native(row["symbol"]) in stops else "") for row in state["positions"]]
        at.server.always(BYBIT_POSITIONS, in_envelope(*told, nextPageCursor=""))
        at.server.always(BYBIT_ORDERS, in_envelope(*map(bybit_order, state["orders"]), nextPageCursor=""))
        at.server.always(BYBIT_HISTORY, in_envelope(nextPageCursor=""))
        positions = await at.exchange.positions()
        assert [read(position) for position in positions] == sorted(map(recorded, state["positions"]))
        assert {position.liquidation_price for position in positions} == {None}
        # Stops are read where they are: at their positions. The orders that the venue made of them say the same.
        found = await at.exchange.stops()
        assert {stop.symbol: stop.side for stop in found} == {s: SIDES[row["side"]] for s, row in stops.items()}
        held = {position.symbol: position.quantity for position in positions}
        assert all(stop.quantity == held[stop.symbol] for stop in found)
        # None of nineteen orders of others is taken for one of ours.
        assert await at.exchange.find_order(make_request("wh-none", symbol="OSMOUSDT", quantity=quantity(1))) is None


# --- a real position with its stop ----------------------------------------------------------------------------------


async def test_a_real_position_with_its_stop_is_read_to_the_digit(shared_data: Path) -> None:
    [unified] = load(shared_data, "bybit_fetchPositions_with_sl_20251029.json")
    async with served("bybit") as at:
        at.tell_contracts(["GIGAUSDT"])
        at.server.always(BYBIT_POSITIONS, in_envelope(unified["info"], nextPageCursor="GIGAUSDT%2C1761695656437%2C0"))
        [position] = await at.exchange.positions()
        assert position == VenuePosition(
            symbol="GIGAUSDT",
            side=Side.SELL,
            quantity=quantity(1840),
            entry_price=price("0.00647142"),
            liquidation_price=price("0.012689"),
        )
        assert (position.quantity, position.entry_price) == (exact(unified["contracts"]), exact(unified["entryPrice"]))
        assert await at.exchange.stops() == [
            VenueStop(
                client_order_id=None,
                symbol="GIGAUSDT",
                side=Side.BUY,
                quantity=quantity(1840),
                trigger_price=price("0.006871"),
            )
        ]
        request = make_stop_request("wh-s", "0.006871", symbol="GIGAUSDT", side=Side.BUY, quantity=quantity(1840))
        report = await at.exchange.find_order(request)
        assert report is not None
        # The cursor of a page that is not full leads nowhere.
        assert all("cursor" not in seen.fields for seen in at.server.seen)


async def test_an_answer_with_an_id_and_nothing_else_is_looked_up(shared_data: Path) -> None:
    """The one recorded answer to an order: its ids. It had been rolled back unconfirmed 56 times of 69."""
    info = load(shared_data, "bybit_createOrder_and_fetchOrder_20251029.json")["createOrder_market_unified"]["info"]
    sold = {
        **info,
        "symbol": "GIGAUSDT",
        "side": "Sell",
        "orderType": "Market",
        "orderStatus": "Filled",
        "orderLinkId": "wh-giga",
        "qty": "1840",
        "cumExecQty": "1840",
        "cumExecValue": "11.9074128",
        "cumExecFee": "0.00654908",
        "avgPrice": "0.00647142",
        "createdTime": "1761695656400",
        "updatedTime": "1761695656437",
    }
    async with served("bybit") as at:
        at.tell_contracts(["GIGAUSDT"], GIGAUSDT=lots("1", "1"))
        at.server.always(BYBIT_TICKERS, in_envelope({"symbol": "GIGAUSDT", "lastPrice": "0.00647", "markPrice": "0"}))
        at.server.always("/v5/order/create", Told(body={"retCode": 0, "retMsg": "OK", "result": info}))
        at.server.always(BYBIT_HISTORY, in_envelope())
        # The venue's parts do not learn of it at the same moment.
        for _ in range(3):
            at.server.once(BYBIT_ORDERS, in_envelope())
        at.server.always(BYBIT_ORDERS, in_envelope(sold))
        request = make_request("wh-giga", symbol="GIGAUSDT", side=Side.SELL, quantity=quantity(1840))
        outcome = await at.exchange.place(request)
        assert isinstance(outcome, Filled), outcome
        assert (outcome.quantity, outcome.price) == (Decimal(1840), Decimal("0.00647142"))
        assert outcome.fee_quote == Decimal("0.00654908")
        assert at.server.paths().count("POST /v5/order/create") == 1
        # Neither of the two calls that ccxt refused to make then is needed: it was recorded, too.
        assert {path for path in at.server.paths() if "order" in path} == {
            "POST /v5/order/create",
            f"GET {BYBIT_ORDERS}",
            f"GET {BYBIT_HISTORY}",
        }


def lots(step: str, smallest: str) -> Row:
    rule = {"qtyStep": step, "minOrderQty": smallest, "maxOrderQty": "10000000", "maxMktOrderQty": "10000000"}
    return {"lotSizeFilter": {**rule, "minNotionalValue": "5"}, "priceFilter": {"tickSize": "0.000001"}}


# --- shapes ---------------------------------------------------------------------------------------------------------


async def test_positions_in_binances_shape(shared_data: Path) -> None:
    shapes = load(shared_data, SHAPES)
    async with served("binance") as at:
        at.tell_contracts(["BTCUSDT"])
        at.server.once(BINANCE_POSITIONS, Told(body=shapes["binance_usdm/http_futures_account_positions_one_way"]))
        assert await at.exchange.positions() == []
        at.server.once(BINANCE_POSITIONS, Told(body=shapes["binance_usdm/position_risk"]))
        assert await at.exchange.positions() == [
            VenuePosition(
                symbol="BTCUSDT",
                side=Side.BUY,
                quantity=quantity("0.001"),
                entry_price=price("50000.0"),
                liquidation_price=price("45000.0"),
            )
        ]


async def test_positions_and_orders_in_bybits_shape(shared_data: Path) -> None:
    shapes = load(shared_data, SHAPES)
    async with served("bybit") as at:
        at.tell_contracts(["BTCUSDT", "ETHUSDT", "SOLUSDT"])
        at.server.always(BYBIT_POSITIONS, Told(body=shapes["bybit/http_get_positions"]))
        at.server.always(BYBIT_ORDERS, Told(body=shapes["bybit/http_get_orders_realtime"]))
        at.server.always(BYBIT_HISTORY, in_envelope())
        found = [(*read(p), p.liquidation_price) for p in await at.exchange.positions()]
        assert found == [
            ("BTCUSDT", Side.BUY, Decimal("0.5"), Decimal(50000), Decimal(45000)),
            ("ETHUSDT", Side.SELL, Decimal(5), Decimal(3000), Decimal(3500)),
        ]
        assert [(s.symbol, s.side, s.trigger_price) for s in await at.exchange.stops()] == [
            ("BTCUSDT", Side.SELL, Decimal(48000)),
            ("ETHUSDT", Side.BUY, Decimal(3100)),
        ]
        asked = make_request("client-open-2", symbol="ETHUSDT", side=Side.SELL, quantity=quantity("0.010"))
        report = await at.exchange.find_order(asked)
        assert report is not None
        # It rests: a limit order, which ours never are; nothing is said of what it will execute.
        assert isinstance(report.outcome, Unknown)
        assert await at.exchange.find_order(make_request("wh-1", symbol="ETHUSDT")) is None


async def test_an_order_in_binances_shape_that_rests_is_not_over(shared_data: Path) -> None:
    async with served("binance") as at:
        at.tell_contracts(["BTCUSDT"])
        at.server.always("/fapi/v1/order", Told(body=load(shared_data, SHAPES)["binance_usdm/order_response"]))
        report = await at.exchange.find_order(make_request("testOrder123", symbol="BTCUSDT"))
        outcome: OrderOutcome | None = None if report is None else report.outcome
        assert isinstance(outcome, Unknown)


async def test_news_of_the_account_in_both_venues_shapes(shared_data: Path) -> None:
    shapes = load(shared_data, SHAPES)

    def hints(stream: BinanceUserStream | BybitUserStream, message: object) -> list[tuple[str, str | None]]:
        heard = stream.read(json_bytes(message))
        return [(hint.symbol, hint.client_order_id) for hint in heard.hints]

    async with served("binance") as at, served("bybit") as other:
        binance, bybit = BinanceUserStream(at.client, at.clock), BybitUserStream(other.client, FakeClock())
        triggered = shapes["binance_usdm/ws_futures_algo_update_triggered"]["data"]
        triggering = shapes["binance_usdm/ws_futures_algo_update_triggering"]["data"]
        resting = shapes["binance_usdm/ws_futures_order_update_new_reduce_only_qty"]["data"]
        for told in (triggering, triggered):
            assert hints(binance, told) == [("DOGEUSDT", "O-20251211-053131-TEST-000-1")]
        assert hints(binance, resting) == []
        # A stop that has only come to rest, and a position: the orders that change it tell more.
        assert hints(bybit, shapes["bybit/ws_account_order_stop_loss"]) == []
        assert hints(bybit, shapes["bybit/ws_account_position"]) == []
        fired = shapes["bybit/ws_account_order_stop_loss"]
        fired["data"][0]["orderStatus"] = "Filled"
        assert hints(bybit, fired) == [("BTCUSDT", "test-client-sl-001")]
