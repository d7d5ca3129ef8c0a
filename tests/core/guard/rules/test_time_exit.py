"""The longest that a position may live."""

from datetime import timedelta

from core.domain.positions import ExitReason
from core.domain.settings import GuardSettings
from core.guard.judgement import Exit, Sight
from core.guard.rules import time_exit
from tests.builders import NOW, make_position, price

LIMIT = timedelta(hours=72)


def test_exits_at_the_set_age_whatever_the_price() -> None:
    position = make_position()
    young = Sight(position=position, price=price(1), now=NOW + LIMIT - timedelta(seconds=1), settings=GuardSettings())
    assert time_exit.judge(young) is None
    old = Sight(position=position, price=price(1), now=NOW + LIMIT, settings=GuardSettings())
    assert time_exit.judge(old) == Exit(reason=ExitReason.TIME_EXIT)


def test_is_off_when_unset() -> None:
    rules = GuardSettings(time_exit=None)
    assert time_exit.judge(Sight(position=make_position(), price=price(1), now=NOW + 9 * LIMIT, settings=rules)) is None
