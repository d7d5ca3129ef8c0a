"""Exchanges, instruments and prices as the trade sees them; no venue's wire format."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from core.domain.money import Money, Price, Quantity, Ratio, round_ceiling, round_down, round_floor


class TradingMode(StrEnum):
    """What an order does: nothing real, test money, or money."""

    PAPER = "paper"
    TESTNET = "testnet"
    LIVE = "live"


class Tier(StrEnum):
    """How large a coin is; a symbol in no list is small."""

    LARGE = "large"
    MID = "mid"
    SMALL = "small"
    MEME = "meme"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRef:
    """An exchange: the id that the signal server uses and our name for it."""

    id: int
    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A linear perpetual contract; it owns the rounding of its prices and quantities.

    Attributes:
        symbol: Exchange-native name; a multiplier in it (1000PEPEUSDT) is part of the unit.
        price_step: Quote per coin, above zero.
        quantity_step: Coins, above zero.
        min_quantity: Coins.
        min_notional: Quote (USDT).
        max_quantity: Coins in one market order; None: no limit.
        max_leverage: Whole number, 1 or more.
        is_trading: False while the venue takes no new positions in it.
    """

    symbol: str
    price_step: Decimal
    quantity_step: Decimal
    min_quantity: Quantity
    min_notional: Money
    max_quantity: Quantity | None = None
    max_leverage: int = 1
    is_trading: bool = True

    def __post_init__(self) -> None:
        if self.price_step <= 0 or self.quantity_step <= 0:
            raise ValueError(f"{self.symbol}: steps must be above zero")

    def round_quantity(self, quantity: Decimal) -> Quantity:
        """Return `quantity` (coins) rounded down to the step."""
        return Quantity(round_down(quantity, self.quantity_step))

    def price_below(self, price: Decimal) -> Price:
        """Return the nearest valid price not above `price`, one step at least."""
        return Price(max(round_floor(price, self.price_step), self.price_step))

    def price_above(self, price: Decimal) -> Price:
        """Return the nearest valid price not below `price`."""
        return Price(max(round_ceiling(price, self.price_step), self.price_step))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A price seen, stamped by our clock.

    Attributes:
        price: Of the last trade.
        is_continuous: True when the price moved here without a gap (a candle being walked), so that a stop in between
            fills at its own price.
    """

    exchange: str
    symbol: str
    price: Price
    received_at: datetime
    is_continuous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """Prices of one timeframe; `opened_at` is its start. Volume in coins."""

    exchange: str
    symbol: str
    opened_at: datetime
    duration: timedelta
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketFacts:
    """What a venue says of a symbol before an entry; None is "the venue cannot tell".

    Attributes:
        price: Last price, quote per coin.
        spread_ratio: (ask - bid) / mid.
        open_interest_quote: USDT.
        volume_1h_quote, volume_24h_quote: USDT traded in the last hour, in the last day.
        change_5m_ratio: Signed move of the last five minutes.
    """

    price: Price | None = None
    spread_ratio: Ratio | None = None
    open_interest_quote: Money | None = None
    volume_1h_quote: Money | None = None
    volume_24h_quote: Money | None = None
    change_5m_ratio: Ratio | None = None


Instruments = Mapping[str, Instrument]
"""Symbol to instrument, of one exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Quote currency (USDT) of one exchange: `total` without unrealised profit, `free` for new margin."""

    total: Money
    free: Money
