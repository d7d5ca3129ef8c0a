"""The stop that follows the best price."""

import pytest

from core.domain.positions import ExitReason, PositionSide
from core.domain.settings import GuardSettings
from core.guard.judgement import Exit, Sight, TightenStop
from core.guard.rules import trailing_stop
from tests.builders import NOW, make_position, price

RULES = GuardSettings()


@pytest.mark.parametrize(("side", "below", "reached"), [("long", "101.99", "102"), ("short", "98.01", "98")])
def test_is_armed_at_the_activation(side: str, below: str, reached: str) -> None:
    position = make_position(side=PositionSide(side))
    assert not trailing_stop.is_armed(position, price(below))
    assert trailing_stop.is_armed(position, price(reached))


def test_stays_armed() -> None:
    assert trailing_stop.is_armed(make_position(is_trailing=True), price(90))


@pytest.mark.parametrize(
    ("side", "best", "trail", "ahead"), [("long", "110", "109.45", "109.46"), ("short", "90", "90.45", "90.44")]
)
def test_follows_at_the_distance_and_exits_behind_it(side: str, best: str, trail: str, ahead: str) -> None:
    position = make_position(side=PositionSide(side), best_price=price(best), is_trailing=True)
    follow = trailing_stop.judge(Sight(position=position, price=price(ahead), now=NOW, settings=RULES))
    assert follow == TightenStop(price=price(trail))
    behind = trailing_stop.judge(Sight(position=position, price=price(trail), now=NOW, settings=RULES))
    assert behind == Exit(reason=ExitReason.TRAILING_STOP)


def test_says_nothing_until_it_is_armed() -> None:
    position = make_position(best_price=price(110))
    assert trailing_stop.judge(Sight(position=position, price=price(97), now=NOW, settings=RULES)) is None
