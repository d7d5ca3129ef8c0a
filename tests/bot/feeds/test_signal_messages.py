"""Frames of the signal server, from bytes to what they say."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.signal_messages import FrameDecoder, FrameKind, invalid_key
from core.domain.signals import SignalBatch
from tests.bot.feeds.test_signal_rows import ROW

DECODER = FrameDecoder(frozenset({1, 2}))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.sampled_from([*ROW, "patterns", "total_score"]), JSON, max_size=15)


@pytest.mark.parametrize("kind", ["auth_required", "auth_success", "auth_failed", "ping", "pong", "error", "stats"])
def test_frames_are_told_apart(kind: str) -> None:
    frame = DECODER.decode(json.dumps({"type": kind, "message": "hello", "extra": [1]}).encode())
    assert frame.kind == kind
    assert frame.message == "hello"


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "news"}, {"type": 5}, {"type": None}, {}, [], "signals", 7, None, {"data": []}, {"type": "garbage"},
        {"type": "signals", "data": {"a": 1}}, {"type": "signals", "data": "x"},
    ],
)  # fmt: skip
def test_unknown_types(frame: object) -> None:
    assert DECODER.decode(json.dumps(frame).encode()).kind is FrameKind.UNKNOWN_TYPE


@pytest.mark.parametrize("frame", [b"", b"hello", b"{", b"\xff\xfe", b'{"type":"signals"', b'{"a":' * 100_000])
def test_garbage(frame: bytes) -> None:
    assert DECODER.decode(frame).kind is FrameKind.GARBAGE


@pytest.mark.parametrize(
    "frame", [{"type": "signals"}, {"type": "signals", "data": None}, {"data": [], "type": "signals"}]
)
def test_empty_windows(frame: dict[str, Any]) -> None:
    read = DECODER.decode(json.dumps(frame).encode())
    assert read.kind is FrameKind.SIGNALS
    assert read.batch.signals == ()


def test_a_single_signal() -> None:
    flat = DECODER.decode(json.dumps({"type": "signal", **ROW}).encode())
    nested = DECODER.decode(json.dumps({"type": "signal", "data": ROW}).encode())
    assert flat.kind is FrameKind.SIGNAL
    assert flat.batch == nested.batch
    assert len(flat.batch.signals) == 1


def test_known_signals_are_left_out() -> None:
    frame = json.dumps({"type": "signals", "data": [ROW, {**ROW, "id": 2}, {**ROW, "exchange_id": 2}]}).encode()
    batch = DECODER.decode(frame, known={(1, "5999639")}).batch
    assert [signal.key for signal in batch.signals] == [(1, "2"), (2, "5999639")]


def test_a_row_sent_twice_in_a_frame_is_one_signal() -> None:
    bad = {**ROW, "id": 3, "score_week": "x"}
    batch = DECODER.decode(json.dumps({"type": "signals", "data": [ROW, bad, ROW, bad]}).encode()).batch
    assert (len(batch.signals), len(batch.invalid)) == (1, 1)
    known = {batch.signals[0].key, invalid_key(batch.invalid[0])}
    again = DECODER.decode(json.dumps({"type": "signals", "data": [ROW, bad]}).encode(), known=known).batch
    assert again == SignalBatch()


def test_a_bad_row_that_comes_mended_is_a_signal() -> None:
    bad = DECODER.decode(json.dumps({"type": "signals", "data": [{**ROW, "score_week": "x"}]}).encode()).batch.invalid[
        0
    ]
    batch = DECODER.decode(json.dumps({"type": "signals", "data": [ROW]}).encode(), known={invalid_key(bad)}).batch
    assert len(batch.signals) == 1


@pytest.mark.parametrize(
    "broken",
    [
        json.dumps({**ROW, "id": 9, "score_week": float("nan")}).encode(),
        json.dumps({**ROW, "id": 9, "score_week": float("inf")}).encode(),
        json.dumps({**ROW, "id": 9, "pair_symbol": "\ud800"}).encode(),
        json.dumps({**ROW, "id": 9, "pair_symbol": "@@"}).encode().replace(b"@@", b"\xff\xfe"),
        b'{"id":9,"pair_symbol":' + b"[" * 500 + b"]" * 500 + b"}",
    ],
)
def test_what_is_not_even_strict_json_costs_its_row_only(broken: bytes) -> None:
    sound = json.dumps(ROW).encode()
    frame = DECODER.decode(b'{"type":"signals","data":[' + broken + b"," + sound + b"]}")
    assert [signal.id for signal in frame.batch.signals] == ["5999639"]
    assert len(frame.batch.invalid) == 1


def test_ten_thousand_signals_and_one_bad_row() -> None:
    rows = [{**ROW, "id": number} for number in range(10_000)]
    batch = DECODER.decode(
        msgspec.json.encode({"type": "signals", "count": 10_000, "data": [*rows, {"id": "bad"}]})
    ).batch
    assert len(batch.signals) == 10_000
    assert len(batch.invalid) == 1


@given(st.binary())
def test_no_bytes_raise(frame: bytes) -> None:
    DECODER.decode(frame)


@given(JSON)
def test_no_json_raises(value: object) -> None:
    DECODER.decode(json.dumps(value).encode())
    DECODER.decode(json.dumps({"type": "signals", "data": value}).encode())
    DECODER.decode(json.dumps({"type": "signal", "data": value, "message": value}).encode())


@given(st.lists(FIELDS, max_size=4), st.integers(0, 4))
def test_sound_rows_survive_beside_any_others(others: list[dict[str, Any]], place: int) -> None:
    rows = [{**ROW, **other, "id": number} for number, other in enumerate(others)]
    rows.insert(min(place, len(rows)), dict(ROW))
    batch = DECODER.decode(json.dumps({"type": "signals", "data": rows}).encode()).batch
    assert "5999639" in [signal.id for signal in batch.signals]
    assert len(batch.signals) + len(batch.invalid) == len(rows)
