"""What an aged position is closed at."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.positions import ExitReason, PositionSide
from core.domain.settings import GuardSettings
from core.guard.judgement import Exit, Sight
from core.guard.rules import aged
from tests.builders import NOW, make_position, price

RULES = GuardSettings()
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "accepted"),
    [
        ("0", None),
        ("2.9999", None),
        ("3", "0.001"),
        ("5.9999", "0.001"),
        ("6", "0"),
        ("7", "-0.005"),
        ("8.5", "-0.0125"),
        ("26", "-0.10"),
        ("500", "-0.10"),
    ],
)
def test_the_profit_that_is_enough(hours: str, accepted: str | None) -> None:
    found = aged.accepted_profit(HOUR * float(hours), RULES)
    assert found == (None if accepted is None else Decimal(accepted))


def test_nothing_is_aged_when_it_is_off() -> None:
    assert aged.accepted_profit(HOUR * 900, GuardSettings(max_age=None)) is None


@given(st.integers(0, 400_000), st.integers(0, 400_000))
def test_more_age_never_asks_for_more(one_s: int, other_s: int) -> None:
    younger, older = sorted((timedelta(seconds=one_s), timedelta(seconds=other_s)))
    before, after = aged.accepted_profit(younger, RULES), aged.accepted_profit(older, RULES)
    assert before is None or (after is not None and after <= before)
    assert after is None or after >= -RULES.aged_max_loss


@pytest.mark.parametrize(("side", "enough", "too_bad"), [("long", "99.5", "99.49"), ("short", "100.5", "100.51")])
def test_closes_at_the_accepted_loss(side: str, enough: str, too_bad: str) -> None:
    position = make_position(side=PositionSide(side))
    sight = Sight(position=position, price=price(enough), now=NOW + 7 * HOUR, settings=RULES)
    assert aged.judge(sight) == Exit(reason=ExitReason.AGED)
    worse = Sight(position=position, price=price(too_bad), now=NOW + 7 * HOUR, settings=RULES)
    assert aged.judge(worse) is None
