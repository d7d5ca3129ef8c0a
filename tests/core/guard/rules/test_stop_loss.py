"""The stop that every position has."""

from typing import Any

import pytest

from core.domain.positions import ExitReason, PositionSide
from core.domain.settings import GuardSettings
from core.guard.judgement import Exit, Sight
from core.guard.rules import stop_loss
from tests.builders import NOW, make_position, price


def judge(at_price: str, side: PositionSide = PositionSide.LONG, **changes: Any) -> object:  # noqa: ANN401
    position = make_position(side=side, **changes)
    return stop_loss.judge(Sight(position=position, price=price(at_price), now=NOW, settings=GuardSettings()))


@pytest.mark.parametrize(
    ("side", "safe", "touched", "beyond"), [("long", "96.01", "96", "80"), ("short", "103.99", "104", "130")]
)
def test_exits_at_the_stop_and_beyond(side: str, safe: str, touched: str, beyond: str) -> None:
    assert judge(safe, PositionSide(side)) is None
    assert judge(touched, PositionSide(side)) == Exit(reason=ExitReason.STOP_LOSS)
    assert judge(beyond, PositionSide(side)) == Exit(reason=ExitReason.STOP_LOSS)


def test_the_plan_counts_while_no_stop_stands() -> None:
    assert judge("96", stop_price=None) == Exit(reason=ExitReason.STOP_LOSS)
    assert judge("96.1", stop_price=None) is None


def test_the_reason_is_what_the_stop_had_become() -> None:
    assert judge("90", is_trailing=True) == Exit(reason=ExitReason.TRAILING_STOP)
    assert judge("90", is_breakeven=True) == Exit(reason=ExitReason.BREAKEVEN)
    assert judge("90", is_breakeven=True, is_trailing=True) == Exit(reason=ExitReason.TRAILING_STOP)
