"""The exit rules in their order of priority, and when it is worth asking them again; pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.money import Price
from core.domain.positions import ExitReason, Position
from core.domain.settings import GuardSettings
from core.guard.judgement import Exit, Rule, Sight, TightenStop
from core.guard.rules import aged, breakeven, stop_loss, take_profit, time_exit, trailing_stop

ORDER: tuple[Rule, ...] = (
    stop_loss.judge,
    trailing_stop.judge,
    take_profit.judge,
    breakeven.judge,
    aged.judge,
    time_exit.judge,
)
"""First exit wins; a person's close comes before all of them and asks none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done about a position at a price.

    Attributes:
        position: With its best price, and armed if the activation was reached.
        exit_reason: None: it stays open.
        stop_price: Where the stop is to be moved now, not yet rounded; None: nowhere.
        is_breakeven: True when that move brings the stop to break-even.
        recheck_at: A better stop waits for its interval: ask again then even if no price comes; None: nothing waits.
    """

    position: Position
    exit_reason: ExitReason | None = None
    stop_price: Price | None = None
    is_breakeven: bool = False
    recheck_at: datetime | None = None


def decide(position: Position, price: Price, now: datetime, settings: GuardSettings) -> Decision:
    """Judge an open position at `price`."""
    position = _seen(position, price)
    sight = Sight(position=position, price=price, now=now, settings=settings)
    best: TightenStop | None = None
    for judge in ORDER:
        judgement = judge(sight)
        if isinstance(judgement, Exit):
            return Decision(position=position, exit_reason=judgement.reason)
        if isinstance(judgement, TightenStop) and (best is None or position.is_better(judgement.price, best.price)):
            best = judgement
    if best is None or not _is_worth_moving(position, best.price, settings):
        return Decision(position=position)
    may_move_at = (position.stop_moved_at or now) + settings.trail_min_interval
    if position.stop_moved_at is not None and now < may_move_at:
        return Decision(position=position, recheck_at=may_move_at)
    return Decision(position=position, stop_price=best.price, is_breakeven=best.is_breakeven)


def _seen(position: Position, price: Price) -> Position:
    """Return the position with `price` taken into its best price and its arming."""
    if position.best_price is None or position.is_better(price, position.best_price):
        position = replace(position, best_price=price)
    if not position.is_trailing and trailing_stop.is_armed(position, price):
        position = replace(position, is_trailing=True)
    return position


def _is_worth_moving(position: Position, price: Price, settings: GuardSettings) -> bool:
    """True when `price` is better than the standing stop by the smallest step that the venue is bothered with."""
    standing = stop_loss.stop_of(position)
    step = standing * settings.trail_min_step
    return position.is_better(price, Price(standing + step if position.is_long else standing - step))


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Prices between `low` and `high` (both excluded), before `until_at`, change nothing about a position."""

    low: Price
    high: Price
    until_at: datetime

    def holds(self, price: Price, at: datetime) -> bool:
        """Return True if `price` at `at` needs no decision."""
        return self.low < price < self.high and at < self.until_at


def quiet_band(decision: Decision, now: datetime, settings: GuardSettings) -> Band:
    """Return the band in which `decide` would say nothing new, as far as that can be told in advance."""
    position = decision.position
    stop = stop_loss.stop_of(position)
    if position.is_trailing:
        trail = trailing_stop.trail_of(position)
        stop = trail if position.is_better(trail, stop) else stop
    goals = [position.best_price or position.entry] if position.is_trailing else [_activation(position)]
    if settings.take_profit is not None:
        goals.append(position.price_at_profit(settings.take_profit))
    if settings.breakeven_at is not None and not position.is_breakeven:
        goals.append(position.price_at_profit(settings.breakeven_at))
    goal = min(goals) if position.is_long else max(goals)
    low, high = (stop, goal) if position.is_long else (goal, stop)
    return Band(low=low, high=high, until_at=_next_look(decision, now, settings))


def _activation(position: Position) -> Price:
    return position.price_at_profit(position.plan.trailing_activation)


def _next_look(decision: Decision, now: datetime, settings: GuardSettings) -> datetime:
    """Return when time alone may change the decision; an aged position is looked at with every price."""
    opened_at = decision.position.opened_at or decision.position.created_at
    looks = [opened_at + limit for limit in (settings.max_age, settings.time_exit) if limit is not None]
    if decision.recheck_at is not None:
        looks.append(decision.recheck_at)
    return max(min(looks, default=now + timedelta(days=1)), now)
