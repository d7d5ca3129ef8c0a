"""How Binance writes orders, trades, positions and money in REST answers; nothing is decided here."""

from decimal import Decimal
from typing import Any

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.binance_answers import fixed, money, places, price_text, quantity_text
from tests.fakes.venues.book import BookOrder, MarginMode, OrderKind, OrderStatus, Payment, Position, Trade
from tests.fakes.venues.contracts import Contract

ORDER_STATUSES = {
    OrderStatus.NEW: "NEW",
    OrderStatus.TRIGGERED: "NEW",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELLED: "CANCELED",
    OrderStatus.EXPIRED: "EXPIRED",
}
INCOMES = {"funding": "FUNDING_FEE", "commission": "COMMISSION", "realised": "REALIZED_PNL", "deposit": "TRANSFER"}


def client_id_of(order: BookOrder) -> str:
    """Return the client's id, or the one that the venue makes up."""
    if order.kind is OrderKind.LIQUIDATION:
        return f"autoclose-{order.id}"
    if order.kind is OrderKind.ADL:
        return "adl_autoclose"
    return order.client_id or f"x-auto{order.id % 10**12}"


def average_text(contract: Contract, order: BookOrder) -> str:
    """Return the average price, with more places than a price has."""
    return fixed(order.average, places(contract.price_step) + 3)


def order_row(account: FakeAccount, order: BookOrder, *, is_answer: bool = False) -> dict[str, Any]:
    """Return an order of the matching engine; `is_answer` to its own creation (no `time`, but `cumQty`)."""
    contract = account.contracts[order.symbol]
    is_limit = order.kind in {OrderKind.LIQUIDATION, OrderKind.ADL}
    kind = "LIMIT" if is_limit else "MARKET"
    origin = order.wire.get("origType", kind)
    row: dict[str, Any] = {
        "orderId": order.id,
        "symbol": order.symbol,
        "status": ORDER_STATUSES[order.status],
        "clientOrderId": client_id_of(order),
        "price": price_text(contract, order.average if is_limit else Decimal(0)),
        "avgPrice": average_text(contract, order),
        "origQty": quantity_text(contract, order.quantity),
        "executedQty": quantity_text(contract, order.filled),
        "cumQuote": fixed(order.average * order.filled, 5),
        "timeInForce": "IOC" if is_limit else "GTC",
        "type": kind,
        "reduceOnly": order.reduce_only,
        "closePosition": order.close_position,
        "side": order.side.value,
        "positionSide": "BOTH",
        "stopPrice": price_text(contract, Decimal(0)),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": origin,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "updateTime": order.updated_ms,
    }
    if is_answer:
        return row | {"cumQty": quantity_text(contract, order.filled)}
    return row | {"time": order.created_ms}


def acknowledged_row(account: FakeAccount, order: BookOrder) -> dict[str, Any]:
    """Return what the venue answers before it knows the outcome (newOrderRespType=ACK)."""
    contract = account.contracts[order.symbol]
    nothing = quantity_text(contract, Decimal(0))
    return order_row(account, order, is_answer=True) | {
        "status": "NEW",
        "avgPrice": "0.00",
        "executedQty": nothing,
        "cumQty": nothing,
        "cumQuote": "0.00000",
        "updateTime": order.created_ms,
    }


def algo_status(account: FakeAccount, order: BookOrder) -> str:
    """Return the algo service's word for where a stop stands."""
    if order.status is OrderStatus.EXPIRED and not order.spawned_id:
        return "REJECTED" if order.triggered_ms else "EXPIRED"
    words = {OrderStatus.NEW: "NEW", OrderStatus.CANCELLED: "CANCELED", OrderStatus.TRIGGERED: "TRIGGERING"}
    return words.get(order.status, "FINISHED")


def algo_row(account: FakeAccount, order: BookOrder, *, is_answer: bool = False) -> dict[str, Any]:
    """Return a conditional order of the algo service; the answer to its creation lacks what comes of it."""
    contract = account.contracts[order.symbol]
    row: dict[str, Any] = {
        "algoId": order.id,
        "clientAlgoId": order.client_id or f"auto{order.id % 10**12}",
        "algoType": "CONDITIONAL",
        "orderType": order.wire.get("type", "STOP_MARKET"),
        "symbol": order.symbol,
        "side": order.side.value,
        "positionSide": "BOTH",
        "timeInForce": "GTC",
        "quantity": quantity_text(contract, order.quantity),
        "algoStatus": algo_status(account, order),
        "triggerPrice": price_text(contract, order.trigger_price or Decimal(0)),
        "price": price_text(contract, Decimal(0)),
        "icebergQuantity": None,
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "workingType": order.wire.get("workingType", "CONTRACT_PRICE"),
        "priceMatch": "NONE",
        "closePosition": order.close_position,
        "priceProtect": False,
        "reduceOnly": order.reduce_only,
        "createTime": order.created_ms,
        "updateTime": order.updated_ms,
        "triggerTime": order.triggered_ms,
        "goodTillDate": 0,
    }
    if is_answer:
        return row
    return row | {
        "actualOrderId": str(order.spawned_id or ""),
        "actualPrice": average_text(contract, order),
        "tpTriggerPrice": price_text(contract, Decimal(0)),
        "tpPrice": price_text(contract, Decimal(0)),
        "slTriggerPrice": price_text(contract, Decimal(0)),
        "slPrice": price_text(contract, Decimal(0)),
        "tpOrderType": "",
    }


def trade_row(account: FakeAccount, trade: Trade) -> dict[str, Any]:
    """Return an execution as userTrades lists it."""
    contract = account.contracts[trade.symbol]
    return {
        "symbol": trade.symbol,
        "id": trade.id,
        "orderId": trade.order_id,
        "side": trade.side.value,
        "price": price_text(contract, trade.price),
        "qty": quantity_text(contract, trade.quantity),
        "realizedPnl": money(trade.realised),
        "quoteQty": money(trade.price * trade.quantity),
        "commission": money(trade.fee),
        "commissionAsset": contract.quote,
        "time": trade.time_ms,
        "positionSide": "BOTH",
        "maker": False,
        "buyer": trade.side.value == "BUY",
    }


def income_row(payment: Payment) -> dict[str, Any]:
    """Return a movement of money as the income history lists it."""
    kind = INCOMES[payment.kind]
    return {
        "symbol": payment.symbol,
        "incomeType": kind,
        "income": money(payment.amount),
        "asset": "USDT",
        "time": payment.time_ms,
        "info": str(payment.trade_id) if payment.trade_id else kind,
        "tranId": payment.id,
        "tradeId": str(payment.trade_id) if payment.trade_id else "",
    }


def risk_row(account: FakeAccount, position: Position, *, is_v2: bool) -> dict[str, Any]:
    """Return a position as positionRisk (v3, or the fuller v2) lists it."""
    contract = account.contracts[position.symbol]
    prices = account.prices(position.symbol)
    notional = position.amount * prices.mark
    is_isolated = position.margin_mode is MarginMode.ISOLATED
    isolated = position.margin() + position.unrealised(prices.mark) if is_isolated else Decimal(0)
    row: dict[str, Any] = {
        "symbol": position.symbol,
        "positionSide": "BOTH",
        "positionAmt": quantity_text(contract, position.amount),
        "entryPrice": fixed(position.entry, places(contract.price_step) + 3),
        "breakEvenPrice": fixed(position.entry * (1 + account.rules.taker_fee_ratio), 8),
        "markPrice": money(prices.mark),
        "unRealizedProfit": money(position.unrealised(prices.mark)),
        "liquidationPrice": money(account.liquidation_price(position.symbol)),
        "isolatedMargin": money(isolated),
        "notional": money(notional),
        "isolatedWallet": money(position.margin() if is_isolated else Decimal(0)),
        "updateTime": position.updated_ms,
    }
    if is_v2:
        return row | {
            "leverage": str(position.leverage),
            "maxNotionalValue": "1000000",
            "marginType": position.margin_mode.value,
            "isAutoAddMargin": "false",
        }
    margin = money(position.margin())
    return row | {
        "marginAsset": contract.quote,
        "initialMargin": margin,
        "maintMargin": money(abs(notional) * contract.maintenance_ratio),
        "positionInitialMargin": margin,
        "openOrderInitialMargin": "0",
        "adl": 2,
        "bidNotional": "0",
        "askNotional": "0",
    }


def asset_row(account: FakeAccount, now_ms: int) -> dict[str, Any]:
    """Return the USDT of the account as /fapi/v3/account lists it."""
    margin, unrealised = money(account.margin), money(account.unrealised)
    return {
        "asset": "USDT",
        "walletBalance": money(account.wallet),
        "unrealizedProfit": unrealised,
        "marginBalance": money(account.wallet + account.unrealised),
        "maintMargin": "0.00000000",
        "initialMargin": margin,
        "positionInitialMargin": margin,
        "openOrderInitialMargin": "0.00000000",
        "crossWalletBalance": money(account.wallet),
        "crossUnPnl": unrealised,
        "availableBalance": money(account.available),
        "maxWithdrawAmount": money(account.available),
        "updateTime": now_ms,
    }
