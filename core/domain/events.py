"""Facts that happened, one class each; written down in the same transaction as the change they tell of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import ClassVar

from core.domain.money import Money, Price, Quantity, Ratio
from core.domain.positions import ExitReason, PositionSide
from core.domain.waves import WaveResult


class Severity(IntEnum):
    """How much a fact matters; routes match at or above one."""

    SILENT = 0
    INFO = 1
    NOTICE = 2
    WARNING = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact. `at` is when it happened; `exchange` is set on facts of one exchange.

    Class attributes `kind` (as in routes, tables and docs) and `severity` are set by every subclass.
    """

    kind: ClassVar[str] = ""
    severity: ClassVar[Severity] = Severity.INFO

    at: datetime
    exchange: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    """The process is ready: recovered, listening. `found` are sentences of the recovery, empty when all was well."""

    kind: ClassVar[str] = "started"
    version: str
    open_positions: int
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(Event):
    """The process ends in order."""

    kind: ClassVar[str] = "stopped"
    reason: str
    open_positions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveFinished(Event):
    """One exchange is done with a wave.

    Attributes:
        executed: Symbols with their side, in order of execution: ("SOLUSDT", "BUY").
        verdicts: How many signals ended with which verdict, most first.
        note: Why nothing traded, when one reason covers all (paused by whom, since when); else empty.
    """

    kind: ClassVar[str] = "wave_finished"
    result: WaveResult
    executed: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[tuple[str, int], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveInterrupted(Event):
    """The process died in the middle of a wave; what was placed is settled, the rest is not continued."""

    kind: ClassVar[str] = "wave_interrupted"
    severity: ClassVar[Severity] = Severity.WARNING
    wave_at: datetime
    placed: int
    not_continued: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionOpened(Event):
    """A position is open.

    Attributes:
        stop_price: Where its stop is being placed; `UnprotectedPosition` follows if it cannot stand.
        size_quote: USDT at the entry.
    """

    kind: ClassVar[str] = "position_opened"
    position_id: int
    symbol: str
    side: PositionSide
    quantity: Quantity
    entry_price: Price
    stop_price: Price
    size_quote: Money
    leverage: int
    wave_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionReduced(Event):
    """Part of a position was closed; `quantity` is what was closed, `left` what is still open."""

    kind: ClassVar[str] = "position_reduced"
    position_id: int
    symbol: str
    side: PositionSide
    quantity: Quantity
    left: Quantity
    price: Price
    reason: ExitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionClosed(Event):
    """A position ended. `pnl_quote` is net of fees and funding; `held` from entry to exit."""

    kind: ClassVar[str] = "position_closed"
    position_id: int
    symbol: str
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
class StopMoved(Event):
    """The protective stop stands at a better price now."""

    kind: ClassVar[str] = "stop_moved"
    severity: ClassVar[Severity] = Severity.SILENT
    position_id: int
    symbol: str
    old_price: Price | None
    new_price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamsChanged(Event):
    """Stored params moved by more than the alert threshold.

    Attributes:
        changes: (name, old, new) in the units of `StoredParams`; old None is "was not set".
        source: "wave" or "person".
    """

    kind: ClassVar[str] = "params_changed"
    severity: ClassVar[Severity] = Severity.NOTICE
    changes: tuple[tuple[str, Decimal | None, Decimal], ...]
    source: str
    wave_at: datetime | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamsUnusual(Event):
    """The service sent a value that was refused (out of range, no number) or is far from its usual ones.

    Attributes:
        problems: (name, value as sent, what is wrong).
    """

    kind: ClassVar[str] = "params_unusual"
    severity: ClassVar[Severity] = Severity.WARNING
    problems: tuple[tuple[str, str, str], ...]
    wave_at: datetime | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnknown(Event):
    """An order was sent and nobody knows yet what became of it; it is being looked up."""

    kind: ClassVar[str] = "order_unknown"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprotectedPosition(Event):
    """A position stood without a stop. `action` says what is done about it."""

    kind: ClassVar[str] = "unprotected_position"
    severity: ClassVar[Severity] = Severity.CRITICAL
    position_id: int
    symbol: str
    action: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedOutside(Event):
    """The venue has no such position any more and we did not close it."""

    kind: ClassVar[str] = "closed_outside"
    severity: ClassVar[Severity] = Severity.NOTICE
    position_id: int
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileReport(Event):
    """Differences between our positions and the venue's, a sentence each; never emitted empty."""

    kind: ClassVar[str] = "reconcile_report"
    severity: ClassVar[Severity] = Severity.NOTICE
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLost(Event):
    """The signal server has been out of reach for a minute, or refuses our token."""

    kind: ClassVar[str] = "feed_lost"
    severity: ClassVar[Severity] = Severity.WARNING
    source: str
    reason: str
    since_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRestored(Event):
    """The signal server is back."""

    kind: ClassVar[str] = "feed_restored"
    severity: ClassVar[Severity] = Severity.WARNING
    source: str
    outage: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesStale(Event):
    """Open positions whose price has not been seen for too long; they are being resubscribed."""

    kind: ClassVar[str] = "prices_stale"
    severity: ClassVar[Severity] = Severity.WARNING
    symbols: tuple[str, ...]
    age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """Entries are held back."""

    kind: ClassVar[str] = "paused"
    severity: ClassVar[Severity] = Severity.NOTICE
    scope: str
    reason: str
    author: str
    until_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Event):
    """Entries are taken again."""

    kind: ClassVar[str] = "resumed"
    severity: ClassVar[Severity] = Severity.NOTICE
    scope: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCrashed(Event):
    """A part of the process failed and is started again."""

    kind: ClassVar[str] = "task_crashed"
    severity: ClassVar[Severity] = Severity.CRITICAL
    task: str
    error: str
    restarts: int


def event_types() -> dict[str, type[Event]]:
    """Return every kind of event with its class."""
    return {cls.kind: cls for cls in Event.__subclasses__()}
