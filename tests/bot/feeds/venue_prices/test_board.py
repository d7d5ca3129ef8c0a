"""What the board believes, what it refuses, and how old it says its prices are."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.venue_prices.board import Board
from bot.feeds.venue_prices.dialect import Heard
from bot.feeds.venue_prices.newest import NewestTicks
from bot.feeds.venue_prices.quotes import Quote
from bot.feeds.venue_prices.settings import StreamedPriceSettings
from core.domain.money import Price
from tests.fakes.clock import START_AT

SECOND = timedelta(seconds=1)


class Bench:
    def __init__(self) -> None:
        self.newest = NewestTicks()
        self.board = Board("bybit", self.newest, StreamedPriceSettings())
        self.board.watch(["BTCUSDT"], START_AT)

    def hear(
        self, last: str | None = None, mark: str | None = None, *, at_s: float = 0, ms: int = 0, rest: bool = False
    ) -> None:
        heard = Heard("ticker", "BTCUSDT", last, mark, ms, rest)
        self.board.take(heard, START_AT + at_s * SECOND)

    def quote(self, last: str, mark: str | None = None, *, asked_s: float, at_s: float) -> None:
        quote = Quote(
            last=Price(Decimal(last)), mark=None if mark is None else Price(Decimal(mark)), received_at=at(at_s)
        )
        self.board.take_quote("BTCUSDT", quote, at(asked_s))

    def price(self) -> str | None:
        tick = self.board.latest("BTCUSDT")
        return None if tick is None else str(tick.price)

    @property
    def age_s(self) -> float:
        tick = self.board.latest("BTCUSDT")
        assert tick is not None
        return (tick.received_at - START_AT) / SECOND

    def due(self, at_s: float, *, is_down: bool = False) -> list[str]:
        return self.board.due(at(at_s), {"BTCUSDT"} if is_down else set())


def at(second: float) -> datetime:
    return START_AT + second * SECOND


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_price_is_stamped_by_our_clock_and_handed_on(bench: Bench) -> None:
    bench.hear("61800.30", at_s=3, ms=1)
    assert (bench.price(), bench.age_s) == ("61800.30", 3)
    tick = await anext(bench.newest)
    assert tick == bench.board.latest("BTCUSDT")
    assert not tick.is_continuous


def test_nothing_is_known_of_symbols_nobody_watches(bench: Bench) -> None:
    bench.board.take(Heard("ticker", "ETHUSDT", "1"), START_AT)
    bench.board.take_quote("ETHUSDT", Quote(last=Price(Decimal(1)), mark=None, received_at=START_AT), START_AT)
    assert bench.board.latest("ETHUSDT") is None
    assert len(bench.newest) == 0


def test_an_older_message_never_replaces_a_newer_one(bench: Bench) -> None:
    bench.hear("100", "100", ms=50)
    bench.hear("90", "200", at_s=1, ms=49)
    assert (bench.price(), bench.age_s) == ("100", 0)
    bench.hear("101", at_s=2, ms=50)
    assert bench.price() == "101"
    assert bench.board.doubts == {"older": 2}


def test_a_venue_time_from_the_future_is_forgotten_when_asked_anew(bench: Bench) -> None:
    bench.hear("100", ms=10**15)
    bench.hear("101", ms=5)
    assert bench.price() == "100"
    bench.board.renew(["BTCUSDT", "NEVERUSDT"])
    assert bench.due(0) == ["BTCUSDT"]
    bench.hear("101", ms=5)
    assert bench.price() == "101"


@pytest.mark.parametrize("text", ["0", "-5", "NaN", "Infinity", "", "none"])
def test_what_is_no_price_is_refused_and_counted(bench: Bench, text: str) -> None:
    bench.hear("100", ms=1)
    bench.hear(text, text, at_s=1, ms=2)
    assert (bench.price(), bench.age_s) == ("100", 0)
    assert bench.board.doubts == {"not_a_price": 2}


def test_an_absurd_price_is_refused_and_its_symbol_grows_old(bench: Bench) -> None:
    bench.hear("1.02", "1.00", ms=1)
    for second in range(1, 8):
        bench.hear("999999", "1.01", at_s=second, ms=1 + second)
    assert (bench.price(), bench.age_s) == ("1.02", 0)
    assert bench.board.doubts == {"off_mark": 7}
    assert bench.due(7) == ["BTCUSDT"]


def test_an_absurd_first_price_is_taken_back_when_its_mark_comes(bench: Bench) -> None:
    bench.hear("999999")
    assert bench.price() == "999999"
    bench.hear(mark="1.00", at_s=1)
    assert (bench.price(), len(bench.newest)) == (None, 0)
    assert bench.board.doubts == {"off_mark": 1}
    bench.hear("1.01", at_s=2)
    assert bench.price() == "1.01"


def test_a_jump_of_both_prices_at_once_is_believed(bench: Bench) -> None:
    bench.hear("100", "100", ms=1)
    bench.hear("50", "51", at_s=1, ms=2)
    assert (bench.price(), bench.board.doubts) == ("50", {})
    bench.quote("100", "99", asked_s=6, at_s=7)
    assert (bench.price(), bench.board.doubts) == ("100", {})


def test_an_absurd_first_price_goes_even_when_it_is_repeated_with_its_mark(bench: Bench) -> None:
    bench.hear("999999", ms=1)
    bench.hear("999999", "1.00", at_s=1, ms=2)
    assert (bench.price(), bench.board.doubts) == (None, {"off_mark": 2})


def test_a_refusal_is_logged_once_a_minute_a_symbol(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for second in range(121):
            bench.hear("0" * 500, at_s=second)
    logged = [record.__dict__ for record in caplog.records]
    assert [record["number"] for record in logged] == [1, 60, 60]
    assert logged[0]["price"] == "0" * 40


def test_what_a_delta_leaves_out_is_as_it_was(bench: Bench) -> None:
    bench.hear("100", "100", ms=1)
    bench.hear(at_s=4, ms=2, rest=True)
    assert (bench.price(), bench.age_s) == ("100", 4)
    bench.hear(mark="101", at_s=5, ms=3, rest=True)
    assert (bench.price(), bench.age_s) == ("100", 5)
    assert len(bench.newest) == 1
    bench.hear(at_s=9, ms=2, rest=True)
    assert bench.age_s == 5


def test_a_frame_about_something_else_makes_no_price_younger(bench: Bench) -> None:
    bench.hear("100", ms=1)
    bench.hear(mark="100", at_s=4, ms=2)
    assert bench.age_s == 0


def test_a_delta_says_nothing_of_prices_of_another_connection(bench: Bench) -> None:
    bench.hear("100", "100", ms=1)
    bench.board.disconnect(["BTCUSDT", "NEVERUSDT"])
    bench.hear(at_s=4, ms=2, rest=True)
    assert bench.age_s == 0
    bench.hear("101", at_s=5, ms=3)
    bench.hear(at_s=6, ms=4, rest=True)
    assert (bench.price(), bench.age_s) == ("101", 6)


def test_a_delta_does_not_confirm_a_price_that_was_refused(bench: Bench) -> None:
    bench.hear("1.0", "1.0", ms=1)
    bench.hear("999999", ms=2, rest=True)
    bench.hear(at_s=4, ms=3, rest=True)
    assert (bench.price(), bench.age_s) == ("1.0", 0)


# --- prices by request ----------------------------------------------------------------------------------------------


def test_a_quote_is_taken_where_the_stream_is_silent(bench: Bench) -> None:
    bench.hear("100", "100", ms=9)
    bench.quote("101", "101", asked_s=6, at_s=7)
    assert (bench.price(), bench.age_s) == ("101", 7)
    bench.hear("102", at_s=8, ms=10)
    assert bench.price() == "102"


def test_a_quote_never_replaces_what_the_stream_told_since_it_was_asked_for(bench: Bench) -> None:
    bench.hear("100", at_s=6.5, ms=9)
    bench.quote("99", asked_s=6, at_s=7)
    assert (bench.price(), bench.age_s) == ("100", 6.5)


def test_an_old_quote_stays_old(bench: Bench) -> None:
    bench.hear("100", at_s=5)
    bench.quote("99", asked_s=20, at_s=4)
    assert (bench.price(), bench.age_s) == ("100", 5)


def test_a_quote_is_judged_by_its_own_mark(bench: Bench) -> None:
    bench.hear("100", "100")
    bench.quote("999999", "100", asked_s=6, at_s=7)
    assert (bench.price(), bench.age_s) == ("100", 0)
    bench.quote("150", "151", asked_s=8, at_s=9)
    assert (bench.price(), bench.age_s) == ("150", 9)


def test_a_delta_does_not_confirm_a_quote_that_says_something_else(bench: Bench) -> None:
    bench.hear("100", "100", ms=1)
    bench.quote("100", asked_s=6, at_s=7)
    bench.hear(at_s=8, ms=2, rest=True)
    assert bench.age_s == 8
    bench.quote("101", asked_s=14, at_s=15)
    bench.hear(at_s=16, ms=3, rest=True)
    assert bench.age_s == 15


def test_when_a_symbol_is_due(bench: Bench) -> None:
    assert (bench.due(0.5), bench.due(1)) == ([], ["BTCUSDT"])
    bench.hear("100", at_s=1)
    assert (bench.due(6), bench.due(6.1)) == ([], ["BTCUSDT"])
    assert (bench.due(1.9, is_down=True), bench.due(2, is_down=True)) == ([], ["BTCUSDT"])
    bench.board.leave(["BTCUSDT"], at(7))
    assert bench.due(20) == []


@pytest.mark.parametrize("is_stream", [True, False])
def test_a_symbol_asked_for_anew_is_due_until_its_next_price(bench: Bench, is_stream: bool) -> None:
    bench.hear("100", at_s=1)
    bench.board.renew(["BTCUSDT"])
    assert bench.due(1) == ["BTCUSDT"]
    if is_stream:
        bench.hear("101", at_s=2)
    else:
        bench.quote("101", asked_s=1.5, at_s=2)
    assert bench.due(2) == []


# --- watching -------------------------------------------------------------------------------------------------------


def test_a_symbol_lingers_before_it_is_forgotten(bench: Bench) -> None:
    board = bench.board
    assert board.watch(["BTCUSDT", "ETHUSDT"], START_AT) == ["ETHUSDT"]
    board.leave(["ETHUSDT", "NEVERUSDT"], START_AT)
    board.take(Heard("ticker", "ETHUSDT", "5"), at(30))
    assert len(bench.newest) == 0
    board.leave(["ETHUSDT"], at(40))
    assert (board.watched, board.expire(at(59)), board.latest("ETHUSDT") is not None) == (1, [], True)
    assert board.watch(["ETHUSDT"], at(59)) == []
    assert board.expire(at(200)) == []
    board.leave(["ETHUSDT"], at(200))
    assert board.expire(at(260)) == ["ETHUSDT"]
    assert board.latest("ETHUSDT") is None


@given(
    st.lists(
        st.tuples(
            st.none() | st.sampled_from(["1", "1.1", "0", "NaN", "999999"]),
            st.none() | st.sampled_from(["1", "1.2", "-1", "1000000"]),
            st.integers(0, 5),
            st.booleans(),
        )
    )
)
def test_whatever_comes_a_price_shown_is_near_its_mark_and_never_younger_than_its_message(
    told: list[tuple[str | None, str | None, int, bool]],
) -> None:
    bench = Bench()
    mark = Decimal(1)
    bench.hear(mark="1")
    newest_ms = 0
    for second, (last, mark_text, ms, rest) in enumerate(told, 1):
        bench.hear(last, mark_text, at_s=second, ms=ms, rest=rest)
        if mark_text in {"1", "1.2", "1000000"} and ms >= newest_ms:
            mark = Decimal(mark_text)
        if mark_text is not None:
            newest_ms = max(newest_ms, ms)
        tick = bench.board.latest("BTCUSDT")
        assert tick is None or abs(tick.price - mark) <= mark * Decimal("0.3")
        assert tick is None or tick.received_at <= at(second)
