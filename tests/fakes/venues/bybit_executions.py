"""How Bybit writes executions: trades, liquidations, deleveraging, funding; what is kept of them belongs elsewhere."""

from dataclasses import dataclass
from decimal import Decimal

from tests.fakes.venues.book import ZERO, BookOrder, OrderKind, Position, Trade
from tests.fakes.venues.bybit_rows import SIDES, Row, create_type, link_of, short, stop_type, uuid_of
from tests.fakes.venues.wire import plain

_TYPES = {OrderKind.LIQUIDATION: "BustTrade", OrderKind.ADL: "AdlTrade"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A row of execution/list; `order` is None for funding."""

    row: Row
    symbol: str
    kind: str
    time_ms: int
    order: BookOrder | None = None


def execution_of(order: BookOrder, trade: Trade, mark: Decimal) -> Execution:
    """Return a trade as execution/list and the stream show it."""
    kind = _TYPES.get(order.kind, "Trade")
    closed = trade.quantity if trade.realised or order.reduce_only else ZERO
    row = {
        "symbol": trade.symbol,
        "orderType": "Market" if kind == "Trade" else "UNKNOWN",
        "underlyingPrice": "",
        "orderLinkId": link_of(order),
        "side": SIDES[trade.side],
        "indexPrice": "",
        "orderId": uuid_of(order.id),
        "stopOrderType": stop_type(order) or "UNKNOWN",
        "createType": create_type(order),
        "leavesQty": plain(order.quantity - order.filled),
        "execTime": str(trade.time_ms),
        "feeCurrency": "",
        "isMaker": False,
        "execFee": short(trade.fee),
        "feeRate": short(trade.fee / (trade.price * trade.quantity)),
        "execId": uuid_of(trade.id),
        "tradeIv": "",
        "blockTradeId": "",
        "markPrice": plain(mark),
        "execPrice": plain(trade.price),
        "markIv": "",
        "orderQty": plain(order.quantity),
        "orderPrice": plain(trade.price),
        "execValue": short(trade.price * trade.quantity),
        "execType": kind,
        "execQty": plain(trade.quantity),
        "closedSize": plain(closed),
        "execPnl": short(trade.realised),
        "seq": trade.id,
        "marketUnit": "",
        "extraFees": "",
    }
    return Execution(row=row, symbol=trade.symbol, kind=kind, time_ms=trade.time_ms, order=order)


def funding_execution_of(position: Position, paid: Decimal, mark: Decimal, number: int, time_ms: int) -> Execution:
    """Return a payment of funding as an execution: its fee is above zero where it was paid."""
    value = abs(position.amount) * mark
    row = {
        "symbol": position.symbol,
        "orderType": "UNKNOWN",
        "underlyingPrice": "",
        "orderLinkId": "",
        "side": SIDES[position.side] if position.side else "",
        "indexPrice": "",
        "orderId": uuid_of(number + 10_000_000),
        "stopOrderType": "UNKNOWN",
        "createType": "",
        "leavesQty": "0",
        "execTime": str(time_ms),
        "feeCurrency": "",
        "isMaker": False,
        "execFee": short(paid),
        "feeRate": short(paid / value) if value else "0",
        "execId": uuid_of(number + 20_000_000),
        "tradeIv": "",
        "blockTradeId": "",
        "markPrice": plain(mark),
        "execPrice": plain(mark),
        "markIv": "",
        "orderQty": "0",
        "orderPrice": "0",
        "execValue": short(value),
        "execType": "Funding",
        "execQty": plain(abs(position.amount)),
        "closedSize": "0",
        "execPnl": "0",
        "seq": number,
        "marketUnit": "",
        "extraFees": "",
    }
    return Execution(row=row, symbol=position.symbol, kind="Funding", time_ms=time_ms)
