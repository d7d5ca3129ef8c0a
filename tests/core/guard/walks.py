"""Random positions, settings and price walks for the exit rules; no rule is here."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from core.domain.money import Price, Ratio
from core.domain.positions import Position, PositionSide
from core.domain.settings import GuardSettings
from core.guard.decide import Decision
from tests.builders import NOW, make_plan, make_position, ratio

Walk = list[tuple[timedelta, Price]]


def ratios(low: str, high: str) -> st.SearchStrategy[Ratio]:
    """Ratios with four places, as percents with two places give them."""
    return st.decimals(Decimal(low), Decimal(high), places=4).map(Ratio)


ENTRIES = st.sampled_from([Decimal(text) for text in ("100", "0.00062", "117033.7", "4.0001", "3")]) | st.decimals(
    Decimal("0.0001"), Decimal(100_000), places=6
).filter(lambda d: d > 0)

SETTINGS = st.builds(
    GuardSettings,
    take_profit=st.none() | ratios("0.005", "0.08"),
    breakeven_at=st.none() | ratios("0.001", "0.05"),
    max_age=st.sampled_from([None, timedelta(hours=3), timedelta(minutes=10)]),
    aged_grace=st.sampled_from([timedelta(0), timedelta(hours=3)]),
    time_exit=st.sampled_from([None, timedelta(hours=72), timedelta(hours=5)]),
    trail_min_step=st.sampled_from([ratio(0), ratio("0.0005"), ratio("0.01")]),
    trail_min_interval=st.sampled_from([timedelta(0), timedelta(seconds=30)]),
)


@st.composite
def positions(draw: st.DrawFn, entries: st.SearchStrategy[Decimal] = ENTRIES) -> Position:
    """Freshly opened positions, with or without a stop that stands already."""
    entry = draw(entries)
    plan = make_plan(
        stop_loss=draw(ratios("0.001", "0.10")),
        trailing_activation=draw(ratios("0.001", "0.06")),
        trailing_distance=draw(ratios("0.0005", "0.03")),
    )
    position = make_position(side=draw(st.sampled_from(PositionSide)), entry=entry, plan=plan, stop_price=None)
    if draw(st.booleans()):
        return replace(position, stop_order_id=None, stop_moved_at=None)
    return replace(position, stop_price=position.price_at_profit(Ratio(-plan.stop_loss)))


@st.composite
def levels(draw: st.DrawFn, position: Position, settings: GuardSettings) -> Price:
    """Prices around a position: anywhere near the entry, or just at what a rule looks at."""
    plan = position.plan
    special = [
        Ratio(-plan.stop_loss),
        plan.trailing_activation,
        Ratio((1 + plan.trailing_activation) * (1 - plan.trailing_distance) - 1),
        Ratio(2 * settings.fee),
        settings.take_profit or Ratio(Decimal(0)),
        settings.breakeven_at or Ratio(Decimal(0)),
    ]
    nudge = draw(st.sampled_from([Decimal(0), Decimal("1e-9"), Decimal("-1e-9")]))
    anywhere = ratios("-0.08", "0.10")
    chosen = draw(st.sampled_from(special).map(lambda r: Ratio(r + nudge)) | anywhere)
    return position.price_at_profit(chosen)


@st.composite
def scenes(
    draw: st.DrawFn, entries: st.SearchStrategy[Decimal] = ENTRIES
) -> tuple[Position, GuardSettings, list[tuple[datetime, Price]]]:
    """A position, settings, and the prices that come with their times."""
    position, settings = draw(positions(entries)), draw(SETTINGS)
    now, walk = NOW, []
    for _ in range(draw(st.integers(1, 12))):
        now += draw(st.sampled_from([timedelta(seconds=s) for s in (0, 1, 29, 30, 31, 600, 3599, 3600, 9000)]))
        walk.append((now, draw(levels(position, settings))))
    return position, settings, walk


def carried_out(decision: Decision, at: datetime) -> Position:
    """Return the position after a venue took the move of the stop that `decision` asks for, if it asks for one."""
    if decision.stop_price is None:
        return decision.position
    return replace(
        decision.position,
        stop_price=decision.stop_price,
        stop_moved_at=at,
        is_breakeven=decision.position.is_breakeven or decision.is_breakeven,
    )
