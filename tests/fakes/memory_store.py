"""What the in-memory storage holds; every value in it is frozen, so a copy of the containers is a copy of it all."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from core.domain.delivery import Alert, Delivery, DeliveryState
from core.domain.events import Event
from core.domain.orders import Order
from core.domain.params import ParamChange, ParamOverride, StoredParams
from core.domain.pauses import Pause
from core.domain.people import AuditEntry
from core.domain.positions import Position, PositionLeg
from core.domain.signals import InvalidSignal, Signal
from core.domain.verdicts import VerdictRecord
from core.domain.waves import Wave, WaveResult

SignalKey = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDelivery:
    """A delivery with what only storage knows of it."""

    delivery: Delivery
    state: DeliveryState
    next_at: datetime
    error: str = ""
    message_ref: str | None = None
    ended_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Store:
    """All tables. Tests may look into them."""

    signals: dict[SignalKey, Signal | InvalidSignal] = field(default_factory=dict)
    received: dict[SignalKey, datetime] = field(default_factory=dict)
    verdicts: dict[SignalKey, VerdictRecord] = field(default_factory=dict)
    waves: dict[datetime, Wave] = field(default_factory=dict)
    results: dict[tuple[datetime, str], WaveResult] = field(default_factory=dict)
    params: dict[int, StoredParams] = field(default_factory=dict)
    changes: list[ParamChange] = field(default_factory=list)
    overrides: list[ParamOverride] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)
    positions: dict[int, Position] = field(default_factory=dict)
    legs: dict[str, PositionLeg] = field(default_factory=dict)
    pauses: dict[int, Pause] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    alerts: dict[int, Alert] = field(default_factory=dict)
    deliveries: dict[int, StoredDelivery] = field(default_factory=dict)

    def copy(self) -> "Store":
        """Return a store that can change without this one."""
        return replace(self, **{each.name: getattr(self, each.name).copy() for each in fields(self)})
