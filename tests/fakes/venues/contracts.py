"""What can be traded at a venue of the tests and at which prices; no orders, no wire format."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.domain.money import round_ceiling, round_floor
from core.domain.signals import Side

NO_END_MS = 4_133_404_800_000
"""The delivery date that venues give perpetual contracts (2100-12-25)."""


class ContractStatus(StrEnum):
    """Where a contract stands in its life; each dialect has its own words for these."""

    PENDING = "pending"
    TRADING = "trading"
    SETTLING = "settling"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A linear contract, margined in USDT.

    Attributes:
        base: The coin; may be one letter, or a multiple of a coin (1000PEPE).
        quantity_step, min_quantity, max_quantity: Of market orders.
        min_notional: Quote; below it only reduce-only orders are taken.
        is_perpetual: False for one with a delivery date.
        maintenance_ratio: Of the notional; a position with less margin is liquidated.
    """

    symbol: str
    base: str
    quote: str = "USDT"
    price_step: Decimal = Decimal("0.01")
    quantity_step: Decimal = Decimal("0.1")
    min_quantity: Decimal = Decimal("0.1")
    max_quantity: Decimal = Decimal(10_000)
    min_notional: Decimal = Decimal(5)
    max_leverage: int = 50
    status: ContractStatus = ContractStatus.TRADING
    is_perpetual: bool = True
    maintenance_ratio: Decimal = Decimal("0.01")
    listed_at_ms: int = 1_569_398_400_000
    delivered_at_ms: int = NO_END_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The prices of a contract now. Replaced, never changed."""

    last: Decimal
    mark: Decimal
    bid: Decimal
    ask: Decimal
    updated_ms: int


def prices_at(contract: Contract, last: Decimal, mark: Decimal | None, spread: Decimal, now_ms: int) -> Prices:
    """Return prices around `last`; bid and ask are half of `spread` (quote) away, at least one step apart."""
    bid = round_floor(last - spread / 2, contract.price_step)
    ask = max(round_ceiling(last + spread / 2, contract.price_step), bid + contract.price_step)
    return Prices(last=last, mark=last if mark is None else mark, bid=bid, ask=ask, updated_ms=now_ms)


def slipped(contract: Contract, price: Decimal, side: Side, slippage_ratio: Decimal) -> Decimal:
    """Return what a taker of `side` pays or gets, rounded to the step against the taker."""
    if side is Side.BUY:
        return round_ceiling(price * (1 + slippage_ratio), contract.price_step)
    return max(round_floor(price * (1 - slippage_ratio), contract.price_step), contract.price_step)
