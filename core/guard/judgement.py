"""What an exit rule may say; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.domain.money import Price
from core.domain.positions import ExitReason, Position
from core.domain.settings import GuardSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a rule judges: an open position at a price.

    Attributes:
        position: With `best_price` and `is_trailing` as they are at this price.
        price: The last price, received at `now`.
    """

    position: Position
    price: Price
    now: datetime
    settings: GuardSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Close the position at market."""

    reason: ExitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class TightenStop:
    """Let the protective stop stand at `price`, not yet rounded; ignored if that is not better than where it stands."""

    price: Price
    is_breakeven: bool = False


Judgement = Exit | TightenStop | None
Rule = Callable[[Sight], Judgement]
