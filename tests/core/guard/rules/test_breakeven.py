"""The stop at entry plus costs."""

import pytest

from core.domain.positions import PositionSide
from core.domain.settings import GuardSettings
from core.guard.judgement import Sight, TightenStop
from core.guard.rules import breakeven
from tests.builders import NOW, make_position, price, ratio

RULES = GuardSettings(breakeven_at=ratio("0.01"))


@pytest.mark.parametrize(
    ("side", "below", "reached", "stop"), [("long", "100.99", 101, "100.1"), ("short", "99.01", 99, "99.9")]
)
def test_tightens_at_the_set_profit(side: str, below: str, reached: int, stop: str) -> None:
    position = make_position(side=PositionSide(side))
    assert breakeven.judge(Sight(position=position, price=price(below), now=NOW, settings=RULES)) is None
    judgement = breakeven.judge(Sight(position=position, price=price(reached), now=NOW, settings=RULES))
    assert judgement == TightenStop(price=price(stop), is_breakeven=True)


def test_is_off_unless_set_and_done_once() -> None:
    once = make_position(is_breakeven=True)
    assert breakeven.judge(Sight(position=once, price=price(150), now=NOW, settings=RULES)) is None
    off = Sight(position=make_position(), price=price(150), now=NOW, settings=GuardSettings())
    assert breakeven.judge(off) is None
