"""Facts about single orders. What they did to a position is not here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from core.domain.events.base import Event, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefused(Event):
    """The venue refused an order. `leg` is entry, stop or exit."""

    kind: ClassVar[str] = "order_refused"
    severity: ClassVar[Severity] = Severity.NOTICE
    symbol: str
    side: str
    leg: str
    reason: str
    detail: str

    @property
    def group(self) -> str:
        """Refusals of one reason and exchange."""
        return f"{self.exchange}:{self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnknown(Event):
    """An order was sent and nobody knows yet what became of it; it is being looked up."""

    kind: ClassVar[str] = "order_unknown"
    expires_after: ClassVar[timedelta | None] = None
    severity: ClassVar[Severity] = Severity.CRITICAL
    symbol: str
    side: str
    leg: str
    client_order_id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSettled(Event):
    """An unknown order turned out to be filled (`was_filled`) or never executed."""

    kind: ClassVar[str] = "order_settled"
    severity: ClassVar[Severity] = Severity.NOTICE
    symbol: str
    leg: str
    client_order_id: str
    was_filled: bool
