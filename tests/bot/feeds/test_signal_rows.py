"""One row of the wire format: what is read, what is let pass, what is refused."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from bot.feeds.signal_messages import FrameDecoder
from core.domain.signals import InvalidSignal, Side, Signal, SignalBatch

ROW: Mapping[str, Any] = {
    "id": 5999639,
    "pair_symbol": "ENSOUSDT",
    "recommended_action": "SELL",
    "score_week": 77.8,
    "score_month": 65.6,
    "timestamp": "2025-10-25T19:15:00+00:00",
    "created_at": "2025-10-25T19:33:02.116622+00:00",
    "trading_pair_id": 1013376,
    "exchange_id": 1,
    "score_week_filter": 72.0,
    "score_month_filter": 64.0,
    "max_trades_filter": 3,
    "stop_loss_filter": 5.0,
    "trailing_activation_filter": 2.0,
    "trailing_distance_filter": 0.5,
}


def read(*rows: object) -> SignalBatch:
    frame = msgspec.json.encode({"type": "signals", "data": rows})
    return FrameDecoder(frozenset({1, 2})).decode(frame).batch


def signal(**changes: object) -> Signal:
    batch = read({**ROW, **changes})
    assert batch.invalid == ()
    return batch.signals[0]


def invalid(**changes: object) -> InvalidSignal:
    batch = read({**ROW, **changes})
    assert batch.signals == ()
    return batch.invalid[0]


def test_a_sound_row() -> None:
    read_signal = signal()
    assert read_signal.key == (1, "5999639")
    assert read_signal.symbol == "ENSOUSDT"
    assert read_signal.side is Side.SELL
    assert (read_signal.score_week, read_signal.score_month) == (Decimal("77.8"), Decimal("65.6"))
    assert read_signal.wave_at == datetime(2025, 10, 25, 19, 15, tzinfo=UTC)
    assert read_signal.created_at == datetime(2025, 10, 25, 19, 33, 2, 116622, tzinfo=UTC)
    filters = read_signal.filters
    assert (filters.max_trades, filters.stop_loss) == ("3", "5")
    assert (filters.trailing_activation, filters.trailing_distance) == ("2", "0.5")
    assert (filters.score_week, filters.score_month) == ("72", "64")


def test_text_numbers_mean_the_same_as_numbers() -> None:
    texts = {name: str(value) for name, value in ROW.items()}
    assert read(texts).signals[0].key == signal().key
    assert read(texts).signals[0].score == signal().score


@pytest.mark.parametrize("absent", [None, 0, 0.0, "0", "0.00", "", "  "])
def test_absent_filters(absent: object) -> None:
    assert signal(stop_loss_filter=absent, max_trades_filter=absent).filters.stop_loss is None
    assert signal(stop_loss_filter=absent, max_trades_filter=absent).filters.max_trades is None


def test_missing_filters_are_absent() -> None:
    bare = {name: value for name, value in ROW.items() if not name.endswith("_filter")}
    assert read(bare).signals[0].filters.max_trades is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("abc", "abc"),
        (-1, "-1"),
        (True, "true"),
        ([5], "[5]"),
        ({"a": 1}, '{"a":1}'),
        ("NaN", "NaN"),
        ("a\x00b", "'a\\x00b'"),
    ],
)
def test_a_wrong_filter_costs_only_itself(sent: object, kept: str) -> None:
    filters = signal(stop_loss_filter=sent).filters
    assert filters.stop_loss == kept
    assert filters.max_trades == "3"


def test_an_endless_filter_is_cut() -> None:
    assert len(signal(stop_loss_filter="9" * 10_000).filters.stop_loss or "") <= 40


def test_the_wave_is_the_quarter_hour_of_the_timestamp() -> None:
    assert signal(timestamp="2025-10-25 19:29:59.999+00").wave_at == datetime(2025, 10, 25, 19, 15, tzinfo=UTC)


def test_an_unreadable_created_at_is_given_up() -> None:
    assert signal(created_at="soon").created_at is None
    assert signal(created_at=[1]).created_at is None


@pytest.mark.parametrize("no_id", [None, "N/A", "n/a", "", " "])
def test_a_signal_without_id_is_the_same_signal_each_time(no_id: object) -> None:
    assert signal(id=no_id).id == "na-ENSOUSDT-SELL-1761419700"
    assert len(read({**ROW, "id": no_id}, {**ROW, "id": no_id}).signals) == 1


@pytest.mark.parametrize(
    ("sent", "kept"), [("60-a:b", "60-a:b"), (7.0, "7"), ("7", "7"), (10**30, str(10**30)), (" 8 ", "8")]
)
def test_ids_are_opaque(sent: object, kept: str) -> None:
    assert signal(id=sent).id == kept


@pytest.mark.parametrize(
    ("sent", "kept"), [(" btcusdt ", "BTCUSDT"), ("1000TAGUSDT", "1000TAGUSDT"), ("币安人生USDT", "币安人生USDT")]
)
def test_symbols_are_upper_case(sent: str, kept: str) -> None:
    assert signal(pair_symbol=sent).symbol == kept


@pytest.mark.parametrize("exchange_id", [2, "2", 2.0, "2.0", " 2 "])
def test_exchange_ids_may_be_text(exchange_id: object) -> None:
    assert signal(exchange_id=exchange_id).exchange_id == 2


@pytest.mark.parametrize("action", ["sell", " Sell "])
def test_actions_in_any_case(action: str) -> None:
    assert signal(recommended_action=action).side is Side.SELL


def test_scores_keep_their_digits_but_not_those_of_a_float() -> None:
    assert str(signal(score_week="77.80").score_week) == "77.80"
    assert str(signal(score_week=77.80000000000001).score_week) == "77.800000"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pair_symbol", None), ("pair_symbol", ""), ("pair_symbol", "A" * 41), ("pair_symbol", "BTC USDT"),
        ("pair_symbol", "<b>X</b>"), ("pair_symbol", "=1+1"), ("pair_symbol", "A\u202eB"), ("pair_symbol", 5),
        ("pair_symbol", ["X"]), ("recommended_action", None), ("recommended_action", "HOLD"),
        ("recommended_action", True), ("score_week", None), ("score_week", "abc"), ("score_week", -1),
        ("score_week", 100.1), ("score_month", "NaN"), ("score_month", "sNaN"), ("score_month", "Infinity"),
        ("score_month", "1e999999"), ("score_month", True), ("timestamp", None), ("timestamp", "soon"),
        ("timestamp", 5), ("exchange_id", None), ("exchange_id", "x"), ("exchange_id", 3), ("exchange_id", 1.5),
        ("exchange_id", "9" * 5000), ("id", "a b"), ("id", "x" * 65), ("id", [1]),
        ("id", True), ("id", "<script>"),
    ],
)  # fmt: skip
def test_what_costs_the_row(field: str, value: object) -> None:
    batch = read({**ROW, field: value}, {**ROW, "id": 1})
    assert [found.id for found in batch.signals] == ["1"]
    (found,) = batch.invalid
    assert found.problem.startswith(field)
    assert len(found.problem) < 200
    assert found.problem.isprintable()
    assert found.problem.isascii()
    assert len(found.raw) <= 500


@pytest.mark.parametrize("field", ["id", "exchange_id", "score_week", "timestamp", "pair_symbol", "recommended_action"])
def test_a_number_of_thousands_of_digits_costs_the_row(field: str) -> None:
    row = msgspec.json.encode({**ROW, field: "HUGE"}).replace(b'"HUGE"', b"1" + b"0" * 5000)
    frame = b'{"type":"signals","data":[' + row + b"," + msgspec.json.encode({**ROW, "id": 1}) + b"]}"
    batch = FrameDecoder(frozenset({1, 2})).decode(frame).batch
    assert [found.id for found in batch.signals] == ["1"]
    assert batch.invalid[0].problem.startswith(field)


def test_what_could_be_read_of_a_bad_row_is_told() -> None:
    found = invalid(recommended_action="HOLD")
    assert (found.exchange_id, found.id, found.symbol) == (1, "5999639", "ENSOUSDT")
    assert found.wave_at == datetime(2025, 10, 25, 19, 15, tzinfo=UTC)


def test_a_bad_row_without_id_has_the_same_id_each_time() -> None:
    first, again, other = (invalid(id=None, score_week=score) for score in ("abc", "abc", "abd"))
    assert first.id == again.id
    assert first.id != other.id


@pytest.mark.parametrize("row", [None, 5, "text", [], [[]]])
def test_rows_that_are_no_objects(row: object) -> None:
    batch = read(row, ROW)
    assert len(batch.signals) == 1
    assert batch.invalid[0].exchange_id == 0
