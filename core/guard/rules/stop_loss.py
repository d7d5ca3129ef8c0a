"""The stop that every position has: the price has reached where it stands."""

from core.domain.money import Price, Ratio
from core.domain.positions import ExitReason, Position
from core.guard.judgement import Exit, Judgement, Sight


def stop_of(position: Position) -> Price:
    """Return where the stop stands, or where its plan puts it while none stands yet."""
    return position.stop_price or position.price_at_profit(Ratio(-position.plan.stop_loss))


def judge(sight: Sight) -> Judgement:
    """Exit when the price is at the stop or beyond; the reason tells whether the stop had been trailing."""
    position = sight.position
    if position.is_better(sight.price, stop_of(position)):
        return None
    if position.is_trailing:
        return Exit(reason=ExitReason.TRAILING_STOP)
    return Exit(reason=ExitReason.BREAKEVEN if position.is_breakeven else ExitReason.STOP_LOSS)
