"""A position that takes too long: first break-even is enough, then a loss that grows by the hour."""

from datetime import timedelta

from core.domain.money import ZERO, Ratio
from core.domain.positions import ExitReason
from core.domain.settings import GuardSettings
from core.guard.judgement import Exit, Judgement, Sight

_HOUR = timedelta(hours=1)


def accepted_profit(age: timedelta, settings: GuardSettings) -> Ratio | None:
    """Return the lowest profit that an aged position is closed at; None while it is young.

    In the grace that is break-even (fees of both sides); after it, a loss of `aged_loss_per_hour` an hour,
    growing by the second, at most `aged_max_loss`.
    """
    if settings.max_age is None or age < settings.max_age:
        return None
    late = age - settings.max_age - settings.aged_grace
    if late < timedelta(0):
        return Ratio(2 * settings.fee)
    grown = settings.aged_loss_per_hour * (late // timedelta(seconds=1)) / (_HOUR // timedelta(seconds=1))
    return Ratio(-min(grown, settings.aged_max_loss) + ZERO)


def judge(sight: Sight) -> Judgement:
    """Exit once the profit is no worse than what is accepted at this age."""
    position = sight.position
    accepted = accepted_profit(sight.now - (position.opened_at or position.created_at), sight.settings)
    if accepted is None or position.profit_ratio(sight.price) < accepted:
        return None
    return Exit(reason=ExitReason.AGED)
