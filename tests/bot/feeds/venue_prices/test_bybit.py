"""Bybit's frames: those that were recorded, those of its documents, and garbage."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.venue_prices.bybit import BybitStream
from bot.feeds.venue_prices.dialect import GARBAGE, PONG, UNKNOWN, UNREADABLE, Heard
from tests.bot.feeds.venue_prices.recorded import frames

STREAM = BybitStream("wss://venue.example")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "bybit_v2_usdt_20210417_bch_xtz_ada",
            {"trade": 33, "answer": 6, "orderBookL2_25": 1302},
        ),
        ("bybit_v5_linear_20241201_xrpusdt_orderbook500", {"orderbook": 25}),
        ("bybit_v5_linear_assorted", {"trade": 1, "orderbook": 3, "ticker": 3, "liquidation": 1}),
        ("bybit_v5_control_and_doc_samples", {"ticker": 1, "kline": 1, "answer": 1, "refusal": 1}),
    ],
)
def test_every_recorded_frame_is_understood(shared_data: Path, file: str, expected: dict[str, int]) -> None:
    kinds: Counter[str] = Counter()
    for frame in frames(shared_data / "ws" / f"{file}.jsonl.gz"):
        heard = STREAM.decode(frame)
        kinds[heard.kind] += 1
        assert_same(heard, json.loads(frame))
    assert kinds == expected


def assert_same(heard: Heard, message: dict[str, object]) -> None:
    """What is a price has come out letter by letter, and nothing else has."""
    topic, data, ts = str(message.get("topic")), message.get("data"), int(str(message.get("ts", 0)))
    symbol = topic.rpartition(".")[2]
    if heard.kind == "ticker":
        assert isinstance(data, dict)
        is_delta = message["type"] == "delta"
        assert heard == Heard("ticker", symbol, data.get("lastPrice"), data.get("markPrice"), ts, is_delta)
    elif heard.kind == "trade":
        assert isinstance(data, list)
        assert heard == Heard("trade", symbol, data[-1].get("p") or data[-1]["price"], None, ts)
    else:
        assert (heard.symbol, heard.last, heard.mark) == ("", None, None)


@pytest.mark.parametrize(
    ("frame", "heard"),
    [
        ('{"success":true,"ret_msg":"","conn_id":"x","req_id":"12","op":"subscribe"}', Heard("answer", request=12)),
        ('{"success":true,"ret_msg":"subscribe","conn_id":"x","req_id":"","op":"subscribe"}', Heard("answer")),
        (
            '{"success":false,"ret_msg":"error:handler not found,topic:tickers.NOPEUSDT","req_id":"3"}',
            Heard("refusal", request=3, refusal="error:handler not found,topic:tickers.NOPEUSDT"),
        ),
        (
            '{"success":false,"ret_msg":"error:already subscribed,topic:tickers.BTCUSDT","req_id":"4"}',
            Heard(
                "refusal",
                request=4,
                refusal="error:already subscribed,topic:tickers.BTCUSDT",
                is_standing=True,
            ),
        ),
        ('{"success":false,"req_id":"5"}', Heard("refusal", request=5, refusal="no reason given")),
        ('{"success":false,"req_id":"' + "9" * 5000 + '"}', Heard("refusal", refusal="no reason given")),
        ('{"success":true,"ret_msg":"pong","conn_id":"x","req_id":"","op":"ping"}', PONG),
        ('{"op":"pong","args":["1757405570352"],"conn_id":"x"}', PONG),
        ('{"topic":"tickers.BTCUSDT","type":"delta","data":[],"ts":1}', UNKNOWN),
        ('{"topic":"publicTrade.BTCUSDT","type":"snapshot","data":[],"ts":1}', UNKNOWN),
        ('{"topic":"news","data":{}}', UNKNOWN),
        ("{}", UNKNOWN),
        ('{"topic":"tickers.BTCUSDT","type":"delta","data":{"lastPrice":1.5},"ts":1}', UNREADABLE),
        ("[]", UNREADABLE),
        ("", GARBAGE),
        ("pong", GARBAGE),
        ("\x00", GARBAGE),
    ],
)
def test_other_frames(frame: str, heard: Heard) -> None:
    assert STREAM.decode(frame.encode()) == heard


@given(
    st.binary() | st.from_regex(r"\{\"(topic|data|ts|success|req_id|op)\":.{0,40}\}", fullmatch=True).map(str.encode)
)
def test_nothing_crashes_it(frame: bytes) -> None:
    assert STREAM.decode(frame).kind


def test_requests() -> None:
    assert STREAM.url == "wss://venue.example/v5/public/linear"
    assert json.loads(STREAM.subscribe(1, ["BTCUSDT", "10000ELONUSDT"])) == {
        "req_id": "1",
        "op": "subscribe",
        "args": ["tickers.BTCUSDT", "tickers.10000ELONUSDT"],
    }
    assert json.loads(STREAM.unsubscribe(2, ["BTCUSDT"]))["op"] == "unsubscribe"


def test_a_full_connection_stays_below_the_limit_of_the_venue() -> None:
    assert STREAM.symbols_per_connection * len('"tickers.1000000BABYDOGEUSDT-27MAR26",') <= 21_000
