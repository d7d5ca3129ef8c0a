"""Merging candles of several files and frames."""

from datetime import timedelta

from bot.feeds.candle_series import filled_up, in_order
from core.domain.market import Candle
from tests.builders import NOW, price, quantity


def candles(minutes: list[int], frame: int) -> list[Candle]:
    return [
        Candle(
            exchange="binance",
            symbol="SOLUSDT",
            opened_at=NOW + timedelta(minutes=minute),
            duration=timedelta(minutes=frame),
            open=price(1),
            high=price(1),
            low=price(1),
            close=price(1),
            volume=quantity(0),
        )
        for minute in minutes
    ]


def shape(found: list[Candle]) -> list[tuple[int, int]]:
    return [((c.opened_at - NOW) // timedelta(minutes=1), c.duration // timedelta(minutes=1)) for c in found]


def test_several_files_of_a_frame_are_one_row_without_repeats() -> None:
    merged = in_order([iter(candles([0, 1, 2], 1)), iter(candles([2, 3], 1)), iter([])])
    assert shape(list(merged)) == [(0, 1), (1, 1), (2, 1), (3, 1)]


def test_coarse_candles_fill_in_before_between_and_after_fine_ones() -> None:
    fine = candles([5, 6, 7, 8, 9, 20, 21], 1)
    coarse = candles([0, 5, 10, 15, 20, 25], 5)
    expected = [(0, 5), (5, 1), (6, 1), (7, 1), (8, 1), (9, 1), (10, 5), (15, 5), (20, 1), (21, 1), (25, 5)]
    assert shape(list(filled_up(iter(fine), iter(coarse)))) == expected


def test_either_may_be_missing() -> None:
    fine, coarse = candles([1, 2], 1), candles([0, 5], 5)
    assert shape(list(filled_up(iter(fine), iter([])))) == [(1, 1), (2, 1)]
    assert shape(list(filled_up(iter([]), iter(coarse)))) == [(0, 5), (5, 5)]


def test_a_coarse_candle_that_began_before_a_fine_one_ended_is_left_out() -> None:
    fine = candles([3], 5)
    coarse = candles([0, 5, 10], 5)
    assert shape(list(filled_up(iter(fine), iter(coarse)))) == [(3, 5), (10, 5)]
