"""Contracts as ccxt hands them over: its own few words and, under `info`, the venue's. Only what we read is there."""

import copy
from collections.abc import Mapping
from typing import Any

Market = dict[str, Any]


def _market(native: str, base: str, info: Mapping[str, Any], **changes: Any) -> Market:  # noqa: ANN401
    market = {
        "id": native,
        "symbol": f"{base}/USDT:USDT",
        "quote": "USDT",
        "settle": "USDT",
        "swap": True,
        "linear": True,
        "info": copy.deepcopy(dict(info)),
    }
    return {**market, **changes}


def binance_market(
    native: str = "SOLUSDT",
    *,
    filters: Mapping[str, Mapping[str, Any] | None] | None = None,
    info: Mapping[str, Any] | None = None,
    **changes: Any,  # noqa: ANN401
) -> Market:
    """A contract of Binance; `filters` and `info` replace parts of its description, None takes a filter away."""
    rules: dict[str, Mapping[str, Any] | None] = {
        "PRICE_FILTER": {"minPrice": "0.42", "maxPrice": "6857", "tickSize": "0.0100"},
        "LOT_SIZE": {"stepSize": "0.01", "maxQty": "1000000", "minQty": "0.01"},
        "MARKET_LOT_SIZE": {"stepSize": "0.01", "maxQty": "5000", "minQty": "0.01"},
        "MIN_NOTIONAL": {"notional": "5"},
        **(filters or {}),
    }
    described = {
        "symbol": native,
        "contractType": "PERPETUAL",
        "status": "TRADING",
        "deliveryDate": 4_133_404_800_000,
        "filters": [{**rule, "filterType": name} for name, rule in rules.items() if rule is not None],
        **(info or {}),
    }
    return _market(native, native.removesuffix("USDT"), described, **changes)


def bybit_market(native: str = "SOLUSDT", *, info: Mapping[str, Any] | None = None, **changes: Any) -> Market:  # noqa: ANN401
    """A contract of Bybit; `info` replaces parts of its description."""
    described = {
        "symbol": native,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "deliveryTime": "0",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "75.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": "0.010", "maxPrice": "19999.980", "tickSize": "0.010"},
        "lotSizeFilter": {
            "maxOrderQty": "79770.0",
            "maxMktOrderQty": "5000.0",
            "minOrderQty": "0.1",
            "qtyStep": "0.1",
            "minNotionalValue": "5",
        },
        "isPreListing": False,
        **(info or {}),
    }
    return _market(native, native.removesuffix("USDT"), described, **changes)


def listed(*markets: Market) -> dict[str, Market]:
    """What ccxt's `load_markets` answers."""
    return {market["symbol"]: market for market in markets}
