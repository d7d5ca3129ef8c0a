"""Binance's exchangeInfo: how contracts are listed, written and read back from a recorded answer."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tests.fakes.venues.binance_answers import places
from tests.fakes.venues.contracts import Contract, ContractStatus
from tests.fakes.venues.wire import plain

STATUSES = {
    ContractStatus.PENDING: "PENDING_TRADING",
    ContractStatus.TRADING: "TRADING",
    ContractStatus.SETTLING: "SETTLING",
    ContractStatus.CLOSED: "CLOSE",
}
_D = Decimal

CONTRACTS: tuple[tuple[Contract, str], ...] = (
    (
        Contract(
            symbol="BTCUSDT",
            base="BTC",
            price_step=_D("0.10"),
            quantity_step=_D("0.001"),
            min_quantity=_D("0.001"),
            max_quantity=_D(120),
            min_notional=_D(100),
            max_leverage=125,
        ),
        "100000",
    ),
    (
        Contract(
            symbol="ETHUSDT",
            base="ETH",
            quantity_step=_D("0.001"),
            min_quantity=_D("0.001"),
            max_quantity=_D(2000),
            min_notional=_D(20),
            max_leverage=100,
        ),
        "4000",
    ),
    (
        Contract(
            symbol="SOLUSDT",
            base="SOL",
            quantity_step=_D("0.01"),
            min_quantity=_D("0.01"),
            max_quantity=_D(5000),
            max_leverage=75,
        ),
        "150",
    ),
    (
        Contract(
            symbol="1000TAGUSDT",
            base="1000TAG",
            price_step=_D("0.0001"),
            quantity_step=_D(1),
            min_quantity=_D(1),
            max_quantity=_D(300_000),
        ),
        "0.6",
    ),
    (
        Contract(
            symbol="TUSDT",
            base="T",
            price_step=_D("0.00001"),
            quantity_step=_D(1),
            min_quantity=_D(1),
            max_quantity=_D(1_000_000),
            max_leverage=25,
        ),
        "0.015",
    ),
    (
        Contract(
            symbol="FTTUSDT",
            base="FTT",
            price_step=_D("0.0001"),
            max_leverage=8,
            status=ContractStatus.SETTLING,
        ),
        "1.2",
    ),
    (
        Contract(
            symbol="BTCUSDT_261225",
            base="BTC",
            price_step=_D("0.1"),
            quantity_step=_D("0.001"),
            min_quantity=_D("0.001"),
            max_quantity=_D(50),
            is_perpetual=False,
            delivered_at_ms=1_798_185_600_000,
        ),
        "101000",
    ),
)
"""What is listed from the start, with its price: large, a multiple, a one-letter base, one settling, one delivery."""


def contract_row(contract: Contract) -> dict[str, Any]:
    """Return a contract as exchangeInfo lists it."""
    quantity_filter = {
        "maxQty": plain(contract.max_quantity),
        "minQty": plain(contract.min_quantity),
        "stepSize": plain(contract.quantity_step),
    }
    step = plain(contract.price_step)
    return {
        "symbol": contract.symbol,
        "pair": contract.symbol.partition("_")[0],
        "contractType": "PERPETUAL" if contract.is_perpetual else "CURRENT_QUARTER",
        "deliveryDate": contract.delivered_at_ms,
        "onboardDate": contract.listed_at_ms,
        "status": STATUSES[contract.status],
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": contract.base,
        "quoteAsset": contract.quote,
        "marginAsset": contract.quote,
        "pricePrecision": places(contract.price_step),
        "quantityPrecision": places(contract.quantity_step),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": step, "maxPrice": "4529764", "tickSize": step},
            {"filterType": "LOT_SIZE", **quantity_filter, "maxQty": plain(contract.max_quantity * 10)},
            {"filterType": "MARKET_LOT_SIZE", **quantity_filter},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
            {"filterType": "MIN_NOTIONAL", "notional": plain(contract.min_notional)},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": "1.0500",
                "multiplierDown": "0.9500",
                "multiplierDecimal": "4",
            },
        ],
        "orderTypes": [
            "LIMIT",
            "MARKET",
            "STOP",
            "STOP_MARKET",
            "TAKE_PROFIT",
            "TAKE_PROFIT_MARKET",
            "TRAILING_STOP_MARKET",
        ],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }


def read_contracts(recorded: Mapping[str, Any]) -> Iterable[Contract]:
    """Yield the contracts of a recorded exchangeInfo."""
    statuses = {text: status for status, text in STATUSES.items()}
    for row in recorded["symbols"]:
        filters = {entry["filterType"]: entry for entry in row["filters"]}
        lot = filters["MARKET_LOT_SIZE"]
        yield Contract(
            symbol=row["symbol"],
            base=row["baseAsset"],
            quote=row["quoteAsset"],
            price_step=_D(filters["PRICE_FILTER"]["tickSize"]),
            quantity_step=_D(lot["stepSize"]),
            min_quantity=_D(lot["minQty"]),
            max_quantity=_D(lot["maxQty"]),
            min_notional=_D(filters["MIN_NOTIONAL"]["notional"]),
            status=statuses.get(row["status"], ContractStatus.CLOSED),
            is_perpetual=row["contractType"] == "PERPETUAL",
            listed_at_ms=row["onboardDate"],
            delivered_at_ms=row["deliveryDate"],
        )


def exchange_info(rows: Iterable[Mapping[str, Any]], server_ms: int, weight_limit: int) -> dict[str, Any]:
    """Return the whole answer around the rows of the contracts."""
    return {
        "timezone": "UTC",
        "serverTime": server_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": weight_limit},
            {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
        ],
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": list(rows),
    }
