"""A position: what is open, how it is to end, and what came of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.domain.errors import Bug
from core.domain.money import NO_MONEY, NO_QUANTITY, ZERO, Money, Price, Quantity, Ratio
from core.domain.orders import Execution
from core.domain.signals import Side


class PositionSide(StrEnum):
    """Long gains when the price rises, short when it falls."""

    LONG = "long"
    SHORT = "short"

    @property
    def entry_side(self) -> Side:
        """The order side that opens it."""
        return Side.BUY if self is PositionSide.LONG else Side.SELL

    @property
    def exit_side(self) -> Side:
        """The order side that closes it."""
        return self.entry_side.opposite

    @classmethod
    def opened_by(cls, side: Side) -> "PositionSide":
        """Return the side that an entry order of `side` opens."""
        return cls.LONG if side is Side.BUY else cls.SHORT


class PositionState(StrEnum):
    """Where a position stands; `TRANSITIONS` says what may follow what."""

    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    FAILED = "failed"

    @property
    def is_live(self) -> bool:
        """True while the position holds its symbol."""
        return self not in {PositionState.CLOSED, PositionState.FAILED}


TRANSITIONS = {
    PositionState.OPENING: {PositionState.OPEN, PositionState.FAILED},
    PositionState.OPEN: {PositionState.CLOSING, PositionState.CLOSED},
    PositionState.CLOSING: {PositionState.OPEN, PositionState.CLOSED},
    PositionState.CLOSED: set[PositionState](),
    PositionState.FAILED: set[PositionState](),
}


class ExitReason(StrEnum):
    """What really ended a position."""

    STOP_LOSS = "stop_loss"
    TRAILING_STOP = "trailing_stop"
    TAKE_PROFIT = "take_profit"
    BREAKEVEN = "breakeven"
    AGED = "aged"
    TIME_EXIT = "time_exit"
    LIQUIDATION_NEAR = "liquidation_near"
    LIQUIDATED = "liquidated"
    CLOSED_BY_PERSON = "closed_by_person"
    CLOSED_OUTSIDE = "closed_outside"
    UNPROTECTED = "unprotected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitPlan:
    """How a position is to end, copied from the params of its wave when it opens.

    Attributes:
        stop_loss, trailing_activation, trailing_distance: Ratios of the entry (distance: of the best price).
    """

    stop_loss: Ratio
    trailing_activation: Ratio
    trailing_distance: Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One position of one exchange and symbol, from intent to result.

    Attributes:
        id: 0 until stored.
        quantity: Coins open now; 0 once closed.
        entry_quantity: Coins that were opened.
        entry_price: Average fill; None until the entry is filled.
        stop_price: The protective stop that stands at the venue; None while there is none.
        stop_order_id: Client order id of that stop.
        stop_version: Counts the stops that were placed, so that each has an id of its own.
        stop_moved_at: When the stop was last placed or moved.
        best_price: Best price seen since the entry: highest for a long, lowest for a short.
        is_trailing: True once profit has reached the activation; never false again.
        is_breakeven: True once the stop was brought to break-even.
        exit_quantity, exit_price: Coins closed and their average price.
        fees_quote: All fees paid so far, zero or more.
        funding_quote: Funding received (positive) or paid (negative).
        pnl_quote: Net result; None until closed.
        group_id: Shared by all legs of the position.
    """

    id: int = 0
    exchange: str
    symbol: str
    side: PositionSide
    state: PositionState = PositionState.OPENING
    wave_at: datetime | None
    signal_id: str | None
    group_id: str
    plan: ExitPlan
    leverage: int = 1
    quantity: Quantity = NO_QUANTITY
    entry_quantity: Quantity = NO_QUANTITY
    entry_price: Price | None = None
    stop_price: Price | None = None
    stop_order_id: str | None = None
    stop_version: int = 0
    stop_moved_at: datetime | None = None
    best_price: Price | None = None
    is_trailing: bool = False
    is_breakeven: bool = False
    exit_quantity: Quantity = NO_QUANTITY
    exit_price: Price | None = None
    exit_reason: ExitReason | None = None
    fees_quote: Money = NO_MONEY
    funding_quote: Money = NO_MONEY
    pnl_quote: Money | None = None
    created_at: datetime
    opened_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def is_long(self) -> bool:
        """True for a long."""
        return self.side is PositionSide.LONG

    @property
    def entry(self) -> Price:
        """The entry price of a position that has one.

        Raises:
            Bug: the entry is not filled yet.
        """
        if self.entry_price is None:
            raise Bug(f"position {self.id} {self.symbol} has no entry price in state {self.state}")
        return self.entry_price

    def profit_ratio(self, price: Price) -> Ratio:
        """Return the move since the entry in the position's favour, before costs."""
        move = price / self.entry - 1
        return Ratio(move if self.is_long else -move)

    def unrealised_quote(self, price: Price) -> Money:
        """Return the profit of the coins still open at `price`, before the fees of closing."""
        move = price - self.entry
        return Money(self.quantity * (move if self.is_long else -move))

    @property
    def realised_quote(self) -> Money:
        """Profit of the coins already closed, before fees and funding."""
        if self.exit_price is None:
            return NO_MONEY
        move = self.exit_price - self.entry
        return Money(self.exit_quantity * (move if self.is_long else -move))

    @property
    def return_ratio(self) -> Ratio | None:
        """Net result over the money that was put in; None until closed."""
        if self.pnl_quote is None or not self.entry_quantity:
            return None
        return Ratio(self.pnl_quote / (self.entry * self.entry_quantity))

    def price_at_profit(self, ratio: Ratio) -> Price:
        """Return the price at which the move in the position's favour is `ratio` of the entry."""
        return Price(self.entry * (1 + ratio if self.is_long else 1 - ratio))

    def is_better(self, price: Price, than: Price) -> bool:
        """Return True if `price` is further in the position's favour than `than`."""
        return price > than if self.is_long else price < than

    def moved_to(self, state: PositionState) -> Self:
        """Return the position in `state`.

        Raises:
            Bug: `TRANSITIONS` does not allow it.
        """
        if state not in TRANSITIONS[self.state]:
            raise Bug(f"position {self.id} {self.symbol} cannot go from {self.state} to {state}")
        return replace(self, state=state)

    def opened(self, fill: Execution) -> Self:
        """Return the position open with the entry's fill."""
        return replace(
            self.moved_to(PositionState.OPEN),
            quantity=fill.quantity,
            entry_quantity=fill.quantity,
            entry_price=fill.price,
            best_price=fill.price,
            fees_quote=Money(self.fees_quote + fill.fee_quote),
            opened_at=fill.filled_at,
        )

    def reduced(self, fill: Execution, reason: ExitReason) -> Self:
        """Return the position after `fill` closed some or all of it; closed with its result when nothing is left."""
        quantity = min(fill.quantity, self.quantity)
        exited = Quantity(self.exit_quantity + quantity)
        paid = (self.exit_price or ZERO) * self.exit_quantity + fill.price * quantity
        after = replace(
            self,
            quantity=Quantity(self.quantity - quantity),
            exit_quantity=exited,
            exit_price=Price(paid / exited),
            fees_quote=Money(self.fees_quote + fill.fee_quote),
            exit_reason=reason,
        )
        if after.quantity > 0:
            return after if after.state is PositionState.OPEN else after.moved_to(PositionState.OPEN)
        return replace(
            after.moved_to(PositionState.CLOSED),
            pnl_quote=Money(after.realised_quote - after.fees_quote + after.funding_quote),
            closed_at=fill.filled_at,
        )


class LegKind(StrEnum):
    """Whether a fill opened or closed coins."""

    ENTRY = "entry"
    EXIT = "exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionLeg:
    """One fill of a position."""

    position_id: int
    group_id: str
    client_order_id: str
    kind: LegKind
    quantity: Quantity
    price: Price
    fee_quote: Money
    filled_at: datetime
