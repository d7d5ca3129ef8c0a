"""Parameters of a wave: how many trades, where the stops stand. Ratios inside, percents at the edges."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.money import Ratio
from core.domain.waves import ParamsSource


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredParams:
    """The row of one exchange; None is "never given".

    Attributes:
        max_trades: A count.
        stop_loss, trailing_activation, trailing_distance: Percent, as the service and people write them.
        score_week, score_month: Lowest score that is traded, 0 to 100.
    """

    exchange_id: int
    max_trades: int | None = None
    stop_loss: Decimal | None = None
    trailing_activation: Decimal | None = None
    trailing_distance: Decimal | None = None
    score_week: Decimal | None = None
    score_month: Decimal | None = None
    updated_at: datetime | None = None


PARAM_NAMES = ("max_trades", "stop_loss", "trailing_activation", "trailing_distance", "score_week", "score_month")
"""Names of the params, as columns, in commands and in texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamChange:
    """One row of the params history; values in the units of `StoredParams`, None is "was not set".

    Attributes:
        source: "wave" or "person".
        author: A person's name, or None for a wave.
    """

    exchange_id: int
    name: str
    old: Decimal | None
    new: Decimal | None
    changed_at: datetime
    source: str
    wave_at: datetime | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamOverride:
    """A person's value that wins over the wave's until `until_at` (None: until cleared)."""

    exchange_id: int
    name: str
    value: Decimal
    author: str
    created_at: datetime
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveParams:
    """Complete params that a wave is traded with.

    Attributes:
        stop_loss: Distance of the protective stop from the entry.
        trailing_activation: Profit at which the trailing stop is armed.
        trailing_distance: How far the trailing stop follows the best price.
        score_week, score_month: None is "no filter".
    """

    max_trades: int
    stop_loss: Ratio
    trailing_activation: Ratio
    trailing_distance: Ratio
    score_week: Decimal | None
    score_month: Decimal | None
    source: ParamsSource
