"""Which tier a symbol belongs to; what a tier changes (slippage, stop caps, cooldowns) belongs to its users."""

import re
from collections.abc import Mapping

from core.domain.market import Tier

_QUOTES = ("USDT", "USDC", "PERP", "USD")
# Venues write small coins by the thousand or million: 1000PEPE, 10000ELON, 1MBABYDOGE, and once behind: SHIB1000.
_MULTIPLIED = re.compile(r"(?:1000000|100000|10000|1000|1M)?(?P<coin>.+?)(?:1000)?")


def base_of(symbol: str) -> str:
    """Return the base of `symbol` in upper case, its quote currency removed: 1000PEPEUSDT gives 1000PEPE."""
    symbol = symbol.upper()
    for quote in _QUOTES:
        if symbol.endswith(quote) and symbol != quote:
            return symbol.removesuffix(quote)
    return symbol


def tier_of(symbol: str, coins: Mapping[str, Tier]) -> Tier:
    """Return the tier of `symbol`.

    A multiplier in the name is seen through (1000PEPEUSDT is PEPE) unless the whole base is listed itself.

    Args:
        symbol: Exchange-native name.
        coins: Base coins without a multiplier, upper case; a coin in no list is small.
    """
    base = base_of(symbol)
    if base in coins:
        return coins[base]
    match = _MULTIPLIED.fullmatch(base)
    coin = base if match is None else match["coin"]
    return coins.get(coin, Tier.SMALL)
