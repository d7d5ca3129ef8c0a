"""A fixed profit that is enough; off unless set."""

from core.domain.positions import ExitReason
from core.guard.judgement import Exit, Judgement, Sight


def judge(sight: Sight) -> Judgement:
    """Exit at the set profit."""
    target = sight.settings.take_profit
    if target is None or sight.position.profit_ratio(sight.price) < target:
        return None
    return Exit(reason=ExitReason.TAKE_PROFIT)
