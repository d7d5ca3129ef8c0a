"""Which signals of a wave are candidates, against an oracle that is written from the rules alone."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.signals import Signal
from core.domain.verdicts import Verdict
from core.waves.selection import select, top_up_count, unselected
from tests.builders import make_signal, make_wave_params, make_wave_signals
from tests.core.waves.wave_oracle import expect, rank

SCORES = st.sampled_from([Decimal(text) for text in ("40", "50.0", "50", "60.5", "61", "99.9")])


@st.composite
def waves(draw: st.DrawFn, max_size: int = 40) -> list[Signal]:
    """Signals of one exchange with few distinct scores and symbols, so that ties and repeats are the rule."""
    ids = draw(st.lists(st.integers(1, 5_000_000), max_size=max_size, unique=True))
    symbols = st.sampled_from([f"C{n}USDT" for n in range(max(1, len(ids) * 2 // 3))])
    return [
        make_signal(id, symbol=draw(symbols), score_week=draw(SCORES), score_month=draw(SCORES))
        for id in ids  # noqa: A001 - the field's name
    ]


FILTERS = st.none() | st.sampled_from([Decimal(45), Decimal(50), Decimal("60.5"), Decimal(100)])


def agree(signals: list[Signal], max_trades: int, week: Decimal | None, month: Decimal | None) -> None:
    params = make_wave_params(max_trades=max_trades, score_week=week, score_month=month)
    selection = select(signals, params, buffer_extra=3, apply_score_filters=True)
    expected = expect(signals, max_trades=max_trades, week=week, month=month)
    assert [signal.id for signal in selection.head] == expected.head
    out = {rejection.signal.id: rejection.verdict.value for rejection in selection.rejections}
    early = {"below_score", "same_symbol_in_wave"}
    assert out == {id: verdict for id, verdict in expected.verdicts.items() if verdict in early}  # noqa: A001
    kept = [*selection.head, *selection.reserve]
    assert sorted(s.id for s in signals) == sorted([*(s.id for s in kept), *out])
    assert kept == rank(kept)


@given(waves(), st.integers(1, 20), FILTERS, FILTERS)
def test_agrees_with_the_rules(
    signals: list[Signal], max_trades: int, week: Decimal | None, month: Decimal | None
) -> None:
    agree(signals, max_trades, week, month)


@given(st.integers(0, 200), st.integers(0, 2**32), st.integers(1, 100))
def test_agrees_with_the_rules_on_large_waves(size: int, seed: int, max_trades: int) -> None:
    random = Random(seed)
    signals = [
        make_signal(
            id,
            symbol=f"C{random.randrange(150)}USDT",
            score_week=random.randrange(50, 60),
            score_month=random.randrange(50, 60),
        )
        for id in random.sample(range(1, 10_000), size)  # noqa: A001 - the field's name
    ]
    agree(signals, max_trades, Decimal(52), None)


@given(waves(), st.integers(1, 10), st.randoms(use_true_random=False))
def test_the_order_of_arrival_decides_nothing(signals: list[Signal], max_trades: int, random: Random) -> None:
    params = make_wave_params(max_trades=max_trades)
    shuffled = random.sample(signals, len(signals))
    first = select(signals, params, buffer_extra=3, apply_score_filters=True)
    assert select(shuffled, params, buffer_extra=3, apply_score_filters=True) == first


def test_equal_scores_are_ranked_by_the_number_of_the_id() -> None:
    signals = [make_signal(n, symbol=f"C{n}USDT") for n in (100, 20, 3)]
    selection = select(signals, make_wave_params(), buffer_extra=3, apply_score_filters=True)
    assert [signal.id for signal in selection.head] == ["3", "20", "100"]


def test_ids_that_are_no_numbers_come_last_in_their_own_order() -> None:
    signals = [make_signal(text, symbol=f"C{text}USDT") for text in ("b", "a", "7")]
    selection = select(signals, make_wave_params(), buffer_extra=3, apply_score_filters=True)
    assert [signal.id for signal in selection.head] == ["7", "a", "b"]


def test_a_score_at_the_filter_passes() -> None:
    params = make_wave_params(score_week=Decimal(70), score_month=Decimal(60))
    assert select([make_signal()], params, buffer_extra=3, apply_score_filters=True).rejections == ()


def test_a_signal_below_a_filter_says_what_was_compared() -> None:
    params = make_wave_params(score_week=Decimal("70.1"))
    (rejection,) = select([make_signal()], params, buffer_extra=3, apply_score_filters=True).rejections
    assert rejection.verdict is Verdict.BELOW_SCORE
    assert rejection.facts == {"score_week": "70", "score_month": "60", "filter_week": "70.1", "filter_month": None}


def test_filters_may_be_switched_off() -> None:
    params = make_wave_params(score_week=Decimal(100), score_month=Decimal(100))
    selection = select([make_signal()], params, buffer_extra=3, apply_score_filters=False)
    assert [signal.id for signal in selection.head] == ["1"]


def test_a_repeat_of_a_symbol_names_the_better_one() -> None:
    signals = [make_signal(2, score_week=50), make_signal(9, score_week=80)]
    (rejection,) = select(signals, make_wave_params(), buffer_extra=3, apply_score_filters=True).rejections
    assert (rejection.signal.id, rejection.verdict) == ("2", Verdict.SAME_SYMBOL_IN_WAVE)
    assert rejection.facts == {"other": "9"}


def test_a_better_signal_below_the_filter_does_not_shadow_its_symbol() -> None:
    params = make_wave_params(score_month=Decimal(60))
    signals = [make_signal(1, score_week=99, score_month=59), make_signal(2, score_week=50, score_month=60)]
    selection = select(signals, params, buffer_extra=3, apply_score_filters=True)
    assert [signal.id for signal in selection.head] == ["2"]


@pytest.mark.parametrize(
    ("valid", "max_trades", "count"), [(5, 5, 0), (6, 5, 0), (4, 5, 1), (3, 5, 3), (2, 5, 4), (0, 5, 7), (0, 1, 1)]
)
def test_the_top_up_is_one_and_a_half_for_each_missing_one(valid: int, max_trades: int, count: int) -> None:
    assert top_up_count(valid, max_trades) == count


@given(st.integers(0, 120), st.integers(1, 100))
def test_the_top_up_is_the_whole_part_of_the_product(valid: int, max_trades: int) -> None:
    assert top_up_count(valid, max_trades) == int(max(max_trades - valid, 0) * 1.5)


def test_those_never_validated_are_told_their_rank() -> None:
    reserve = make_wave_signals(2, first=8)
    rejections = unselected(reserve, 7, make_wave_params(max_trades=4), 3)
    assert [r.facts for r in rejections] == [
        {"rank": 8, "taken": 7, "max_trades": 4, "buffer": 3},
        {"rank": 9, "taken": 7, "max_trades": 4, "buffer": 3},
    ]
    assert {r.verdict for r in rejections} == {Verdict.NOT_SELECTED}
