"""One row of the signal server's wire format put into a domain signal. Frames and connections live elsewhere."""

import hashlib
import re
from collections.abc import Callable, Container, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec

from bot.feeds.signal_times import read_time
from core.domain.signals import Filters, InvalidSignal, Side, Signal
from core.waves.calendar import floor_to_grid

SignalKey = tuple[int, str]
Loose = int | float | str | None
"""A number that may come as text, or a text that may come as a number."""
T = TypeVar("T")

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_MAX_PLAIN_ID = 10**18
_NO_ID = frozenset({"", "N/A", "NA", "NONE", "NULL"})
_SYMBOL_LENGTH = 40
_SCORE_PLACES = 6
_SHOWN_LENGTH = 40
_RAW_LENGTH = 500


class WireRow(msgspec.Struct, gc=False):
    """A signal as sent; unknown fields are dropped."""

    id: Loose = None
    pair_symbol: str | None = None
    recommended_action: str | None = None
    score_week: Decimal | None = None
    score_month: Decimal | None = None
    timestamp: Loose = None
    created_at: Loose = None
    exchange_id: Loose = None
    score_week_filter: Loose = None
    score_month_filter: Loose = None
    max_trades_filter: Loose = None
    stop_loss_filter: Loose = None
    trailing_activation_filter: Loose = None
    trailing_distance_filter: Loose = None


class UnreadableRowError(ValueError):
    """A row that is no signal; the text says which field and what is wrong."""


class RowReader:
    """Reads the rows of one frame; what repeats within the frame (times, filters) is parsed once."""

    def __init__(self, exchange_ids: frozenset[int], known: Container[SignalKey]) -> None:
        self._exchange_ids = exchange_ids
        self._known = known
        self._taken: set[SignalKey] = set()
        self._exchanges: dict[Loose, int] = {}
        self._waves: dict[Loose, datetime] = {}
        self._times: dict[Loose, datetime | None] = {}
        self._scores: dict[Decimal, Decimal] = {}
        self._filters: dict[tuple[Loose, ...], Filters] = {}

    def read(self, row: WireRow) -> Signal | None:
        """Return the signal, or None if it is known already or stood in this frame before.

        Raises:
            UnreadableRowError: the row is no signal.
        """
        exchange_id = self._exchanges.get(row.exchange_id) or self._exchange_id(row.exchange_id)
        signal_id = _signal_id(row.id)
        if signal_id and self._is_repeated((exchange_id, signal_id)):
            return None
        symbol, side, wave_at = _symbol(row.pair_symbol), _side(row.recommended_action), self._waves.get(row.timestamp)
        if wave_at is None:
            wave_at = self._wave_at(row.timestamp)
        if not signal_id:
            # The same signal without an id must stay one signal when it is broadcast again.
            signal_id = f"na-{symbol}-{side}-{int(wave_at.timestamp())}"
            if self._is_repeated((exchange_id, signal_id)):
                return None
        signal = Signal(
            exchange_id=exchange_id,
            id=signal_id,
            symbol=symbol,
            side=side,
            score_week=self._score("score_week", row.score_week),
            score_month=self._score("score_month", row.score_month),
            wave_at=wave_at,
            created_at=self._time(row.created_at),
            filters=self._filters_of(row),
        )
        self._taken.add((exchange_id, signal_id))
        return signal

    def _is_repeated(self, key: SignalKey) -> bool:
        return key in self._known or key in self._taken

    def _exchange_id(self, value: Loose) -> int:
        number = _exchange_id(value)
        if number not in self._exchange_ids:
            raise UnreadableRowError(f"exchange_id {number} is none of ours")
        return self._exchanges.setdefault(value, number)

    def _wave_at(self, value: Loose) -> datetime:
        at = self._time(value)
        if at is None:
            raise UnreadableRowError(f"timestamp is no time: {_shown(value)}")
        return self._waves.setdefault(value, floor_to_grid(at))

    def _score(self, name: str, value: Decimal | None) -> Decimal:
        known = self._scores.get(value) if value is not None and not value.is_snan() else None
        if known is None:
            known = _score(name, value)
            self._scores[known] = known
        return known

    def _time(self, value: Loose) -> datetime | None:
        try:
            return self._times[value]
        except KeyError:
            return self._times.setdefault(value, read_time(value))

    def _filters_of(self, row: WireRow) -> Filters:
        values = (
            row.max_trades_filter,
            row.stop_loss_filter,
            row.trailing_activation_filter,
            row.trailing_distance_filter,
            row.score_week_filter,
            row.score_month_filter,
        )
        known = self._filters.get(values)
        if known is None:
            max_trades, stop_loss, activation, distance, week, month = map(_filter_text, values)
            known = self._filters[values] = Filters(
                max_trades=max_trades,
                stop_loss=stop_loss,
                trailing_activation=activation,
                trailing_distance=distance,
                score_week=week,
                score_month=month,
            )
        return known


def loosened(fields: Mapping[str, Any]) -> WireRow:
    """Return the wire row of `fields` whose types did not fit, giving up what a signal can do without.

    Raises:
        UnreadableRowError: a field that every signal needs has no usable type.
    """
    row = WireRow()
    for name in WireRow.__struct_fields__:
        value = fields.get(name)
        is_plain = value is None or (isinstance(value, int | float | str) and not isinstance(value, bool))
        if name.endswith("_filter"):
            # Kept as text, so that the params refuse and record this one value alone.
            setattr(row, name, value if is_plain else msgspec.json.encode(value).decode())
        elif name == "created_at":
            row.created_at = value if is_plain else None
        elif not is_plain:
            raise UnreadableRowError(f"{name} is neither text nor number: {_shown(value)}")
        elif name in {"score_week", "score_month"}:
            setattr(row, name, None if value is None else _decimal(name, value))
        else:
            setattr(row, name, value)
    return row


def rejected(raw: bytes, fields: Mapping[str, Any], problem: str) -> InvalidSignal:
    """Return what can be told of a row that is no signal; the same row gives the same id."""
    at = read_time(fields.get("timestamp"))
    return InvalidSignal(
        exchange_id=_try(_exchange_id, fields.get("exchange_id"), 0),
        id=_try(_signal_id, fields.get("id"), "") or "x" + hashlib.sha256(raw).hexdigest()[:24],
        symbol=_try(_symbol, fields.get("pair_symbol"), ""),
        wave_at=None if at is None else floor_to_grid(at),
        problem=problem,
        raw=raw[: _RAW_LENGTH * 4].decode("utf-8", "replace")[:_RAW_LENGTH],
    )


def _try(read: Callable[[object], T], value: object, default: T) -> T:
    try:
        return read(value)
    except UnreadableRowError:
        return default


def _exchange_id(value: object) -> int:
    try:
        # Some writers turn whole numbers into 1.0.
        number = int(str(value).strip().removesuffix(".0"))
    except ValueError:
        raise UnreadableRowError(f"exchange_id is no number: {_shown(value)}") from None
    if not 0 <= number < 1_000_000:
        raise UnreadableRowError(f"exchange_id is out of range: {_shown(value)}")
    return number


def _signal_id(value: object) -> str:
    """Return the id as text, empty if the server gave none."""
    if type(value) is int and 0 <= value <= _MAX_PLAIN_ID:
        return str(value)
    if value is None:
        return ""
    try:
        text = str(value).strip()
    except ValueError:  # a number of thousands of digits
        text = "?"
    if isinstance(value, float):
        text = text.removesuffix(".0")
    if text.upper() in _NO_ID:
        return ""
    if isinstance(value, bool) or not _ID.fullmatch(text):
        raise UnreadableRowError(f"id is no short plain text: {_shown(value)}")
    return text


def _symbol(value: object) -> str:
    symbol = value.strip().upper() if isinstance(value, str) else ""
    # Letters of any script: real contracts have had Chinese names.
    if not symbol.isalnum() or len(symbol) > _SYMBOL_LENGTH:
        raise UnreadableRowError(f"pair_symbol is no symbol: {_shown(value)}")
    return symbol


def _side(value: object) -> Side:
    if value == "BUY":
        return Side.BUY
    if value == "SELL":
        return Side.SELL
    try:
        return Side(str(value).strip().upper())
    except ValueError:
        raise UnreadableRowError(f"recommended_action is neither BUY nor SELL: {_shown(value)}") from None


def _score(name: str, value: Decimal | None) -> Decimal:
    if value is None:
        raise UnreadableRowError(f"{name} is missing")
    if not value.is_finite() or not 0 <= value <= 100:
        raise UnreadableRowError(f"{name} is not within 0 to 100: {_shown(value)}")
    places = value.as_tuple().exponent
    return round(value, _SCORE_PLACES) if isinstance(places, int) and places < -_SCORE_PLACES else value


def _decimal(name: str, value: object) -> Decimal:
    try:
        return Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        raise UnreadableRowError(f"{name} is no number: {_shown(value)}") from None


def _filter_text(value: Loose) -> str | None:
    """Return a filter as text; 0, null and empty mean absent."""
    if value is None:
        return None
    try:
        text = str(value).strip()
    except ValueError:  # a number of thousands of digits
        return "?"
    if isinstance(value, float):
        text = text.removesuffix(".0")
    try:
        is_zero = not text or Decimal(text) == 0
    except InvalidOperation:
        is_zero = False
    return None if is_zero else (text if text.isprintable() else ascii(text))[:_SHOWN_LENGTH]


def _shown(value: object) -> str:
    """Return a short harmless form of what the server sent."""
    if value is None:
        return "nothing"
    try:
        text = str(value)[: _SHOWN_LENGTH * 2]
    except ValueError:
        return "a number of thousands of digits"
    return ascii(text[:_SHOWN_LENGTH])
