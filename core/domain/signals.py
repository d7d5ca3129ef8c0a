"""A signal as the scorer meant it; the wire format belongs to the feed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    """Which way an order goes."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        """The side that undoes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The parameters that ride on a signal, as the server wrote them (percents, unchecked text or numbers).

    None means absent: null, missing, 0 or an empty text on the wire. Ranges are judged by `core.waves.params`, so that
    one wrong value is refused and recorded alone.
    """

    max_trades: str | None = None
    stop_loss: str | None = None
    trailing_activation: str | None = None
    trailing_distance: str | None = None
    score_week: str | None = None
    score_month: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One BUY or SELL of a wave.

    Attributes:
        exchange_id: The server's number of the exchange (1 Binance, 2 Bybit).
        id: Opaque, unique within the exchange.
        symbol: Exchange-native.
        score_week, score_month: 0 to 100.
        wave_at: Open of the 15-minute candle, on the UTC grid.
        created_at: When the scorer wrote it; None when the server did not say.
    """

    exchange_id: int
    id: str
    symbol: str
    side: Side
    score_week: Decimal
    score_month: Decimal
    wave_at: datetime
    created_at: datetime | None = None
    filters: Filters = field(default_factory=Filters)

    @property
    def key(self) -> tuple[int, str]:
        """What makes a signal the same one when it is broadcast again."""
        return (self.exchange_id, self.id)

    @property
    def score(self) -> Decimal:
        """The sum that ranks a signal within its wave."""
        return self.score_week + self.score_month

    @property
    def rank(self) -> tuple[Decimal, int, int, str]:
        """Sort key of a wave: score descending, then id ascending (numbers by value, before texts)."""
        number = int(self.id) if self.id.isdecimal() else 0
        return (-self.score, 0 if self.id.isdecimal() else 1, number, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidSignal:
    """A signal that could not be read, with what could be read of it.

    Attributes:
        exchange_id: 0 when it could not be read.
        id: The server's id, or a digest of the raw text when there is none: the same row is the same id.
        problem: For people: which field, what is wrong.
        raw: The row as sent, cut to 500 characters.
    """

    exchange_id: int
    id: str
    symbol: str
    wave_at: datetime | None
    problem: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalBatch:
    """What one frame brought: signals that could be read and rows that could not."""

    signals: tuple[Signal, ...] = ()
    invalid: tuple[InvalidSignal, ...] = ()


Facts = Mapping[str, str | int | bool | None]
"""Details of a verdict or an event; numbers that matter are exact texts."""
