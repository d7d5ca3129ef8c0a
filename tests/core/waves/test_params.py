"""From the filters of a wave's first signal to the params it is traded with."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.params import PARAM_NAMES, StoredParams
from core.domain.signals import Filters
from core.domain.waves import ParamsSource
from core.waves.params import RANGES, check_param, is_unusual, resolve_params, update_params, value_of, with_value
from tests.builders import (
    NOW,
    WAVE_AT,
    make_filters,
    make_param_change,
    make_param_override,
    make_stored_params,
    ratio,
)

EMPTY = StoredParams(exchange_id=1)
BAD = {
    "max_trades": ["0", "101", "2.5", "-1", "many", "nan", "Infinity", "1e9"],
    "stop_loss": ["0.09", "50.1", "x", ""],
    "trailing_activation": ["0.09", "100.1", "1e400"],
    "trailing_distance": ["0.04", "50.01", "None"],
    "score_week": ["-0.1", "100.1"],
    "score_month": ["-1", "1000"],
}


@pytest.mark.parametrize("name", PARAM_NAMES)
def test_the_ends_of_a_range_are_in_it(name: str) -> None:
    low, high = RANGES[name]
    assert (check_param(name, str(low)), check_param(name, f" {high} ")) == (low, high)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_one_bad_field_alone_is_refused(name: str, text: str) -> None:
    good = {"max_trades": "4", "stop_loss": "3", "trailing_activation": "2.5", "trailing_distance": "0.7"}
    update = update_params(EMPTY, Filters(**{**good, name: text}), WAVE_AT, NOW)
    assert [(problem, sent) for problem, sent, _ in update.problems] == [(name, text)]
    assert value_of(update.params, name) is None
    kept = {change.name for change in update.changes}
    assert kept == set(good) - {name}


def test_present_fields_replace_and_absent_ones_keep() -> None:
    stored = make_stored_params(score_week=Decimal(60))
    update = update_params(stored, Filters(stop_loss="5", max_trades="7.0"), WAVE_AT, NOW + timedelta(minutes=1))
    assert (update.params.stop_loss, update.params.max_trades) == (Decimal(5), 7)
    assert (update.params.trailing_activation, update.params.score_week) == (Decimal(2), Decimal(60))
    assert update.params.updated_at == NOW + timedelta(minutes=1)
    assert [(c.name, c.old, c.new, c.source, c.wave_at) for c in update.changes] == [
        ("max_trades", Decimal(3), Decimal(7), "wave", WAVE_AT),
        ("stop_loss", Decimal(4), Decimal(5), "wave", WAVE_AT),
    ]


def test_unchanged_values_write_nothing_but_are_from_the_wave() -> None:
    stored = make_stored_params()
    update = update_params(stored, make_filters(stop_loss="4.00"), WAVE_AT, NOW + timedelta(minutes=1))
    assert (update.changes, update.loud, update.problems) == ((), (), ())
    assert update.params == stored
    assert update.is_from_wave


def test_nothing_given_is_not_from_the_wave() -> None:
    assert not update_params(make_stored_params(), Filters(), WAVE_AT, NOW).is_from_wave
    assert not update_params(make_stored_params(), Filters(stop_loss="x"), WAVE_AT, NOW).is_from_wave


@pytest.mark.parametrize(("new", "is_loud"), [("4.4", False), ("4.41", True), ("3.6", False), ("3.59", True)])
def test_a_change_above_a_tenth_is_loud(new: str, is_loud: bool) -> None:
    update = update_params(make_stored_params(), Filters(stop_loss=new), WAVE_AT, NOW)
    assert update.loud == ((("stop_loss", Decimal(4), Decimal(new)),) if is_loud else ())


def test_a_first_value_is_not_loud() -> None:
    assert update_params(EMPTY, make_filters(), WAVE_AT, NOW).loud == ()


@given(st.dictionaries(st.sampled_from(PARAM_NAMES), st.text(max_size=8) | st.decimals().map(str)))
def test_whatever_is_sent_what_is_stored_is_in_range(filters: dict[str, str]) -> None:
    update = update_params(EMPTY, Filters(**filters), WAVE_AT, NOW)
    for name in PARAM_NAMES:
        value = value_of(update.params, name)
        assert value is None or RANGES[name][0] <= value <= RANGES[name][1]
    assert len(update.changes) + len(update.problems) == len(filters)


def test_far_from_the_usual_needs_ten_changes_and_three_deviations() -> None:
    usual = [make_param_change(new=Decimal(value)) for value in (3, 5) * 5]  # mean 4, deviation 1
    assert not is_unusual(Decimal(7), usual)
    assert is_unusual(Decimal("7.01"), usual)
    assert is_unusual(Decimal("0.99"), usual)
    assert not is_unusual(Decimal(40), usual[:9])


def test_a_constant_past_makes_nothing_unusual() -> None:
    assert not is_unusual(Decimal(9), [make_param_change(new=Decimal(4))] * 20)


def test_an_override_wins_over_the_wave_that_over_the_defaults() -> None:
    stored = make_stored_params(trailing_distance=None)
    defaults = make_stored_params(0, stop_loss=Decimal(9), trailing_distance=Decimal("0.8"))
    params = resolve_params(stored, defaults, [make_param_override("stop_loss", 3)], is_from_wave=True)
    assert params is not None
    assert (params.stop_loss, params.trailing_distance, params.max_trades) == (ratio("0.03"), ratio("0.008"), 3)
    assert params.source is ParamsSource.OVERRIDE


@pytest.mark.parametrize(
    ("has_row", "is_from_wave", "source"),
    [(True, True, "wave"), (True, False, "stored"), (False, False, "defaults")],
)
def test_the_source_is_said(has_row: bool, is_from_wave: bool, source: str) -> None:
    stored = make_stored_params() if has_row else None
    params = resolve_params(stored, make_stored_params(0), [], is_from_wave=is_from_wave)
    assert params is not None
    assert params.source == source


@pytest.mark.parametrize("missing", PARAM_NAMES[:4])
def test_a_needed_value_that_is_nowhere_means_no_params(missing: str) -> None:
    stored = replace(make_stored_params(), **{missing: None})  # type: ignore[arg-type]
    assert resolve_params(stored, None, [], is_from_wave=True) is None


def test_score_filters_may_be_missing() -> None:
    params = resolve_params(make_stored_params(), None, [], is_from_wave=True)
    assert params is not None
    assert (params.score_week, params.score_month) == (None, None)


@given(st.sampled_from(PARAM_NAMES), st.integers(1, 100))
def test_a_value_that_is_set_is_read_back(name: str, value: int) -> None:
    assert value_of(with_value(EMPTY, name, Decimal(value)), name) == value
