"""Facts about how a venue treats our calls; what becomes of orders and positions is beside."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from core.domain.events.base import Event, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueLimited(Event):
    """A venue takes no calls from us before `until_at`; `detail` is its own sentence."""

    kind: ClassVar[str] = "venue_limited"
    severity: ClassVar[Severity] = Severity.WARNING
    detail: str
    until_at: datetime

    @property
    def group(self) -> str:
        """Limits of one venue."""
        return self.exchange or "venue"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRestored(Event):
    """A venue takes our calls again."""

    kind: ClassVar[str] = "venue_restored"
    is_relief: ClassVar[bool] = True
    severity: ClassVar[Severity] = Severity.WARNING
    outage: timedelta

    @property
    def group(self) -> str:
        """Ends of the limits of one venue."""
        return self.exchange or "venue"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeldBack(Event):
    """A call fails again and again and is not sent for a while.

    Attributes:
        call: What it is for: entry, exit, stop (one that is moved), first_stop, leverage.
        detail: The venue's own sentence.
    """

    kind: ClassVar[str] = "call_held_back"
    severity: ClassVar[Severity] = Severity.WARNING
    symbol: str
    call: str
    detail: str

    @property
    def group(self) -> str:
        """Calls of one kind at one venue."""
        return f"{self.exchange} {self.call}"
