"""A fixed profit that is enough."""

import pytest

from core.domain.positions import ExitReason, PositionSide
from core.domain.settings import GuardSettings
from core.guard.judgement import Exit, Sight
from core.guard.rules import take_profit
from tests.builders import NOW, make_position, price, ratio

RULES = GuardSettings(take_profit=ratio("0.05"))


@pytest.mark.parametrize(("side", "below", "reached"), [("long", "104.99", "105"), ("short", "95.01", "95")])
def test_exits_at_the_set_profit(side: str, below: str, reached: str) -> None:
    position = make_position(side=PositionSide(side))
    assert take_profit.judge(Sight(position=position, price=price(below), now=NOW, settings=RULES)) is None
    enough = take_profit.judge(Sight(position=position, price=price(reached), now=NOW, settings=RULES))
    assert enough == Exit(reason=ExitReason.TAKE_PROFIT)


def test_is_off_unless_set() -> None:
    sight = Sight(position=make_position(), price=price(900), now=NOW, settings=GuardSettings())
    assert take_profit.judge(sight) is None
