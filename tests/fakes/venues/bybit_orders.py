"""Bybit's orders: create, amend, cancel, look up; positions and money belong elsewhere."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from core.domain.signals import Side
from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.book import BookOrder, MarginMode, OrderKind, PriceKind
from tests.fakes.venues.bybit_answers import Answer, BybitSaysNo, in_bybits_words, parameter_error
from tests.fakes.venues.bybit_lag import BybitLag
from tests.fakes.venues.bybit_public import Handler, check_category
from tests.fakes.venues.bybit_records import page, span
from tests.fakes.venues.bybit_rows import number_of, order_row, uuid_of
from tests.fakes.venues.refusals import No, VenueSaysNo
from tests.fakes.venues.rules import check_trigger

_LINK = re.compile(r"[A-Za-z0-9_-]{1,36}")
_SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
PRICE_KINDS = {"LastPrice": PriceKind.LAST, "MarkPrice": PriceKind.MARK}
RECENT = 500
_TOO_LATE_TO_REPLACE = (110001, "order not exists or too late to replace")


def number(params: Mapping[str, str], name: str, default: str = "") -> Decimal:
    """Return a parameter as a number, or refuse."""
    try:
        value = Decimal(params.get(name) or default)
    except InvalidOperation:
        raise parameter_error(f"params error: {name} invalid") from None
    if not value.is_finite():
        raise parameter_error(f"params error: {name} invalid")
    return value


def check_mode(account: FakeAccount, params: Mapping[str, str]) -> None:
    """Refuse a position index that does not fit the mode."""
    index = params.get("positionIdx", "0")
    if (index == "0") is account.hedge_mode:
        raise parameter_error("position idx not match position mode")


class OrderDesk:
    """Answers orders.

    Attributes:
        routes: By `METHOD /path`.
        has_forgotten_closed: True after a restart of the venue: closed orders are in the history only.
        history_ms: How much later the history shows what ended.
        is_isolated: The margin mode of the account.
    """

    def __init__(self, account: FakeAccount, lag: BybitLag, server_ms: Callable[[], int]) -> None:
        self.has_forgotten_closed = False
        self.history_ms = 0
        self.is_isolated = False
        self._account = account
        self._lag = lag
        self._server_ms = server_ms
        self.routes: Mapping[str, Handler] = {
            "POST /v5/order/create": self._create,
            "POST /v5/order/amend": self._amend,
            "POST /v5/order/cancel": self._cancel,
            "GET /v5/order/realtime": self._realtime,
            "GET /v5/order/history": self._history,
        }

    # --- create --------------------------------------------------------------------------------------------------

    def _create(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        self._check_form(params)
        check_mode(self._account, params)
        symbol = params.get("symbol", "")
        self._account.contract(symbol)
        self._account.position(symbol).margin_mode = MarginMode.ISOLATED if self.is_isolated else MarginMode.CROSS
        if "triggerPrice" in params:
            order = self._create_conditional(symbol, params)
        else:
            order = self._create_market(symbol, params)
        return {"orderId": uuid_of(order.id), "orderLinkId": params.get("orderLinkId", "")}

    def _check_form(self, params: Mapping[str, str]) -> None:
        if params.get("side") not in _SIDES:
            raise parameter_error("Side invalid")
        if params.get("orderType") != "Market":
            raise parameter_error("OrderType invalid")
        link = params.get("orderLinkId")
        if link is not None and not _LINK.fullmatch(link):
            raise parameter_error("params error: OrderLinkId invalid")

    def _create_market(self, symbol: str, params: Mapping[str, str]) -> BookOrder:
        side, quantity = _SIDES[params["side"]], number(params, "qty")
        reduces = params.get("reduceOnly") == "true"
        shown = self._lag.position(symbol)
        if reduces and shown.side is not side.opposite:
            raise VenueSaysNo(No.REDUCE_ONLY)
        if reduces and not quantity and params.get("closeOnTrigger") == "true":
            quantity = abs(shown.amount)
        stop = number(params, "stopLoss", "0")
        if stop:
            prices = self._account.prices(symbol)
            check_trigger(
                self._account.contract(symbol),
                stop,
                prices,
                self._account.rules,
                side=side,
                is_falling=side is Side.BUY,
            )
        noted = self._lag.begin(symbol)
        try:
            order = self._account.place_market(
                symbol, side, quantity, client_id=params.get("orderLinkId", ""), reduce_only=reduces, wire=noted
            )
        except VenueSaysNo:
            self._lag.forget(symbol)
            raise
        if stop and order.filled:
            self._account.attach_stop(symbol, stop)
        return order

    def _create_conditional(self, symbol: str, params: Mapping[str, str]) -> BookOrder:
        direction = params.get("triggerDirection")
        if direction not in {"1", "2"}:
            raise parameter_error("TriggerDirection invalid")
        trigger, is_falling = number(params, "triggerPrice"), direction == "2"
        try:
            return self._account.place_stop(
                symbol,
                _SIDES[params["side"]],
                trigger,
                quantity=number(params, "qty"),
                client_id=params.get("orderLinkId", ""),
                reduce_only=params.get("reduceOnly") == "true",
                is_falling=is_falling,
                trigger_by=PRICE_KINDS[params.get("triggerBy", "LastPrice")],
            )
        except VenueSaysNo as refusal:
            base = int(self._account.prices(symbol).last * 10**8) if self._account.has_price(symbol) else 0
            words = ("expect Falling", ">=") if is_falling else ("expect Rising", "<=")
            text = f"{words[0]}, but trigger_price[{int(trigger * 10**8)}] {words[1]} current[{base}]??LastPrice"
            raise in_bybits_words(refusal, stop_crossed=(110093 if is_falling else 110092, text)) from None

    # --- amend, cancel -------------------------------------------------------------------------------------------

    def _named(self, params: Mapping[str, str]) -> BookOrder | None:
        found = self._account.order(number_of(params.get("orderId", "")))
        if found is None and params.get("orderLinkId"):
            found = self._account.order_by_client_id(params["orderLinkId"])
        is_its_symbol = found is not None and found.symbol == params.get("symbol", found.symbol)
        return found if is_its_symbol else None

    def _amend(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        order = self._named(params)
        if order is None or not order.is_resting:
            raise BybitSaysNo(*_TOO_LATE_TO_REPLACE)
        trigger = number(params, "triggerPrice") if "triggerPrice" in params else None
        quantity = number(params, "qty") if "qty" in params else None
        try:
            if order.kind is OrderKind.ATTACHED:
                self._account.attach_stop(order.symbol, trigger or order.trigger_price)
            else:
                self._account.amend_stop(order, trigger_price=trigger, quantity=quantity)
        except VenueSaysNo as refusal:
            raise in_bybits_words(refusal, unchanged=(10001, "order not modified")) from None
        return {"orderId": uuid_of(order.id), "orderLinkId": order.client_id}

    def _cancel(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        order = self._named(params)
        if order is None or order.symbol != params.get("symbol"):
            raise VenueSaysNo(No.UNKNOWN_ORDER)
        self._account.cancel(order)
        return {"orderId": uuid_of(order.id), "orderLinkId": order.client_id}

    # --- look up -------------------------------------------------------------------------------------------------

    def _realtime(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        if not params.get("symbol") and not params.get("settleCoin") and not params.get("baseCoin"):
            raise parameter_error("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")
        is_named = bool(params.get("orderId") or params.get("orderLinkId"))
        wants_closed = params.get("openOnly") == "1"
        orders = self._asked_for(params)
        closed = [] if self.has_forgotten_closed else [o for o in orders if not o.status.is_open][:RECENT]
        is_open = [order for order in orders if order.status.is_open]
        chosen = closed if wants_closed else is_open + (closed if is_named else [])
        return page([order_row(order) for order in chosen], params, default=20, most=50)

    def _history(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        now = self._server_ms()
        start, end = span(params, now)
        chosen = [
            order
            for order in self._asked_for(params)
            if not order.status.is_open
            and order.updated_ms <= now - self.history_ms
            and start <= order.created_ms <= end
        ]
        return page([order_row(order) for order in chosen], params, default=20, most=50)

    def _asked_for(self, params: Mapping[str, str]) -> list[BookOrder]:
        """Return the orders that the filters let through, as far as they are shown, newest first."""
        shown = [self._lag.shown(order) for order in reversed(self._account.orders(params.get("symbol") or None))]
        return [order for order in shown if order is not None and self._fits(order, params)]

    def _fits(self, order: BookOrder, params: Mapping[str, str]) -> bool:
        row = order_row(order)
        names = {"orderId": "orderId", "orderLinkId": "orderLinkId", "orderStatus": "orderStatus"}
        if any(params.get(name) and params[name] != row[field] for name, field in names.items()):
            return False
        is_stop = order.kind in {OrderKind.STOP, OrderKind.ATTACHED}
        return {"StopOrder": is_stop, "Order": not is_stop}.get(params.get("orderFilter", ""), True)
