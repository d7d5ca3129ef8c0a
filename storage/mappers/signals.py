"""Signals and verdicts as rows."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from core.domain.signals import Filters, InvalidSignal, Side, Signal
from core.domain.verdicts import Verdict, VerdictRecord
from storage.columns import text_of_decimal, text_of_time
from storage.rows import AnyRow, Values

Facts = dict[str, str | int | bool | None]


SIGNAL_COLUMNS = (
    "exchange_id",
    "id",
    "symbol",
    "side",
    "score_week",
    "score_month",
    "wave_at",
    "created_at",
    "received_at",
    "max_trades_filter",
    "stop_loss_filter",
    "trailing_activation_filter",
    "trailing_distance_filter",
    "score_week_filter",
    "score_month_filter",
)


def stored_signal(signal: Signal, received_at: datetime) -> tuple[int | str | None, ...]:
    """Return `SIGNAL_COLUMNS` of a signal that could be read, in the form in which SQLite keeps them."""
    filters = signal.filters
    return (
        signal.exchange_id,
        signal.id,
        signal.symbol,
        signal.side.value,
        text_of_decimal(signal.score_week),
        text_of_decimal(signal.score_month),
        text_of_time(signal.wave_at),
        None if signal.created_at is None else text_of_time(signal.created_at),
        text_of_time(received_at),
        filters.max_trades,
        filters.stop_loss,
        filters.trailing_activation,
        filters.trailing_distance,
        filters.score_week,
        filters.score_month,
    )


def row_of_invalid(signal: InvalidSignal, received_at: datetime) -> Values:
    """Return the row of a signal that could not be read."""
    return {
        "exchange_id": signal.exchange_id,
        "id": signal.id,
        "symbol": signal.symbol,
        "wave_at": signal.wave_at,
        "received_at": received_at,
        "problem": signal.problem,
        "raw": signal.raw,
    }


def signal_of(row: AnyRow) -> Signal:
    """Return the signal of a row that has no problem."""
    return Signal(
        exchange_id=row.exchange_id,
        id=row.id,
        symbol=row.symbol,
        side=Side(row.side),
        score_week=row.score_week,
        score_month=row.score_month,
        wave_at=row.wave_at,
        created_at=row.created_at,
        filters=Filters(
            max_trades=row.max_trades_filter,
            stop_loss=row.stop_loss_filter,
            trailing_activation=row.trailing_activation_filter,
            trailing_distance=row.trailing_distance_filter,
            score_week=row.score_week_filter,
            score_month=row.score_month_filter,
        ),
    )


def row_of_verdict(verdict: VerdictRecord) -> Values:
    """Return the row of a verdict; its facts as JSON."""
    return {
        "exchange_id": verdict.exchange_id,
        "signal_id": verdict.signal_id,
        "symbol": verdict.symbol,
        "wave_at": verdict.wave_at,
        "verdict": verdict.verdict.value,
        "decided_at": verdict.decided_at,
        "facts": text_of_facts(verdict.facts),
    }


def verdict_of(row: AnyRow) -> VerdictRecord:
    """Return the verdict of a row."""
    return VerdictRecord(
        exchange_id=row.exchange_id,
        signal_id=row.signal_id,
        symbol=row.symbol,
        wave_at=row.wave_at,
        verdict=Verdict(row.verdict),
        decided_at=row.decided_at,
        facts=msgspec.json.decode(row.facts, type=Facts),
    )


def text_of_facts(facts: Mapping[str, str | int | bool | None]) -> str:
    """Return facts as JSON, in the order given."""
    return msgspec.json.encode(dict(facts)).decode()
