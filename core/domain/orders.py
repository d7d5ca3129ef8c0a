"""Orders and what can become of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.money import Money, Price, Quantity
from core.domain.signals import Side


class OrderLeg(StrEnum):
    """What an order is for."""

    ENTRY = "entry"
    STOP = "stop"
    EXIT = "exit"


class OrderState(StrEnum):
    """Where an order stands. `submitting` is written before it is sent, so that a crash leaves a trace to settle."""

    SUBMITTING = "submitting"
    RESTING = "resting"
    FILLED = "filled"
    PARTIALLY_FILLED = "partially_filled"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"

    @property
    def is_settled(self) -> bool:
        """False while the venue's answer is not known."""
        return self not in {OrderState.SUBMITTING, OrderState.UNKNOWN}


class RefusalReason(StrEnum):
    """Why a venue said no, in our few words; the adapter translates its codes into these."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    BELOW_MINIMUM = "below_minimum"
    PRICE_BAND = "price_band"
    NOT_TRADING = "not_trading"
    UNKNOWN_SYMBOL = "unknown_symbol"
    NO_PRICE = "no_price"
    LEVERAGE = "leverage"
    REDUCE_ONLY = "reduce_only"
    POSITION_GONE = "position_gone"
    STOP_CROSSED = "stop_crossed"
    RATE_LIMITED = "rate_limited"
    ABOVE_MAXIMUM = "above_maximum"
    MISCONFIGURED = "misconfigured"
    HELD_BACK = "held_back"
    NEVER_ARRIVED = "never_arrived"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order to be sent. Sending the same `client_order_id` twice is refused by the venue, never filled twice.

    Attributes:
        client_order_id: At most 32 characters of [A-Za-z0-9-], derived from what the order is for.
        quantity: Coins, already rounded to the step.
        trigger_price: Set for a stop-market order, None for a market order.
        reduce_only: True for everything but entries.
    """

    client_order_id: str
    exchange: str
    symbol: str
    side: Side
    leg: OrderLeg
    quantity: Quantity
    trigger_price: Price | None = None
    reduce_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Executed in full."""

    quantity: Quantity
    price: Price
    fee_quote: Money
    filled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartiallyFilled:
    """Executed in part; the rest is cancelled by the venue (market orders are immediate or cancel)."""

    quantity: Quantity
    price: Price
    fee_quote: Money
    filled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Resting at the venue: a stop order that waits for its trigger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The venue said no; nothing was executed. `detail` is its own sentence, for people."""

    reason: RefusalReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """No answer, or none that says what happened: settle by client order id."""

    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Taken back before it was executed."""


OrderOutcome = Filled | PartiallyFilled | Accepted | Refused | Unknown | Cancelled
Execution = Filled | PartiallyFilled


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """What a venue says of one order, asked for or pushed."""

    client_order_id: str
    exchange: str
    symbol: str
    outcome: OrderOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A stored order. `position_id` is the position it opens, protects or closes."""

    request: OrderRequest
    state: OrderState
    position_id: int
    created_at: datetime
    updated_at: datetime
    filled_quantity: Quantity | None = None
    filled_price: Price | None = None
    fee_quote: Money | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePosition:
    """A position as the venue has it. `quantity` in coins, above zero; `side` is the side that opened it.

    Attributes:
        liquidation_price: Where the venue would end it; None if it does not say, or never would.
    """

    symbol: str
    side: Side
    quantity: Quantity
    entry_price: Price
    liquidation_price: Price | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueStop:
    """A resting stop as the venue has it.

    Attributes:
        client_order_id: None for a stop that is attached to its position and goes with it: there is one a position.
    """

    client_order_id: str | None
    symbol: str
    side: Side
    quantity: Quantity
    trigger_price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFill:
    """What one order has executed at a venue, its trades taken together.

    Attributes:
        client_order_id: None where the venue gave the order no such id: a person's order, a liquidation, a stop that
            was attached to the position.
        fee_quote: All its trades' fees; below zero is a rebate.
        is_liquidation: The venue itself ended the position (liquidation or auto-deleveraging).
    """

    client_order_id: str | None
    symbol: str
    side: Side
    quantity: Quantity
    price: Price
    fee_quote: Money
    filled_at: datetime
    is_liquidation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueNotice:
    """A venue tells that something happened to our account; what it is, is to be looked up.

    Attributes:
        symbol: None after a time in which the venue could not tell: anything may have happened.
        client_order_id: The order that it happened to, if it is one with such an id.
    """

    exchange: str
    symbol: str | None
    client_order_id: str | None = None
