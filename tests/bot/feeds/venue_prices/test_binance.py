"""Binance's frames: those that were recorded, those of its documents, and garbage."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.venue_prices.binance import BinanceStream
from bot.feeds.venue_prices.dialect import GARBAGE, SHUTDOWN, UNKNOWN, UNREADABLE, Heard
from tests.bot.feeds.venue_prices.recorded import frames

STREAM = BinanceStream("wss://venue.example/")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "binance_usdm_20210722_sushi_ctk",
            {"bookTicker": 450, "depthUpdate": 440, "kline": 54, "aggTrade": 78},
        ),
        ("binance_usdm_20240808_btcusdt", {"bookTicker": 66089, "depthUpdate": 60, "trade": 21313}),
        (
            "binance_usdm_assorted",
            {
                "aggTrade": 1,
                "markPriceUpdate": 1,
                "trade": 1,
                "trade_off_market": 1,
                "depthUpdate": 1,
                "forceOrder": 1,
                "bookTicker": 1,
            },
        ),
    ],
)
def test_every_recorded_frame_is_understood(shared_data: Path, file: str, expected: dict[str, int]) -> None:
    kinds: Counter[str] = Counter()
    for frame in frames(shared_data / "ws" / f"{file}.jsonl.gz"):
        heard = STREAM.decode(frame)
        kinds[heard.kind] += 1
        assert_same(heard, json.loads(frame)["data"])
    assert kinds == expected


def assert_same(heard: Heard, event: dict[str, object]) -> None:
    """What is a price has come out letter by letter, and nothing else has."""
    if heard.kind in {"aggTrade", "trade"}:
        assert heard == Heard(heard.kind, str(event["s"]), str(event["p"]), None, int(str(event["T"])))
    elif heard.kind == "markPriceUpdate":
        assert heard == Heard(heard.kind, str(event["s"]), None, str(event["p"]), int(str(event["E"])))
    else:
        assert heard == Heard(heard.kind)


def test_raw_and_combined_frames_are_the_same() -> None:
    event = '{"e":"aggTrade","E":5,"a":9,"s":"1000TAGUSDT","p":"0.4210","q":"1","f":1,"l":2,"T":4,"m":true}'
    heard = Heard("aggTrade", "1000TAGUSDT", "0.4210", None, 4)
    assert STREAM.decode(event.encode()) == heard
    assert STREAM.decode(f'{{"stream":"1000tagusdt@aggTrade","data":{event}}}'.encode()) == heard


@pytest.mark.parametrize(
    ("frame", "heard"),
    [
        ('{"result":null,"id":7}', Heard("answer", request=7)),
        ('{"result":["btcusdt@aggTrade"],"id":3}', Heard("answer", request=3)),
        (
            '{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":4}',
            Heard("refusal", request=4, refusal="2: Invalid request: invalid stream"),
        ),
        ('{"code":3,"msg":"Invalid JSON"}', Heard("refusal", refusal="3: Invalid JSON")),
        ('{"code":0,"msg":"Unknown property","id":"x"}', Heard("answer")),
        ('{"e":"serverShutdown","E":1770123456789}', SHUTDOWN),
        ('{"e":"24hrMiniTicker","E":1,"s":"BTCUSDT","c":"1","o":"1"}', Heard("24hrMiniTicker")),
        ('{"e":"trade","E":1,"T":1,"s":"BTCUSDT","t":1,"p":"0","q":"0","X":"NA","m":true}', Heard("trade_off_market")),
        ('{"e":"somethingNew","E":1}', UNKNOWN),
        ("{}", UNKNOWN),
        ('{"e":"aggTrade","E":1,"s":"BTCUSDT","p":1.5,"T":1}', UNREADABLE),
        ("[]", UNREADABLE),
        ('[{"e":"markPriceUpdate"}]', UNREADABLE),
        ("", GARBAGE),
        ("pong", GARBAGE),
        ('{"e":"aggTrade"', GARBAGE),
        ("[" * 100_000, UNREADABLE),
    ],
)
def test_other_frames(frame: str, heard: Heard) -> None:
    assert STREAM.decode(frame.encode()) == heard


@given(st.binary() | st.from_regex(r"\{\"(e|s|p|T|data|id|error)\":.{0,40}\}", fullmatch=True).map(str.encode))
def test_nothing_crashes_it(frame: bytes) -> None:
    assert STREAM.decode(frame).kind


def test_requests_name_both_streams_of_each_symbol() -> None:
    assert STREAM.url == "wss://venue.example/market/ws"
    assert json.loads(STREAM.subscribe(1, ["BTCUSDT", "1000TAGUSDT"])) == {
        "method": "SUBSCRIBE",
        "params": [
            "btcusdt@markPrice@1s",
            "btcusdt@aggTrade",
            "1000tagusdt@markPrice@1s",
            "1000tagusdt@aggTrade",
        ],
        "id": 1,
    }
    assert json.loads(STREAM.unsubscribe(2, ["BTCUSDT"]))["method"] == "UNSUBSCRIBE"


def test_the_largest_request_stays_below_the_limit_of_the_venue() -> None:
    longest = "10000000MOGUSDT_260327"
    assert len(STREAM.subscribe(10**9, [longest] * STREAM.symbols_per_request).encode()) < 4096
    assert 2 * STREAM.symbols_per_connection <= 200
