"""What one-minute candles tell of the last hour: exactly which minutes count, and which prices."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchanges.market.last_hour import MINUTES, LastHour, read_last_hour
from core.domain.money import Money, Ratio
from tests.builders import money, ratio

NOW_MS = 1_763_632_800_000
QUOTE = 7


def row(minute: int, opened: object = "100", close: object = "100", *, quote: str = "1") -> list[object]:
    """A candle as Binance writes it; `minute` 0 is the one that runs, -1 the one before it."""
    high, low = max(Decimal(str(opened)), Decimal(str(close))), min(Decimal(str(opened)), Decimal(str(close)))
    opened_ms = NOW_MS + minute * 60_000
    return [opened_ms, str(opened), str(high), str(low), str(close), "0.5", opened_ms + 59_999, quote, 5, "0", "0", "0"]


def hour_with_a_rise(minute: int) -> list[object]:
    """61 candles at 100 before `minute`, in which the price rose to 104, and at 104 since."""
    return [row(each, 100 if each <= minute else 104, 100 if each < minute else 104) for each in range(1 - MINUTES, 1)]


def told(rows: list[object]) -> LastHour:
    hour = read_last_hour(rows, QUOTE)
    assert hour is not None
    return hour


@pytest.mark.parametrize("minute", [0, -1, -2, -3, -4, -5])
def test_a_rise_of_the_last_five_minutes_is_seen(minute: int) -> None:
    assert told(hour_with_a_rise(minute)).change_5m_ratio == ratio("0.04")


@pytest.mark.parametrize("minute", [-6, -7, -30])
def test_an_older_rise_is_not(minute: int) -> None:
    assert told(hour_with_a_rise(minute)).change_5m_ratio == 0


def test_a_rise_and_its_return_cancel_out() -> None:
    rows = hour_with_a_rise(-3)
    assert told([*rows[:-1], row(0, 104, 97)]).change_5m_ratio == ratio("-0.03")


def test_a_jump_between_two_candles_is_seen() -> None:
    rows: list[object] = [
        row(minute, 100 if minute < -5 else 104, 100 if minute < -5 else 104) for minute in range(-9, 1)
    ]
    assert told(rows).change_5m_ratio == ratio("0.04")


def test_the_volume_is_that_of_the_sixty_minutes_that_are_over() -> None:
    rows: list[object] = [row(minute, quote=str(2**-minute)) for minute in range(-60, 1)]
    assert len(rows) == MINUTES
    assert told(rows).volume_quote == 2**61 - 2
    assert told([row(-61, quote="7"), *rows]).volume_quote == 2**61 - 2  # one more than was asked for changes nothing


@pytest.mark.parametrize("is_newest_first", [False, True])
def test_the_order_of_candles_does_not_matter(is_newest_first: bool) -> None:
    rows = hour_with_a_rise(-4)
    assert told(rows[::-1] if is_newest_first else rows) == LastHour(
        volume_quote=money(60), change_5m_ratio=ratio("0.04")
    )


def test_a_young_contract_has_traded_what_it_has_and_moved_since_its_first_price() -> None:
    rows: list[object] = [row(-2, 10, 11, quote="7"), row(-1, 11, 11, quote="5"), row(0, 11, 9, quote="100")]
    assert told(rows) == LastHour(volume_quote=money(12), change_5m_ratio=ratio("-0.1"))
    assert told(rows[2:]) == LastHour()
    assert told([]) == LastHour()


@pytest.mark.parametrize("minute", [-6, -20, -59, -60])
def test_over_minutes_without_trades_the_price_before_them_stands(minute: int) -> None:
    rows: list[object] = [row(minute, 90, 100, quote="5"), row(-2, 103, 103, quote="2"), row(0, 103, 104, quote="9")]
    assert told(rows) == LastHour(volume_quote=money(7), change_5m_ratio=ratio("0.04"))


def test_what_was_traded_more_than_an_hour_ago_is_not_of_this_hour() -> None:
    rows: list[object] = [row(-300, 90, 100, quote="5"), row(-61, 100, 100, quote="3"), row(0, 100, 101, quote="9")]
    assert told(rows) == LastHour(volume_quote=money(0), change_5m_ratio=ratio("0.01"))


@pytest.mark.parametrize(
    "broken",
    [
        "nonsense",
        [],
        None,
        row(-3)[:QUOTE],
        row(-3, quote="-1"),
        row(-3, quote="NaN"),
        row(-4),  # twice
        ["0", *row(-3)[1:]],
        ["soon", *row(-3)[1:]],
    ],
)
def test_one_candle_that_cannot_be_true_spoils_the_answer(broken: object) -> None:
    rows: list[object] = [row(minute) for minute in range(-9, 1)]
    rows[6] = broken
    assert read_last_hour(rows, QUOTE) is None


@pytest.mark.parametrize("minute", [-6, 0])
@pytest.mark.parametrize(("place", "figure"), [(4, "0"), (4, "NaN"), (4, "101"), (1, "99"), (3, "100.5"), (2, "")])
def test_a_price_that_counts_must_be_possible(minute: int, place: int, figure: str) -> None:
    rows = [row(each) for each in range(-9, 1)]
    assert read_last_hour(rows, QUOTE) == LastHour(volume_quote=money(9), change_5m_ratio=Ratio(Decimal(0)))
    rows[minute + 9][place] = figure
    assert read_last_hour(rows, QUOTE) is None


@given(st.sets(st.integers(min_value=-120, max_value=-1)), st.randoms(use_true_random=False))
def test_whatever_minutes_are_there_only_those_of_the_hour_count(minutes: set[int], chance: object) -> None:
    rows: list[object] = [row(minute, quote=str(-minute)) for minute in minutes]
    chance.shuffle(rows)  # type: ignore[attr-defined]
    hour = told([*rows, row(0, quote="1000")])
    expected = Money(Decimal(sum(-minute for minute in minutes if minute >= -60)))
    assert hour == (LastHour(volume_quote=expected, change_5m_ratio=Ratio(Decimal(0))) if minutes else LastHour())
