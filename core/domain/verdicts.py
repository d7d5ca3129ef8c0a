"""The one recorded answer to "why did this signal trade, or not"."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.domain.signals import Facts


class Verdict(StrEnum):
    """What became of a signal; every signal ends with exactly one."""

    EXECUTED = "executed"
    ORDER_REFUSED = "order_refused"
    ORDER_UNKNOWN = "order_unknown"
    UNUSED_BUFFER = "unused_buffer"
    NOT_SELECTED = "not_selected"
    BELOW_SCORE = "below_score"
    DUPLICATE = "duplicate"
    SAME_SYMBOL_IN_WAVE = "same_symbol_in_wave"
    UNKNOWN_SYMBOL = "unknown_symbol"
    NO_PRICE = "no_price"
    SPREAD_TOO_WIDE = "spread_too_wide"
    BELOW_MIN_NOTIONAL = "below_min_notional"
    LOW_OPEN_INTEREST = "low_open_interest"
    LOW_VOLUME = "low_volume"
    OVERHEATED = "overheated"
    STOP_LISTED = "stop_listed"
    COOLDOWN = "cooldown"
    REGIME = "regime"
    PAUSED = "paused"
    VETOED = "vetoed"
    MAX_POSITIONS = "max_positions"
    MAX_EXPOSURE = "max_exposure"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    STALE = "stale"
    LATE = "late"
    INVALID = "invalid"
    NO_PARAMS = "no_params"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRecord:
    """A verdict with what it rests on.

    Attributes:
        wave_at: None only for a row whose time could not be read.
        facts: What was compared with what, so that a person can be told in a sentence.
    """

    exchange_id: int
    signal_id: str
    symbol: str
    wave_at: datetime | None
    verdict: Verdict
    decided_at: datetime
    facts: Facts = field(default_factory=dict)
