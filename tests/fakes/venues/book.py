"""What a venue of the tests keeps in its books, and what it tells its listeners; nothing is decided here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from core.domain.signals import Side
from tests.fakes.venues.contracts import Prices

ZERO = Decimal(0)


class OrderKind(StrEnum):
    """What kind of order it is; ATTACHED is a stop that belongs to a position and has no client id."""

    MARKET = "market"
    STOP = "stop"
    ATTACHED = "attached"
    LIQUIDATION = "liquidation"
    ADL = "adl"


class OrderStatus(StrEnum):
    """Where an order stands. EXPIRED: the venue ended it (rest of a market order, stop without a position)."""

    NEW = "new"
    TRIGGERED = "triggered"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_open(self) -> bool:
        """True while it can still execute."""
        return self in {OrderStatus.NEW, OrderStatus.TRIGGERED, OrderStatus.PARTIALLY_FILLED}


class PriceKind(StrEnum):
    """Which price sets a stop off."""

    LAST = "last"
    MARK = "mark"


class MarginMode(StrEnum):
    """How a position is secured."""

    CROSS = "cross"
    ISOLATED = "isolated"


@dataclass(slots=True, kw_only=True)
class Trade:
    """One execution. `realised`: profit before the fee."""

    id: int
    order_id: int
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    realised: Decimal
    time_ms: int


@dataclass(slots=True, kw_only=True)
class BookOrder:
    """An order, of whatever kind; kept for good, its status changes.

    Attributes:
        client_id: The client's; empty for one without.
        quantity: Coins; 0 for a stop that closes whatever is there when it triggers (`close_position`).
        trigger_price: Of stops.
        is_falling: A stop that triggers when the price falls to it (otherwise: rises).
        wire: What a dialect needs to remember of the request; never read here.
        spawned_id: Of a triggered stop: the market order that executed it, where the venue makes a new order of it.
        parent_id: Of such a market order: the stop.
    """

    id: int
    client_id: str
    symbol: str
    side: Side
    kind: OrderKind
    quantity: Decimal
    created_ms: int
    updated_ms: int
    trigger_price: Decimal | None = None
    trigger_by: PriceKind = PriceKind.LAST
    is_falling: bool = False
    reduce_only: bool = False
    close_position: bool = False
    status: OrderStatus = OrderStatus.NEW
    filled: Decimal = ZERO
    average: Decimal = ZERO
    triggered_ms: int = 0
    last_price_at_creation: Decimal = ZERO
    spawned_id: int = 0
    parent_id: int = 0
    trades: list[Trade] = field(default_factory=list)
    wire: dict[str, str] = field(default_factory=dict)

    @property
    def fee(self) -> Decimal:
        """All its fees."""
        return sum((trade.fee for trade in self.trades), ZERO)

    @property
    def is_resting(self) -> bool:
        """True for a stop that waits for its trigger."""
        return self.kind in {OrderKind.STOP, OrderKind.ATTACHED} and self.status is OrderStatus.NEW


@dataclass(slots=True, kw_only=True)
class Position:
    """The net position of a symbol and its settings; stays in the books when flat.

    Attributes:
        amount: Coins, below zero for a short, 0 when flat.
        attached: The stop that belongs to it, if one is set.
        realised: Profit before fees since it was opened.
    """

    symbol: str
    amount: Decimal = ZERO
    entry: Decimal = ZERO
    leverage: int = 20
    margin_mode: MarginMode = MarginMode.CROSS
    attached: BookOrder | None = None
    opened_ms: int = 0
    updated_ms: int = 0
    realised: Decimal = ZERO
    all_realised: Decimal = ZERO

    @property
    def side(self) -> Side | None:
        """The side that opened it; None when flat."""
        if not self.amount:
            return None
        return Side.BUY if self.amount > 0 else Side.SELL

    def unrealised(self, mark: Decimal) -> Decimal:
        """The profit it would have at `mark`."""
        return (mark - self.entry) * self.amount

    def margin(self) -> Decimal:
        """The initial margin it holds."""
        return abs(self.amount) * self.entry / self.leverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came (below zero: went); `kind`: funding, commission, realised, deposit."""

    id: int
    kind: str
    symbol: str
    amount: Decimal
    time_ms: int
    trade_id: int = 0


# --- what is told to listeners -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceMoved:
    """The prices of a symbol changed."""

    symbol: str
    prices: Prices
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged:
    """An order came, triggered, was executed, moved or ended; `trade` is set when it was executed. Read it at once."""

    order: BookOrder
    trade: Trade | None = None
    is_amended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionChanged:
    """A position, or its settings, changed; `cause`: order, funding, settings, attached_stop."""

    position: Position
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChanged:
    """The wallet changed by `amount`; `cause`: order, funding, deposit. Told before the PositionChanged of it."""

    amount: Decimal
    cause: str
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginCalled:
    """A position is near its liquidation."""

    position: Position


Fact = PriceMoved | OrderChanged | PositionChanged | BalanceChanged | MarginCalled
Listener = Callable[[Fact], None]
