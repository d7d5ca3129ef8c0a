"""The exit rules together: never looser, never untrue, the same for long and short, and quiet only when it is safe."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.domain.money import Price, Ratio
from core.domain.positions import ExitReason, Position, PositionSide
from core.domain.settings import GuardSettings
from core.guard.decide import Band, decide, quiet_band
from tests.builders import NOW, at, make_plan, make_position, price, ratio
from tests.core.guard.walks import carried_out, scenes

Scene = tuple[Position, GuardSettings, list[tuple[datetime, Price]]]
PLAIN = GuardSettings(max_age=None, time_exit=None, trail_min_interval=timedelta(0))


def standing_stop(position: Position) -> Decimal:
    sign = 1 if position.is_long else -1
    return position.stop_price or position.entry * (1 - sign * position.plan.stop_loss)


def plainly(position: Position, now: datetime, at_price: Decimal, rules: GuardSettings) -> tuple[str | None, bool]:
    """Return the exit reason (or None) that the rules give, and whether the trailing stop is armed, with sign algebra.

    Written from the rules, not from the code: `gain` is the profit, `peak` the best price including this one.
    """
    sign = 1 if position.is_long else -1
    entry, plan = position.entry, position.plan
    gain = sign * (at_price / entry - 1)
    peak = max((position.best_price or entry, at_price), key=lambda p: sign * p)
    armed = position.is_trailing or gain >= plan.trailing_activation
    age = now - (position.opened_at or now)
    if sign * (at_price - standing_stop(position)) <= 0:
        return ("trailing_stop" if armed else "breakeven" if position.is_breakeven else "stop_loss"), armed
    if armed and sign * (at_price - peak * (1 - sign * plan.trailing_distance)) <= 0:
        return "trailing_stop", armed
    if rules.take_profit is not None and gain >= rules.take_profit:
        return "take_profit", armed
    if rules.max_age is not None and age >= rules.max_age:
        late = (age - rules.max_age - rules.aged_grace).total_seconds()
        loss = min(Decimal(int(late)) / 3600 * rules.aged_loss_per_hour, rules.aged_max_loss)
        if gain >= (2 * rules.fee if late < 0 else -loss):
            return "aged", armed
    if rules.time_exit is not None and age >= rules.time_exit:
        return "time_exit", armed
    return None, armed


@settings(max_examples=200)
@given(scenes())
def test_exits_as_the_rules_say(scene: Scene) -> None:
    position, rules, walk = scene
    for now, seen in walk:
        decision = decide(position, seen, now, rules)
        reason, armed = plainly(position, now, seen, rules)
        assert decision.exit_reason == reason
        assert decision.position.is_trailing is armed
        if reason is not None:
            assert decision.stop_price is None
            return
        position = carried_out(decision, now)


@settings(max_examples=120)
@given(scenes())
def test_the_stop_is_only_ever_tightened_and_stays_behind_what_made_it(scene: Scene) -> None:
    position, rules, walk = scene
    for now, seen in walk:
        before = standing_stop(position)
        decision = decide(position, seen, now, rules)
        if decision.exit_reason is not None:
            return
        if decision.stop_price is not None:
            assert position.is_better(decision.stop_price, Price(before))
            assert abs(decision.stop_price - before) >= before * rules.trail_min_step
            waited = position.stop_moved_at is None or now - position.stop_moved_at >= rules.trail_min_interval
            assert waited
            plan, best = position.plan, decision.position.best_price
            assert best is not None
            trail = best * (1 - plan.trailing_distance if position.is_long else 1 + plan.trailing_distance)
            costs = position.price_at_profit(Ratio(2 * rules.fee))
            assert decision.stop_price == (costs if decision.is_breakeven else trail)
        position = carried_out(decision, now)


@settings(max_examples=120)
@given(scenes())
def test_a_trailing_exit_was_armed_and_a_stop_loss_never_was(scene: Scene) -> None:
    position, rules, walk = scene
    best_gain = Decimal("-Infinity")
    for now, seen in walk:
        best_gain = max(best_gain, position.profit_ratio(seen))
        decision = decide(position, seen, now, rules)
        was_armed = best_gain >= position.plan.trailing_activation
        if decision.exit_reason is ExitReason.TRAILING_STOP:
            assert was_armed
        if decision.exit_reason in {ExitReason.STOP_LOSS, ExitReason.BREAKEVEN}:
            assert not was_armed
        if decision.exit_reason is not None:
            return
        assert decision.position.is_trailing is was_armed
        position = carried_out(decision, now)


def inside(band: Band) -> list[Price]:
    """Prices strictly within a band: in the middle and as near to its edges as a price comes."""
    width = band.high - band.low
    shares = [Decimal(text) for text in ("1e-12", "1e-6", "0.01", "0.5", "0.99", "0.999999", "0.999999999999")]
    return [Price(band.low + width * share) for share in shares]


@settings(max_examples=250)
@given(scenes(), st.integers(1, 10**7))
def test_nothing_happens_within_the_quiet_band(scene: Scene, early: int) -> None:
    position, rules, walk = scene
    for now, seen in walk:
        decision = decide(position, seen, now, rules)
        if decision.exit_reason is not None:
            return
        if decision.stop_price is None:
            band = quiet_band(decision, now, rules)
            times = [now, band.until_at - timedelta(microseconds=early), band.until_at - timedelta(microseconds=1)]
            for later in (t for t in times if now <= t < band.until_at):
                for within in inside(band) if band.low < band.high else []:
                    assert band.holds(within, later)
                    nothing = decide(decision.position, within, later, rules)
                    assert (nothing.exit_reason, nothing.stop_price) == (None, None)
                    assert nothing.position.is_trailing is decision.position.is_trailing
        position = carried_out(decision, now)


@settings(max_examples=250)
@given(scenes())
def test_a_guard_that_skips_the_band_does_the_same_as_one_that_looks_always(scene: Scene) -> None:
    start, rules, walk = scene

    def actions(*, is_skipping: bool) -> list[tuple[datetime, ExitReason | None, Price | None]]:
        position, band, done = start, None, []
        for now, seen in walk:
            if is_skipping and band is not None and band.holds(seen, now):
                continue
            decision = decide(position, seen, now, rules)
            band = quiet_band(decision, now, rules)
            if decision.exit_reason is not None or decision.stop_price is not None:
                done.append((now, decision.exit_reason, decision.stop_price))
                band = None
            if decision.exit_reason is not None:
                break
            position = carried_out(decision, now)
        return done

    assert actions(is_skipping=True) == actions(is_skipping=False)


def test_the_band_is_worth_having() -> None:
    position = make_position()
    band = quiet_band(decide(position, price(100), NOW, GuardSettings()), NOW, GuardSettings())
    assert (band.low, band.high, band.until_at) == (price(96), price(102), NOW + timedelta(hours=3))
    short = make_position(side=PositionSide.SHORT)
    band = quiet_band(decide(short, price(100), NOW, PLAIN), NOW, PLAIN)
    assert (band.low, band.high) == (price(98), price(104))


def test_the_band_of_a_trailing_position_lies_between_trail_and_peak() -> None:
    position = make_position(best_price=price(110), is_trailing=True, stop_price=price("109.45"))
    band = quiet_band(decide(position, price("109.9"), NOW, PLAIN), NOW, PLAIN)
    assert (band.low, band.high) == (price("109.45"), price(110))


@settings(max_examples=120)
@given(scenes(st.just(Decimal(100))))
def test_long_and_short_are_mirrors_until_they_trail(scene: Scene) -> None:
    position, rules, walk = scene
    far = replace(position.plan, trailing_activation=ratio(9))
    long = replace(position, side=PositionSide.LONG, plan=far, stop_price=None)
    short = replace(long, side=PositionSide.SHORT)
    for now, seen in walk:
        mirrored = Price(200 - seen)
        one, other = decide(long, seen, now, rules), decide(short, mirrored, now, rules)
        assert one.exit_reason == other.exit_reason
        assert one.is_breakeven == other.is_breakeven
        if one.stop_price is None or other.stop_price is None:
            assert one.stop_price is other.stop_price
        else:
            assert one.stop_price - 100 == 100 - other.stop_price
        if one.exit_reason is not None:
            return
        long, short = carried_out(one, now), carried_out(other, now)


@given(st.decimals(Decimal("0.02"), Decimal("0.5"), places=4), st.sampled_from(PositionSide))
def test_the_trail_is_the_distance_behind_the_peak_on_both_sides(gain: Decimal, side: PositionSide) -> None:
    position = make_position(side=side)
    peak = position.price_at_profit(Ratio(gain))
    decision = decide(position, peak, at(1), PLAIN)
    sign = 1 if side is PositionSide.LONG else -1
    assert decision.position.is_trailing
    assert decision.stop_price == peak * (1 - sign * Decimal("0.005"))


def test_a_better_stop_waits_for_its_interval_and_says_until_when() -> None:
    rules = GuardSettings()
    position = make_position(stop_moved_at=at(0))
    decision = decide(position, price(103), at(seconds=10), rules)
    assert (decision.stop_price, decision.recheck_at) == (None, at(seconds=30))
    assert quiet_band(decision, at(seconds=10), rules).until_at == at(seconds=30)
    assert decide(decision.position, price(103), at(seconds=30), rules).stop_price == Decimal("102.485")


def test_a_step_too_small_for_the_venue_moves_nothing() -> None:
    position = make_position(best_price=price(110), is_trailing=True, stop_price=price("109.45"))
    assert decide(position, price("110.05"), at(1), PLAIN).stop_price is None
    assert decide(position, price("110.06"), at(1), PLAIN).stop_price is not None


def test_take_profit_comes_after_the_stops_and_before_age() -> None:
    rules = GuardSettings(take_profit=ratio("0.03"), max_age=timedelta(0), time_exit=timedelta(0))
    assert decide(make_position(), price(103), at(1), rules).exit_reason is ExitReason.TAKE_PROFIT
    assert decide(make_position(), price(96), at(1), rules).exit_reason is ExitReason.STOP_LOSS
    assert decide(make_position(), price("99.9"), at(1), rules).exit_reason is ExitReason.TIME_EXIT
    assert decide(make_position(), price("100.1"), at(1), rules).exit_reason is ExitReason.AGED


@pytest.mark.parametrize("side", PositionSide)
def test_breakeven_brings_the_stop_to_entry_and_costs_once(side: PositionSide) -> None:
    rules = replace(PLAIN, breakeven_at=ratio("0.01"))
    position = make_position(side=side)
    decision = decide(position, position.price_at_profit(ratio("0.01")), at(1), rules)
    assert decision.is_breakeven
    assert decision.stop_price == position.price_at_profit(ratio("0.001"))
    moved = carried_out(decision, at(1))
    assert decide(moved, position.price_at_profit(ratio("0.012")), at(2), rules).stop_price is None
    back = decide(moved, position.price_at_profit(ratio("0.001")), at(3), rules)
    assert back.exit_reason is ExitReason.BREAKEVEN


@given(scenes())
def test_deciding_twice_says_the_same(scene: Scene) -> None:
    position, rules, walk = scene
    now, seen = walk[0]
    once = decide(position, seen, now, rules)
    assume(once.exit_reason is None)
    again = decide(once.position, seen, now, rules)
    assert again == once


def test_a_stop_that_stands_is_not_loosened_by_a_wide_trail() -> None:
    plan = make_plan(trailing_distance=ratio("0.10"))
    position = make_position(plan=plan)
    assert decide(position, price(103), at(1), PLAIN).stop_price is None
