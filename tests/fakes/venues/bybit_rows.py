"""How Bybit writes contracts, orders, positions and wallets; nothing is decided or kept here."""

import uuid
from decimal import Decimal
from typing import Any

from core.domain.signals import Side
from tests.fakes.venues.book import ZERO, BookOrder, MarginMode, OrderKind, OrderStatus, Position, PriceKind
from tests.fakes.venues.contracts import Contract, ContractStatus, Prices
from tests.fakes.venues.wire import plain

Row = dict[str, Any]

STATUS_WORDS = {
    ContractStatus.PENDING: "PreLaunch",
    ContractStatus.TRADING: "Trading",
    ContractStatus.SETTLING: "Settling",
    ContractStatus.CLOSED: "Closed",
}
SIDES = {Side.BUY: "Buy", Side.SELL: "Sell"}
_PRICE_WORDS = {PriceKind.LAST: "LastPrice", PriceKind.MARK: "MarkPrice"}
_CREATE_TYPES = {
    OrderKind.MARKET: "CreateByUser",
    OrderKind.STOP: "CreateByUser",
    OrderKind.ATTACHED: "CreateByStopLoss",
    OrderKind.LIQUIDATION: "CreateByLiq",
    OrderKind.ADL: "CreateByAdl_PassThrough",
}
_BY_HAND = "web_"


def uuid_of(number: int) -> str:
    """Return Bybit's way to write an id of the books."""
    return str(uuid.UUID(int=(number << 96) | 0x4000_8000_0000_0000_0000, version=4))


def number_of(text: str) -> int:
    """Return the id of the books that `uuid_of` wrote; 0 for anything else."""
    try:
        return uuid.UUID(text).int >> 96
    except ValueError:
        return 0


def short(value: Decimal) -> str:
    """Return a computed number with at most eight decimals."""
    return plain(value.quantize(Decimal("1e-8")))


def instrument_row(contract: Contract) -> Row:
    """Return a contract as instruments-info lists it."""
    is_pending = contract.status is ContractStatus.PENDING
    exponent = contract.price_step.normalize().as_tuple().exponent
    return {
        "symbol": contract.symbol,
        "contractType": "LinearPerpetual" if contract.is_perpetual else "LinearFutures",
        "status": STATUS_WORDS[contract.status],
        "baseCoin": contract.base,
        "quoteCoin": contract.quote,
        "launchTime": str(contract.listed_at_ms),
        "deliveryTime": "0" if contract.is_perpetual else str(contract.delivered_at_ms),
        "deliveryFeeRate": "",
        "priceScale": str(max(0, -int(exponent))),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": f"{contract.max_leverage}.00",
            "leverageStep": "0.01",
        },
        "priceFilter": {
            "minPrice": plain(contract.price_step),
            "maxPrice": plain(contract.price_step * 19_999_998),
            "tickSize": plain(contract.price_step),
        },
        "lotSizeFilter": {
            "maxOrderQty": plain(contract.max_quantity * 5),
            "minOrderQty": plain(contract.min_quantity),
            "qtyStep": plain(contract.quantity_step),
            "postOnlyMaxOrderQty": plain(contract.max_quantity * 5),
            "maxMktOrderQty": plain(contract.max_quantity),
            "minNotionalValue": plain(contract.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": contract.quote,
        "copyTrading": "both",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": is_pending,
        "preListingInfo": {"curAuctionPhase": "NotStarted"} if is_pending else None,
        "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.1"},
        "displayName": "",
    }


def link_of(order: BookOrder) -> str:
    """Return what the API shows as orderLinkId; orders of people and of the venue have none."""
    return "" if order.client_id.startswith(_BY_HAND) else order.client_id


def _order_status(order: BookOrder) -> str:
    if order.kind in {OrderKind.STOP, OrderKind.ATTACHED} and not order.triggered_ms:
        return "Untriggered" if order.status is OrderStatus.NEW else "Deactivated"
    return {
        OrderStatus.NEW: "New",
        OrderStatus.TRIGGERED: "Triggered",
        OrderStatus.PARTIALLY_FILLED: "PartiallyFilled",
        OrderStatus.FILLED: "Filled",
    }.get(order.status, "Cancelled")


def _ending(order: BookOrder) -> tuple[str, str]:
    """Return cancelType and rejectReason."""
    if order.status is OrderStatus.CANCELLED:
        return ("CancelByTpSlTsClear" if order.kind is OrderKind.ATTACHED else "CancelByUser"), "EC_PerCancelRequest"
    if order.status is OrderStatus.EXPIRED:
        if order.triggered_ms and not order.filled:
            return "CancelByReduceOnly", "EC_ReachMaxTradeNum"
        return "UNKNOWN", "EC_NoImmediateQtyToFill"
    return "UNKNOWN", "EC_NoError"


def stop_type(order: BookOrder) -> str:
    """Return stopOrderType."""
    return {OrderKind.ATTACHED: "StopLoss", OrderKind.STOP: "Stop"}.get(order.kind, "")


def create_type(order: BookOrder) -> str:
    """Return createType."""
    if order.kind is OrderKind.MARKET and order.client_id.startswith(_BY_HAND):
        return "CreateByClosing" if order.reduce_only else "CreateByUser"
    return _CREATE_TYPES[order.kind]


def order_row(order: BookOrder) -> Row:
    """Return an order as order/realtime, order/history and the stream show it."""
    is_stop = order.kind in {OrderKind.STOP, OrderKind.ATTACHED}
    is_live = order.status.is_open
    leaves = order.quantity - order.filled if is_live else ZERO
    cancel_type, reject_reason = _ending(order)
    return {
        "orderId": uuid_of(order.id),
        "orderLinkId": link_of(order),
        "blockTradeId": "",
        "symbol": order.symbol,
        "price": "0" if is_stop and not order.filled else short(order.average),
        "qty": plain(order.quantity),
        "side": SIDES[order.side],
        "isLeverage": "",
        "positionIdx": 0,
        "orderStatus": _order_status(order),
        "createType": create_type(order),
        "cancelType": cancel_type,
        "rejectReason": reject_reason,
        "avgPrice": short(order.average) if order.filled else "",
        "leavesQty": plain(leaves),
        "leavesValue": short(leaves * (order.average or order.last_price_at_creation)),
        "cumExecQty": plain(order.filled),
        "cumExecValue": short(order.filled * order.average),
        "cumExecFee": short(order.fee),
        "cumFeeDetail": {"USDT": short(order.fee)} if order.filled else {},
        "timeInForce": "IOC",
        "orderType": "Market",
        "stopOrderType": stop_type(order),
        "orderIv": "",
        "triggerPrice": plain(order.trigger_price) if order.trigger_price is not None else "",
        "takeProfit": "",
        "stopLoss": order.wire.get("stopLoss", ""),
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": (2 if order.is_falling else 1) if is_stop else 0,
        "triggerBy": _PRICE_WORDS[order.trigger_by] if is_stop else "",
        "lastPriceOnCreated": plain(order.last_price_at_creation),
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": order.kind is OrderKind.ATTACHED or order.close_position,
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "tpslMode": "Full" if order.kind is OrderKind.ATTACHED else "",
        "tpLimitPrice": "0",
        "slLimitPrice": "0",
        "placeType": "",
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
    }


def position_row(
    position: Position, contract: Contract, prices: Prices | None, liquidation: Decimal, *, none: str = ""
) -> Row:
    """Return a position as position/list shows it; `none` is written where no stop is set ("0" in the stream)."""
    mark = prices.mark if prices else ZERO
    size = abs(position.amount)
    is_flat = not size
    stop = position.attached.trigger_price if position.attached else None
    value = size * position.entry
    margin = short(position.margin())
    return {
        "positionIdx": 0,
        "riskId": 1,
        "riskLimitValue": "200000",
        "symbol": position.symbol,
        "side": SIDES[position.side] if position.side else "",
        "size": plain(size),
        "avgPrice": "0" if is_flat else short(position.entry),
        "positionValue": "" if is_flat else short(value),
        "tradeMode": 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 0 if is_flat else 2,
        "leverage": str(position.leverage),
        "positionBalance": "0" if position.margin_mode is MarginMode.CROSS else margin,
        "markPrice": plain(mark),
        "liqPrice": short(liquidation) if liquidation and not is_flat else "",
        "liqPriceByMp": "",
        "bustPrice": "",
        "positionMM": short(value * contract.maintenance_ratio),
        "positionMMByMp": short(value * contract.maintenance_ratio),
        "positionIM": margin,
        "positionIMByMp": margin,
        "tpslMode": "Full",
        "takeProfit": none,
        "stopLoss": none if stop is None or is_flat else plain(stop),
        "trailingStop": "0",
        "sessionAvgPrice": "",
        "unrealisedPnl": "" if is_flat else short(position.unrealised(mark)),
        "curRealisedPnl": short(position.realised),
        "cumRealisedPnl": short(position.all_realised),
        "seq": position.updated_ms,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "createdTime": str(position.opened_ms or position.updated_ms),
        "updatedTime": str(position.updated_ms),
    }


def wallet_row(*, wallet: Decimal, unrealised: Decimal, margin: Decimal, is_isolated: bool) -> Row:
    """Return the wallet; isolated margin leaves the figures of the whole account empty."""
    available = max(wallet - margin, ZERO)
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": "" if is_isolated else "0",
        "accountMMRate": "" if is_isolated else "0",
        "totalEquity": short(wallet + unrealised),
        "totalWalletBalance": short(wallet),
        "totalMarginBalance": "" if is_isolated else short(wallet + unrealised),
        "totalAvailableBalance": "" if is_isolated else short(available),
        "totalPerpUPL": short(unrealised),
        "totalInitialMargin": "" if is_isolated else short(margin),
        "totalMaintenanceMargin": "" if is_isolated else "0",
        "coin": [
            {
                "coin": "USDT",
                "equity": short(wallet + unrealised),
                "usdValue": short(wallet + unrealised),
                "walletBalance": short(wallet),
                "availableToWithdraw": "",
                "availableToBorrow": "",
                "borrowAmount": "0",
                "accruedInterest": "0",
                "totalOrderIM": "0",
                "totalPositionIM": short(margin),
                "totalPositionMM": "0",
                "unrealisedPnl": short(unrealised),
                "cumRealisedPnl": "0",
                "bonus": "0",
                "locked": "0",
                "spotHedgingQty": "0",
                "marginCollateral": True,
                "collateralSwitch": True,
            }
        ],
    }
