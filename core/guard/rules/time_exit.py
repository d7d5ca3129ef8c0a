"""The longest that a position may live."""

from core.domain.positions import ExitReason
from core.guard.judgement import Exit, Judgement, Sight


def judge(sight: Sight) -> Judgement:
    """Exit at the set age, whatever the position makes."""
    limit = sight.settings.time_exit
    position = sight.position
    if limit is None or sight.now - (position.opened_at or position.created_at) < limit:
        return None
    return Exit(reason=ExitReason.TIME_EXIT)
