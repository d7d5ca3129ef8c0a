"""Frames of the signal server, from bytes to what they say. Pure: no connection, no clock, no memory between frames."""

import json
from collections.abc import Container
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import msgspec

from bot.feeds.signal_rows import RowReader, SignalKey, UnreadableRowError, WireRow, loosened, rejected
from core.domain.signals import InvalidSignal, Signal, SignalBatch

_MESSAGE_LENGTH = 200


class FrameKind(StrEnum):
    """What a frame is; the last two are of no use to anybody and only counted."""

    AUTH_REQUIRED = "auth_required"
    AUTH_SUCCESS = "auth_success"
    AUTH_FAILED = "auth_failed"
    SIGNALS = "signals"
    SIGNAL = "signal"
    PING = "ping"
    PONG = "pong"
    ERROR = "error"
    STATS = "stats"
    UNKNOWN_TYPE = "unknown_type"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame, read.

    Attributes:
        batch: The rows of a `signals` or `signal` frame that are not known yet.
        message: What the server says in words, or why the frame is of no use; short.
    """

    kind: FrameKind
    batch: SignalBatch = field(default_factory=SignalBatch)
    message: str = ""


class _SignalsFrame(msgspec.Struct):
    type: Literal["signals"]
    data: list[WireRow]


class _Envelope(msgspec.Struct):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    message: Any = None
    reason: Any = None


class FrameDecoder:
    """Reads frames; made once, so that the decoders are built once."""

    def __init__(self, exchange_ids: frozenset[int]) -> None:
        self._exchange_ids = exchange_ids
        self._signals = msgspec.json.Decoder(_SignalsFrame)
        self._envelope = msgspec.json.Decoder(_Envelope)
        self._raws = msgspec.json.Decoder(list[msgspec.Raw])
        self._row = msgspec.json.Decoder(WireRow)

    def decode(self, frame: bytes, known: Container[SignalKey] = frozenset()) -> Frame:
        """Return what `frame` says; never raises. Signals whose key is in `known` are left out.

        Nearly every frame is a list of sound rows and is read in one pass; only if that fails are the rows
        read one by one, so that a bad row costs itself alone.
        """
        try:
            rows = self._signals.decode(frame).data
            reader = RowReader(self._exchange_ids, known)
            found = [signal for row in rows if (signal := reader.read(row)) is not None]
            return Frame(kind=FrameKind.SIGNALS, batch=SignalBatch(signals=tuple(found)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, UnreadableRowError):
            return self._decode_slowly(frame, known)

    def _decode_slowly(self, frame: bytes, known: Container[SignalKey]) -> Frame:
        try:
            return self._open(frame, known)
        except msgspec.ValidationError as error:
            return Frame(kind=FrameKind.UNKNOWN_TYPE, message=str(error)[:_MESSAGE_LENGTH])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        try:
            return self._open(_mended(frame), known)
        except msgspec.ValidationError as error:
            return Frame(kind=FrameKind.UNKNOWN_TYPE, message=str(error)[:_MESSAGE_LENGTH])
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            return Frame(kind=FrameKind.GARBAGE, message=f"no JSON: {error}"[:_MESSAGE_LENGTH])

    def _open(self, frame: bytes, known: Container[SignalKey]) -> Frame:
        envelope = self._envelope.decode(frame)
        try:
            kind = FrameKind(envelope.type)
        except ValueError:
            return Frame(kind=FrameKind.UNKNOWN_TYPE, message=ascii(envelope.type[:40]))
        if kind in {FrameKind.UNKNOWN_TYPE, FrameKind.GARBAGE}:
            return Frame(kind=FrameKind.UNKNOWN_TYPE, message=kind)
        data = bytes(envelope.data)
        if kind is FrameKind.SIGNAL:
            return Frame(kind=kind, batch=self._read_rows([data if data.startswith(b"{") else frame], known))
        if kind is FrameKind.SIGNALS and data != b"null":
            return Frame(kind=kind, batch=self._read_rows([bytes(raw) for raw in self._raws.decode(data)], known))
        words = envelope.message if envelope.message is not None else envelope.reason
        return Frame(kind=kind, message="" if words is None else str(words)[:_MESSAGE_LENGTH])

    def _read_rows(self, raws: list[bytes], known: Container[SignalKey]) -> SignalBatch:
        reader = RowReader(self._exchange_ids, known)
        signals: list[Signal] = []
        invalid: dict[SignalKey, InvalidSignal] = {}
        for raw in raws:
            read = self._read_row(raw, reader)
            if isinstance(read, Signal):
                signals.append(read)
            elif read is not None and invalid_key(read) not in known:
                invalid.setdefault(invalid_key(read), read)
        return SignalBatch(signals=tuple(signals), invalid=tuple(invalid.values()))

    def _read_row(self, raw: bytes, reader: RowReader) -> Signal | InvalidSignal | None:
        try:
            return reader.read(self._row.decode(raw))
        except (msgspec.ValidationError, UnreadableRowError):
            pass
        fields = _fields(raw)
        if not isinstance(fields, dict):
            return rejected(raw, {}, "the row is no object")
        try:
            return reader.read(loosened(fields))
        except UnreadableRowError as error:
            return rejected(raw, fields, str(error))
        except RecursionError:
            return rejected(raw, {}, "the row is nested too deep")


def invalid_key(invalid: InvalidSignal) -> SignalKey:
    """Return the key under which an unreadable row is known; never that of a signal, which may come mended."""
    return (invalid.exchange_id, f"!{invalid.id}")


def _fields(raw: bytes) -> object:
    try:
        fields: object = msgspec.json.decode(raw)
    except msgspec.ValidationError:  # sound JSON with a number of thousands of digits
        fields = msgspec.json.decode(_mended(raw))
    return fields


def _mended(frame: bytes) -> bytes:
    """Return `frame` as strict JSON: servers in Python write NaN and Infinity, and text may be cut in mid-letter.

    Raises:
        ValueError: it is no JSON even so.
        RecursionError: it is nested too deep.
    """
    text = frame.decode("utf-8", "replace")
    value = json.loads(text, parse_constant=str, parse_float=str, parse_int=str)
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
