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
