"""The order endpoints of the Binance server, of the matching engine and of the algo service."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from core.domain.signals import Side
from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.binance_answers import Refusal, amount, needed, number
from tests.fakes.venues.binance_routes import Route, Routes, Security
from tests.fakes.venues.binance_rows import acknowledged_row, algo_row, order_row, trade_row
from tests.fakes.venues.book import ZERO, BookOrder, OrderKind, PriceKind
from tests.fakes.venues.refusals import No, VenueSaysNo

CONDITIONAL = {"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"}
WEEK_MS = 7 * 24 * 3_600_000
_CLIENT_ID = re.compile(r"[\.A-Z\:/a-z0-9_-]{1,36}")
_Item = TypeVar("_Item")
_ALGO = (OrderKind.STOP,)
_MATCHED = (OrderKind.MARKET, OrderKind.LIQUIDATION, OrderKind.ADL)


class BinanceOrders:
    """Places, finds and cancels.

    Attributes:
        lag_ms: Questions about one order find it only so long after it was placed, as under load on the venue.
    """

    def __init__(self, account: FakeAccount, server_ms: Callable[[], int]) -> None:
        self.lag_ms = 0
        self._account = account
        self._server_ms = server_ms

    def routes(self) -> Routes:
        """Return the endpoints by method and path."""
        return {
            "POST /fapi/v1/order": Route(act=self._place, weight=0, security=Security.TRADE),
            "GET /fapi/v1/order": Route(act=self._find),
            "DELETE /fapi/v1/order": Route(act=self._cancel),
            "GET /fapi/v1/openOrder": Route(act=self._find_open),
            "GET /fapi/v1/openOrders": Route(act=self._list_open, weight_all=40),
            "GET /fapi/v1/allOrders": Route(act=self._list_all, weight=5),
            "DELETE /fapi/v1/allOpenOrders": Route(act=self._cancel_all),
            "GET /fapi/v1/userTrades": Route(act=self._list_trades, weight=5),
            "GET /fapi/v1/forceOrders": Route(act=self._list_forced, weight=20, weight_all=50),
            "POST /fapi/v1/algoOrder": Route(act=self._place_algo, weight=0, security=Security.TRADE),
            "GET /fapi/v1/algoOrder": Route(act=self._find_algo),
            "DELETE /fapi/v1/algoOrder": Route(act=self._cancel_algo),
            "GET /fapi/v1/openAlgoOrders": Route(act=self._list_open_algo, weight_all=40),
            "GET /fapi/v1/allAlgoOrders": Route(act=self._list_all_algo, weight=5),
            "DELETE /fapi/v1/algoOpenOrders": Route(act=self._cancel_all_algo),
        }

    # --- the matching engine -------------------------------------------------------------------------------------

    def _place(self, params: Mapping[str, str]) -> object:
        symbol, side = self._addressed(params)
        kind = needed(params, "type")
        if kind in CONDITIONAL:
            raise Refusal(
                -4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
            )
        if kind != "MARKET":
            raise Refusal(-1116, "Invalid orderType.")
        if "price" in params or "timeInForce" in params:
            raise Refusal(-1106, "Parameter 'price' sent when not required.")
        order = self._account.place_market(
            symbol,
            side,
            amount(params, "quantity"),
            client_id=client_id(params, "newClientOrderId"),
            reduce_only=params.get("reduceOnly") == "true",
        )
        if params.get("newOrderRespType", "ACK") == "RESULT":
            return order_row(self._account, order, is_answer=True)
        return acknowledged_row(self._account, order)

    def _addressed(self, params: Mapping[str, str]) -> tuple[str, Side]:
        symbol = self._account.contract(needed(params, "symbol")).symbol
        if needed(params, "side") not in set(Side):
            raise Refusal(-1117, "Invalid side.")
        if (params.get("positionSide", "BOTH") == "BOTH") is self._account.hedge_mode:
            raise VenueSaysNo(No.HEDGE_MODE)
        return symbol, Side(params["side"])

    def _found(self, params: Mapping[str, str]) -> BookOrder:
        symbol = self._account.contract(needed(params, "symbol")).symbol
        if "orderId" not in params and "origClientOrderId" not in params:
            raise Refusal(-1102, "Either 'origClientOrderId' or 'orderId' must be sent.")
        order = self._account.order(number(params, "orderId", 0))
        if "orderId" not in params:
            order = self._account.order_by_client_id(params["origClientOrderId"], *_MATCHED)
        if order is None or order.kind not in _MATCHED or order.symbol != symbol or self._is_hidden(order):
            raise VenueSaysNo(No.UNKNOWN_ORDER)
        return order

    def _is_hidden(self, order: BookOrder) -> bool:
        return self._account.now_ms() < order.created_ms + self.lag_ms

    def _find(self, params: Mapping[str, str]) -> object:
        return order_row(self._account, self._found(params))

    def _find_open(self, params: Mapping[str, str]) -> object:
        self._found(params)
        raise VenueSaysNo(No.UNKNOWN_ORDER)

    def _cancel(self, params: Mapping[str, str]) -> object:
        try:
            self._found(params)
        except VenueSaysNo as no:
            if no.why is not No.UNKNOWN_ORDER:
                raise
        raise VenueSaysNo(No.ORDER_DONE)

    def _list_open(self, params: Mapping[str, str]) -> object:
        self._checked_symbol(params)
        return []

    def _cancel_all(self, params: Mapping[str, str]) -> object:
        self._account.contract(needed(params, "symbol"))
        return {"code": 200, "msg": "The operation of cancel all open order is done."}

    def _list_all(self, params: Mapping[str, str]) -> object:
        symbol = self._account.contract(needed(params, "symbol")).symbol
        orders = [order for order in self._account.orders(symbol) if order.kind in _MATCHED]
        if "orderId" in params:
            orders = [order for order in orders if order.id >= number(params, "orderId", 0)]
        chosen = self._window(params, orders, lambda order: order.created_ms, 500)
        return [order_row(self._account, order) for order in chosen]

    def _list_trades(self, params: Mapping[str, str]) -> object:
        symbol = self._account.contract(needed(params, "symbol")).symbol
        trades = [trade for trade in self._account.trades if trade.symbol == symbol]
        if "orderId" in params:
            trades = [trade for trade in trades if trade.order_id == number(params, "orderId", 0)]
        if "fromId" in params:
            if "startTime" in params or "endTime" in params:
                raise Refusal(-1128, "Combination of optional parameters invalid.")
            trades = [trade for trade in trades if trade.id >= number(params, "fromId", 0)]
        chosen = self._window(params, trades, lambda trade: trade.time_ms, 500)
        return [trade_row(self._account, trade) for trade in chosen]

    def _list_forced(self, params: Mapping[str, str]) -> object:
        kinds = {"LIQUIDATION": {OrderKind.LIQUIDATION}, "ADL": {OrderKind.ADL}}
        wanted = kinds.get(params.get("autoCloseType", ""), {OrderKind.LIQUIDATION, OrderKind.ADL})
        orders = [order for order in self._account.orders(self._checked_symbol(params)) if order.kind in wanted]
        chosen = self._window(params, orders, lambda order: order.created_ms, 50)
        return [order_row(self._account, order) for order in chosen]

    def _window(
        self, params: Mapping[str, str], items: list[_Item], time_ms: Callable[[_Item], int], default: int
    ) -> list[_Item]:
        start, end = number(params, "startTime", 0), number(params, "endTime", 0)
        if start and end and end - start > WEEK_MS:
            raise Refusal(-4166, "Search window is restricted to recent 7 days only.")
        if start and end and start > end:
            raise Refusal(-1023, "Start time is greater than end time.")
        # Without both ends the venue looks at a week: from the start, or up to the end.
        end = end or (start + WEEK_MS if start else self._server_ms())
        start = start or end - WEEK_MS
        drift = self._server_ms() - self._account.now_ms()
        chosen = [item for item in items if start <= time_ms(item) + drift <= end]
        limit = min(number(params, "limit", default), 1000)
        return chosen[:limit] if "startTime" in params or "fromId" in params else chosen[-limit:]

    def _checked_symbol(self, params: Mapping[str, str]) -> str | None:
        return self._account.contract(params["symbol"]).symbol if "symbol" in params else None

    # --- the algo service ----------------------------------------------------------------------------------------

    def _place_algo(self, params: Mapping[str, str]) -> object:
        if needed(params, "algoType") != "CONDITIONAL":
            raise Refusal(-1102, "Mandatory parameter 'algoType' was not sent, was empty/null, or malformed.")
        symbol, side = self._addressed(params)
        kind = needed(params, "type")
        if kind not in {"STOP_MARKET", "TAKE_PROFIT_MARKET"}:
            raise Refusal(-1116, "Invalid orderType.")
        closes = params.get("closePosition") == "true"
        reduces = params.get("reduceOnly") == "true"
        if closes and (reduces or "quantity" in params):
            raise Refusal(-1106, f"Parameter '{'reduceonly' if reduces else 'quantity'}' sent when not required.")
        working = params.get("workingType", "CONTRACT_PRICE")
        order = self._account.place_stop(
            symbol,
            side,
            amount(params, "triggerPrice"),
            quantity=ZERO if closes else amount(params, "quantity"),
            client_id=client_id(params, "clientAlgoId"),
            reduce_only=reduces,
            close_position=closes,
            is_falling=(side is Side.SELL) is (kind == "STOP_MARKET"),
            trigger_by=PriceKind.MARK if working == "MARK_PRICE" else PriceKind.LAST,
            wire={"type": kind, "origType": kind, "workingType": working},
        )
        return algo_row(self._account, order, is_answer=True)

    def _found_algo(self, params: Mapping[str, str]) -> BookOrder | None:
        if "algoId" not in params and "clientAlgoId" not in params:
            raise Refusal(-1102, "Either 'algoId' or 'clientAlgoId' must be sent.")
        order = self._account.order(number(params, "algoId", 0))
        if "algoId" not in params:
            order = self._account.order_by_client_id(params["clientAlgoId"], *_ALGO)
        return order if order is not None and order.kind in _ALGO else None

    def _find_algo(self, params: Mapping[str, str]) -> object:
        order = self._found_algo(params)
        if order is None or self._is_hidden(order):
            raise VenueSaysNo(No.UNKNOWN_ORDER)
        return algo_row(self._account, order)

    def _cancel_algo(self, params: Mapping[str, str]) -> object:
        order = self._found_algo(params)
        if order is None:
            raise VenueSaysNo(No.ORDER_DONE)
        self._account.cancel(order)
        return {"algoId": order.id, "clientAlgoId": order.client_id, "code": "200", "msg": "success"}

    def _list_open_algo(self, params: Mapping[str, str]) -> object:
        orders = self._account.resting(self._checked_symbol(params))
        return [algo_row(self._account, order) for order in orders if order.kind in _ALGO]

    def _list_all_algo(self, params: Mapping[str, str]) -> object:
        symbol = self._account.contract(needed(params, "symbol")).symbol
        orders = [order for order in self._account.orders(symbol) if order.kind in _ALGO]
        if "algoId" in params:
            orders = [order for order in orders if order.id >= number(params, "algoId", 0)]
        chosen = self._window(params, orders, lambda order: order.created_ms, 500)
        return [algo_row(self._account, order) for order in chosen]

    def _cancel_all_algo(self, params: Mapping[str, str]) -> object:
        symbol = self._account.contract(needed(params, "symbol")).symbol
        for order in self._account.resting(symbol):
            if order.kind in _ALGO:
                self._account.cancel(order)
        return {"code": 200, "msg": "The operation of cancel all open order is done."}


def client_id(params: Mapping[str, str], name: str) -> str:
    """Return the client's id of an order, empty if none is given, or refuse a malformed one."""
    text = params.get(name, "")
    if text and not _CLIENT_ID.fullmatch(text):
        raise Refusal(-4015, "Client order id length should not be more than 36 chars")
    return text
