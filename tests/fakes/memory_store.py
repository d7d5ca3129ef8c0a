"""What the in-memory storage holds; every value in it is frozen, so a copy of the containers is a copy of it all."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from core.domain.cards import Card
from core.domain.delivery import Alert, Delivery, DeliveryState, Destination, FoldReason, Loudness, Mute
from core.domain.events import Event
from core.domain.orders import Order
from core.domain.params import ParamChange, ParamOverride, StoredParams
from core.domain.pauses import Pause
from core.domain.people import AuditEntry, Grant, StopListing
from core.domain.positions import Position, PositionLeg
from core.domain.signals import InvalidSignal, Signal
from core.domain.verdicts import VerdictRecord
from core.domain.waves import Wave, WaveResult

SignalKey = tuple[int, str]
CardKey = tuple[Card, Destination]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDelivery:
    """A delivery with what only storage knows of it."""

    delivery: Delivery
    state: DeliveryState
    next_at: datetime
    queued_at: datetime
    error: str = ""
    message_ref: str | None = None
    ended_at: datetime | None = None
    expires_at: datetime | None = None
    is_urgent: bool = False
    card: Card | None = None
    card_version: int = 0
    is_detail: bool = False
    fold: FoldReason | None = None
    fold_group: str = ""
    fold_number: int = 0
    repeats: str | None = None
    fallback: Destination | None = None
    diverted_to: Destination | None = None
    diverted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCard:
    """A living message at one destination."""

    card: Card
    destination: Destination
    loudness: Loudness
    place: int
    version: int = 1
    shown_version: int = 0
    message_ref: str | None = None
    sent_at: datetime | None = None
    next_at: datetime | None = None
    queued_at: datetime | None = None
    is_urgent: bool = False
    alert_id: int | None = None
    attempts: int = 0
    error: str = ""

    @property
    def has_changed(self) -> bool:
        return self.version > self.shown_version


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAudit:
    """A row of the audit with what links it to the one before."""

    id: int
    entry: AuditEntry
    previous: str
    digest: str


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
    audit: list[StoredAudit] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    stop_list: dict[str, StopListing] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    alerts: dict[int, Alert] = field(default_factory=dict)
    deliveries: dict[int, StoredDelivery] = field(default_factory=dict)
    cards: dict[CardKey, StoredCard] = field(default_factory=dict)
    mutes: dict[tuple[Destination, str], Mute] = field(default_factory=dict)

    def copy(self) -> "Store":
        """Return a store that can change without this one."""
        return replace(self, **{each.name: getattr(self, each.name).copy() for each in fields(self)})

    def next_fold_number(self) -> int:
        """Return a number above all that were given before."""
        return 1 + max((each.fold_number for each in self.deliveries.values()), default=0)
