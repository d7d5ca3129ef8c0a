"""Facts about waves, their params and the feed that brings them. Positions and orders are not here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from core.domain.cards import Card, wave_card
from core.domain.events.base import Event, Severity
from core.domain.waves import WaveProgress, WaveResult


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveFinished(Event):
    """One exchange is done with a wave.

    Attributes:
        executed: Symbols with their side, in order of execution: ("SOLUSDT", "BUY").
        verdicts: How many signals ended with which verdict, most first.
        note: Why nothing traded, when one reason covers all (paused by whom, since when); else empty.
    """

    kind: ClassVar[str] = "wave_finished"
    expires_after: ClassVar[timedelta | None] = timedelta(hours=1)
    result: WaveResult
    executed: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[tuple[str, int], ...] = ()
    note: str = ""

    @property
    def card(self) -> Card | None:
        """The card of the wave on that exchange."""
        return None if self.exchange is None else wave_card(self.result.wave_at, self.exchange)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveWaiting(Event):
    """A wave waits until `until_at` for people to strike candidates out; then it goes on by its default."""

    kind: ClassVar[str] = "wave_waiting"
    severity: ClassVar[Severity] = Severity.NOTICE
    expires_after: ClassVar[timedelta | None] = timedelta(minutes=10)
    until_at: datetime
    progress: WaveProgress

    @property
    def card(self) -> Card | None:
        """The card of the wave on that exchange."""
        return wave_card(self.progress.wave_at, self.progress.exchange)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveInterrupted(Event):
    """The process died in the middle of a wave; what was placed is settled, the rest is not continued."""

    kind: ClassVar[str] = "wave_interrupted"
    severity: ClassVar[Severity] = Severity.WARNING
    wave_at: datetime
    placed: int
    not_continued: int


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
    is_relief: ClassVar[bool] = True
    severity: ClassVar[Severity] = Severity.WARNING
    source: str
    outage: timedelta
