"""Facts about open positions, their stops and prices. Orders as such are not here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from core.domain.cards import Card, position_card, wave_card
from core.domain.events.base import Event, Severity
from core.domain.money import Money, Price, Quantity, Ratio
from core.domain.positions import ExitReason, PositionSide


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionEvent(Event):
    """A fact about one position; shown on its card."""

    position_id: int
    symbol: str

    @property
    def card(self) -> Card | None:
        """The card of the position."""
        return None if self.exchange is None else position_card(self.position_id, self.exchange)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionOpened(PositionEvent):
    """A position is open.

    Attributes:
        stop_price: Where its stop is being placed; `UnprotectedPosition` follows if it cannot stand.
        size_quote: USDT at the entry.
    """

    kind: ClassVar[str] = "position_opened"
    side: PositionSide
    quantity: Quantity
    entry_price: Price
    stop_price: Price
    size_quote: Money
    leverage: int
    wave_at: datetime | None

    @property
    def touches(self) -> tuple[Card, ...]:
        """The card of its wave counts what was opened."""
        if self.exchange is None or self.wave_at is None:
            return ()
        return (wave_card(self.wave_at, self.exchange),)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionReduced(PositionEvent):
    """Part of a position was closed; `quantity` is what was closed, `left` what is still open."""

    kind: ClassVar[str] = "position_reduced"
    is_detail: ClassVar[bool] = True
    side: PositionSide
    quantity: Quantity
    left: Quantity
    price: Price
    reason: ExitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionClosed(PositionEvent):
    """A position ended. `pnl_quote` is net of fees and funding; `held` from entry to exit."""

    kind: ClassVar[str] = "position_closed"
    is_detail: ClassVar[bool] = True
    side: PositionSide
    entry_price: Price
    exit_price: Price
    reason: ExitReason
    pnl_quote: Money
    return_ratio: Ratio
    fees_quote: Money
    held: timedelta
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopMoved(PositionEvent):
    """The protective stop stands at a better price now."""

    kind: ClassVar[str] = "stop_moved"
    expires_after: ClassVar[timedelta | None] = timedelta(minutes=15)
    severity: ClassVar[Severity] = Severity.SILENT
    old_price: Price | None
    new_price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprotectedPosition(PositionEvent):
    """A position stood without a stop. `action` says what is done about it."""

    kind: ClassVar[str] = "unprotected_position"
    expires_after: ClassVar[timedelta | None] = None
    is_detail: ClassVar[bool] = True
    severity: ClassVar[Severity] = Severity.CRITICAL
    action: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedOutside(PositionEvent):
    """The venue has no such position any more and we did not close it.

    Attributes:
        is_estimate: The venue did not tell at which prices, so that the result is reckoned from the last one known.
    """

    kind: ClassVar[str] = "closed_outside"
    is_detail: ClassVar[bool] = True
    severity: ClassVar[Severity] = Severity.NOTICE
    position_id: int
    symbol: str
    is_estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionLiquidated(PositionEvent):
    """The venue itself closed a position, or part of it: liquidation or auto-deleveraging.

    Attributes:
        quantity: What the venue closed, at `price` on average.
        left: What is still open.
    """

    kind: ClassVar[str] = "position_liquidated"
    expires_after: ClassVar[timedelta | None] = None
    is_detail: ClassVar[bool] = True
    severity: ClassVar[Severity] = Severity.CRITICAL
    side: PositionSide
    quantity: Quantity
    left: Quantity
    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileReport(Event):
    """Differences between our positions and the venue's, a sentence each; never emitted empty."""

    kind: ClassVar[str] = "reconcile_report"
    severity: ClassVar[Severity] = Severity.NOTICE
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesStale(Event):
    """Open positions whose price has not been seen for too long; they are being resubscribed."""

    kind: ClassVar[str] = "prices_stale"
    severity: ClassVar[Severity] = Severity.WARNING
    symbols: tuple[str, ...]
    age: timedelta

    @property
    def group(self) -> str:
        """Stale prices of one exchange."""
        return self.exchange or "everywhere"
