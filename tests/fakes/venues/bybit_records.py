"""What Bybit keeps of the past: executions, closed profits, the wallet's log; and pages of lists. Nothing acts here."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from core.domain.signals import Side
from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.book import ZERO, BalanceChanged, BookOrder, Fact, OrderChanged, Payment, Trade
from tests.fakes.venues.bybit_answers import Answer, BybitSaysNo, parameter_error
from tests.fakes.venues.bybit_executions import Execution, execution_of, funding_execution_of
from tests.fakes.venues.bybit_lag import BybitLag
from tests.fakes.venues.bybit_rows import SIDES, Row, link_of, short, uuid_of
from tests.fakes.venues.wire import plain

WEEK_MS = 7 * 86_400_000
_DEPOSIT_KINDS = {"deposit": "TRANSFER_IN"}


def page(rows: list[Any], params: Mapping[str, str], *, default: int, most: int, ends: bool = False) -> Answer:
    """Return one page; where pages do not say that they are the last (`ends`), the next one is empty."""
    limit = int(params.get("limit") or default)
    if not 1 <= limit <= most:
        raise parameter_error(f"params error: limit [{limit}] should be between 1 and {most}")
    start = int(params.get("cursor", "").replace("%3A", ":").rpartition(":")[2] or 0)
    listed, next_start = rows[start : start + limit], start + limit
    has_more = next_start < len(rows) if ends else bool(listed)
    cursor = f"page%3A{next_start}" if has_more else ""
    return {"category": "linear", "list": listed, "nextPageCursor": cursor}


def span(params: Mapping[str, str], now_ms: int) -> tuple[int, int]:
    """Return from when to when is asked: seven days at most, the last seven if nothing is said."""
    start, end = params.get("startTime"), params.get("endTime")
    if start and end:
        if int(end) - int(start) > WEEK_MS:
            raise parameter_error("The time range between startTime and endTime cannot exceed 7 days")
        return int(start), int(end)
    if start:
        return int(start), int(start) + WEEK_MS
    last = int(end) if end else now_ms
    return last - WEEK_MS, last


class BybitRecords:
    """The executions of one account, written down as they happen, and lists made of them.

    Attributes:
        executions: Oldest first.
    """

    def __init__(self, account: FakeAccount, lag: BybitLag, server_ms: Callable[[], int]) -> None:
        self.executions: list[Execution] = []
        self._account = account
        self._lag = lag
        self._server_ms = server_ms
        account.subscribe(self._note)

    def _note(self, fact: Fact) -> None:
        if isinstance(fact, OrderChanged) and fact.trade is not None:
            mark = self._account.prices(fact.order.symbol).mark
            self.executions.append(execution_of(fact.order, fact.trade, mark))
        elif isinstance(fact, BalanceChanged) and fact.cause == "funding":
            position, payment = self._account.position(fact.symbol), self._account.payments[-1]
            mark = self._account.prices(fact.symbol).mark
            self.executions.append(funding_execution_of(position, -payment.amount, mark, payment.id, self._server_ms()))

    def list_executions(self, params: Mapping[str, str]) -> Answer:
        """Answer execution/list."""
        start, end = span(params, self._server_ms())
        rows = [
            one.row
            for one in reversed(self.executions)
            if params.get("symbol", one.symbol) == one.symbol
            and params.get("execType", one.kind) == one.kind
            and params.get("orderId", one.row["orderId"]) == one.row["orderId"]
            and params.get("orderLinkId", one.row["orderLinkId"]) == one.row["orderLinkId"]
            and start <= one.time_ms <= end
            and self._lag.is_done(one.order)
        ]
        return page(rows, params, default=50, most=100)

    # --- closed profits ------------------------------------------------------------------------------------------

    def list_closed_profits(self, params: Mapping[str, str]) -> Answer:
        """Answer position/closed-pnl: a row for each order that closed something."""
        start, end = span(params, self._server_ms())
        orders = [order for order in self._account.orders(params.get("symbol")) if self._closes(order)]
        rows = [self._closed_row(order) for order in reversed(orders) if start <= order.updated_ms <= end]
        return page(rows, params, default=50, most=100)

    def _closes(self, order: BookOrder) -> bool:
        return self._lag.is_done(order) and any(trade.realised for trade in order.trades)

    def _closed_row(self, order: BookOrder) -> Row:
        closing = [trade for trade in order.trades if trade.realised]
        size = sum((trade.quantity for trade in closing), ZERO)
        exit_value = sum((trade.quantity * trade.price for trade in closing), ZERO)
        realised = sum((trade.realised for trade in closing), ZERO)
        entry_value = exit_value + (realised if order.side is Side.BUY else -realised)
        fees = (exit_value + entry_value) * self._account.rules.taker_fee_ratio
        return {
            "symbol": order.symbol,
            "orderType": "Market",
            "leverage": str(self._account.position(order.symbol).leverage),
            "updatedTime": str(order.updated_ms),
            "side": SIDES[order.side],
            "orderId": uuid_of(order.id),
            "closedPnl": short(realised - fees),
            "avgEntryPrice": short(entry_value / size),
            "qty": plain(order.quantity),
            "cumEntryValue": short(entry_value),
            "createdTime": str(order.created_ms),
            "orderPrice": short(order.average),
            "closedSize": plain(size),
            "avgExitPrice": short(exit_value / size),
            "execType": "Trade",
            "fillCount": str(len(closing)),
            "cumExitValue": short(exit_value),
        }

    # --- the wallet's log ----------------------------------------------------------------------------------------

    def list_transactions(self, params: Mapping[str, str]) -> Answer:
        """Answer account/transaction-log: trades, settled funding, transfers."""
        if params.get("accountType", "UNIFIED") != "UNIFIED":
            raise BybitSaysNo(10001, "accountType only support UNIFIED.")
        start, end = span(params, self._server_ms())
        rows = [self._trade_log(trade) for trade in self._account.trades]
        rows += [self._payment_log(one) for one in self._account.payments if not one.trade_id]
        kind = params.get("type")
        chosen = [
            row
            for row in sorted(rows, key=lambda row: (int(row["transactionTime"]), row["id"]), reverse=True)
            if kind in {None, row["type"]}
            and params.get("symbol", row["symbol"]) == row["symbol"]
            and start <= int(row["transactionTime"]) <= end
        ]
        return page(chosen, params, default=20, most=50)

    def _trade_log(self, trade: Trade) -> Row:
        order = self._account.order(trade.order_id)
        return self._log(
            trade.id,
            "TRADE",
            trade.symbol,
            trade.time_ms,
            fee=trade.fee,
            cash_flow=trade.realised,
            side=SIDES[trade.side],
            qty=plain(trade.quantity),
            tradePrice=plain(trade.price),
            tradeId=uuid_of(trade.id),
            orderId=uuid_of(trade.order_id),
            orderLinkId=link_of(order) if order else "",
        )

    def _payment_log(self, payment: Payment) -> Row:
        if payment.kind == "funding":
            return self._log(payment.id, "SETTLEMENT", payment.symbol, payment.time_ms, funding=payment.amount)
        kind = _DEPOSIT_KINDS.get(payment.kind, payment.kind.upper())
        return self._log(payment.id, kind, "", payment.time_ms, cash_flow=payment.amount)

    def _log(
        self,
        number: int,
        kind: str,
        symbol: str,
        time_ms: int,
        *,
        fee: Decimal = ZERO,
        cash_flow: Decimal = ZERO,
        funding: Decimal | None = None,
        **more: str,
    ) -> Row:
        return {
            "id": f"{number}_{symbol}",
            "symbol": symbol,
            "category": "linear",
            "side": "None",
            "transactionTime": str(time_ms),
            "type": kind,
            "qty": "0",
            "size": "0",
            "currency": "USDT",
            "tradePrice": "0",
            "funding": "" if funding is None else short(funding),
            "fee": short(fee),
            "cashFlow": short(cash_flow),
            "change": short(cash_flow + (funding or ZERO) - fee),
            "cashBalance": short(self._account.wallet),
            "feeRate": "0",
            "bonusChange": "0",
            "tradeId": "",
            "orderId": "",
            "orderLinkId": "",
            "transSubType": "",
            "extraFees": "",
        } | more
