"""The stop that follows the best price once profit has reached the activation."""

from core.domain.money import Price
from core.domain.positions import ExitReason, Position
from core.guard.judgement import Exit, Judgement, Sight, TightenStop


def is_armed(position: Position, price: Price) -> bool:
    """Return True if the position trails already or reaches its activation at `price`."""
    return position.is_trailing or position.profit_ratio(price) >= position.plan.trailing_activation


def trail_of(position: Position) -> Price:
    """Return where the trailing stop belongs: the distance behind the best price."""
    distance = position.plan.trailing_distance
    best = position.best_price or position.entry
    return Price(best * (1 - distance if position.is_long else 1 + distance))


def judge(sight: Sight) -> Judgement:
    """Exit behind the trail; otherwise let the stop follow it."""
    position = sight.position
    if not position.is_trailing:
        return None
    trail = trail_of(position)
    if not position.is_better(sight.price, trail):
        return Exit(reason=ExitReason.TRAILING_STOP)
    return TightenStop(price=trail)
