"""A wave: the signals of one quarter hour, executed at most once ever."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class WaveState(StrEnum):
    """Where a wave stands; stored, so that a restart cannot repeat it."""

    COLLECTING = "collecting"
    EXECUTING = "executing"
    FINISHED = "finished"
    NOT_FOUND = "not_found"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"

    @property
    def is_taken(self) -> bool:
        """True once no signal can join the wave any more."""
        return self is not WaveState.COLLECTING


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """A stored wave. `claimed_at` is when its one execution began, `ended_at` when its state became final."""

    wave_at: datetime
    state: WaveState
    claimed_at: datetime | None = None
    ended_at: datetime | None = None


class ParamsSource(StrEnum):
    """Which params a wave was traded with."""

    OVERRIDE = "override"
    WAVE = "wave"
    STORED = "stored"
    DEFAULTS = "defaults"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveResult:
    """The funnel of one wave on one exchange, from received to executed.

    Attributes:
        executed: Positions opened, unknown outcomes that count as open included.
        target: max_trades of the wave.
        params_source: None when no params could be had.
    """

    wave_at: datetime
    exchange: str
    received: int
    selected: int
    valid: int
    topped_up: int
    executed: int
    refused: int
    duplicates: int
    target: int
    params_source: ParamsSource | None
    duration: timedelta

    @property
    def target_reached(self) -> bool:
        """True when as many positions were opened as the params ask."""
        return self.target > 0 and self.executed >= self.target

    @property
    def buffer_saved(self) -> bool:
        """True when the extra candidates made up for refused or invalid ones."""
        return self.target_reached and self.valid < self.selected


class WaveStage(StrEnum):
    """How far one exchange has come with a wave that it is trading now."""

    RECEIVED = "received"
    VALIDATED = "validated"
    WAITING = "waiting"
    EXECUTING = "executing"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveProgress:
    """A wave that an exchange is trading now, for the card that people watch; kept in memory only.

    Attributes:
        candidates: Symbols with their side that may still be opened, best first: ("SOLUSDT", "BUY").
        opened: Symbols with their side, in order of execution.
        vetoed: Symbols that people have struck out.
        target: max_trades of the wave; 0 before its params are known.
        veto_until_at: When the wave goes on if nobody says anything; None when no veto is waited for.
        trades_by_default: What happens then: it trades, or is left out.
    """

    wave_at: datetime
    exchange: str
    stage: WaveStage
    received: int
    selected: int = 0
    valid: int = 0
    target: int = 0
    params_source: ParamsSource | None = None
    candidates: tuple[tuple[str, str], ...] = ()
    opened: tuple[tuple[str, str], ...] = ()
    vetoed: tuple[str, ...] = ()
    veto_until_at: datetime | None = None
    trades_by_default: bool = True
