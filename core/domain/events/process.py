"""Facts about the process, what people did to it, and its chats. The trade is not here."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.domain.events.base import Event, Severity
from core.domain.money import Money


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
class TaskCrashed(Event):
    """A part of the process failed and is started again."""

    kind: ClassVar[str] = "task_crashed"
    severity: ClassVar[Severity] = Severity.CRITICAL
    task: str
    error: str
    restarts: int

    @property
    def group(self) -> str:
        """Crashes of one task."""
        return self.task


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
class DeliveryLost(Event):
    """A destination takes nothing from us any more (blocked, archived, gone, token revoked); told on other routes."""

    kind: ClassVar[str] = "delivery_lost"
    severity: ClassVar[Severity] = Severity.WARNING
    destination: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRestored(Event):
    """A destination that was lost takes our messages again."""

    kind: ClassVar[str] = "delivery_restored"
    severity: ClassVar[Severity] = Severity.NOTICE
    destination: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStarted(Event):
    """The process is ready and trades with money.

    Attributes:
        exchanges: Their names.
        size_quote: USDT a position; None: not set, nothing is entered.
        balances: (exchange, total, free) in USDT of those that answered.
        released_by: Who let entries begin; None: they are held back.
    """

    kind: ClassVar[str] = "live_started"
    severity: ClassVar[Severity] = Severity.CRITICAL
    is_for_all: ClassVar[bool] = True
    exchanges: tuple[str, ...]
    size_quote: Money | None
    leverage: int
    balances: tuple[tuple[str, Money, Money], ...] = ()
    released_by: str | None = None
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveReleased(Event):
    """Somebody let entries be made with money."""

    kind: ClassVar[str] = "live_released"
    severity: ClassVar[Severity] = Severity.WARNING
    is_for_all: ClassVar[bool] = True
    author: str
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveHeld(Event):
    """Somebody took back that entries may be made with money."""

    kind: ClassVar[str] = "live_held"
    severity: ClassVar[Severity] = Severity.NOTICE
    author: str
