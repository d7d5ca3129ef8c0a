"""What an export has in its rows: a sheet for each thing that is kept; asking for one belongs to `/export`.

Prices and money are in the quote currency (USDT), ratios are parts of one.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from core.domain.market import ExchangeRef
from core.domain.people import AuditEntry, Role
from core.domain.positions import Position
from core.domain.signals import Signal
from core.domain.verdicts import VerdictRecord
from core.ports.storage import UnitOfWork
from handlers.lookups import verdicts_by_signal
from handlers.spreadsheets import Cell

T = TypeVar("T")
Row = Sequence[Cell]
Columns = Mapping[str, Callable[[T], Cell]]
"""The cells of a row, by the names of their columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is read in one go; `is_newest` on the first one, where what has no end yet belongs."""

    since_at: datetime
    until_at: datetime
    is_newest: bool
    exchanges: Sequence[ExchangeRef]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One kind of export.

    Attributes:
        noun: What a row is.
        role: Who may have it.
        step: How much time is read in one go, so that nobody else is held up.
        read: Returns the rows of a span, the newest first.
    """

    noun: str
    columns: Sequence[str]
    read: Callable[[UnitOfWork, Span], Awaitable[Sequence[Row]]]
    step: timedelta
    role: Role = Role.VIEWER


@dataclass(frozen=True, slots=True, kw_only=True)
class _JudgedSignal:
    signal: Signal
    exchange: str | None
    verdict: VerdictRecord | None


_SIGNALS: Columns[_JudgedSignal] = {
    "wave_at": lambda row: row.signal.wave_at,
    "exchange_id": lambda row: row.signal.exchange_id,
    "exchange": lambda row: row.exchange,
    "id": lambda row: row.signal.id,
    "symbol": lambda row: row.signal.symbol,
    "side": lambda row: row.signal.side,
    "score_week": lambda row: row.signal.score_week,
    "score_month": lambda row: row.signal.score_month,
    "created_at": lambda row: row.signal.created_at,
    "max_trades_filter": lambda row: row.signal.filters.max_trades,
    "stop_loss_filter": lambda row: row.signal.filters.stop_loss,
    "trailing_activation_filter": lambda row: row.signal.filters.trailing_activation,
    "trailing_distance_filter": lambda row: row.signal.filters.trailing_distance,
    "score_week_filter": lambda row: row.signal.filters.score_week,
    "score_month_filter": lambda row: row.signal.filters.score_month,
    "verdict": lambda row: row.verdict.verdict if row.verdict else None,
    "decided_at": lambda row: row.verdict.decided_at if row.verdict else None,
}

_ENTRY: Columns[Position] = {
    "id": lambda position: position.id,
    "exchange": lambda position: position.exchange,
    "symbol": lambda position: position.symbol,
    "side": lambda position: position.side,
    "wave_at": lambda position: position.wave_at,
    "signal_id": lambda position: position.signal_id,
    "leverage": lambda position: position.leverage,
    "entry_quantity": lambda position: position.entry_quantity,
    "entry_price_quote": lambda position: position.entry_price,
    "opened_at": lambda position: position.opened_at,
}

_RESULT: Columns[Position] = {
    "exit_price_quote": lambda position: position.exit_price,
    "exit_reason": lambda position: position.exit_reason,
    "fees_quote": lambda position: position.fees_quote,
    "funding_quote": lambda position: position.funding_quote,
    "pnl_quote": lambda position: position.pnl_quote,
    "closed_at": lambda position: position.closed_at,
}

_POSITIONS: Columns[Position] = {
    **_ENTRY,
    "state": lambda position: position.state,
    "created_at": lambda position: position.created_at,
    "quantity": lambda position: position.quantity,
    "stop_price_quote": lambda position: position.stop_price,
    "best_price_quote": lambda position: position.best_price,
    "is_trailing": lambda position: position.is_trailing,
    "is_breakeven": lambda position: position.is_breakeven,
    "stop_loss_ratio": lambda position: position.plan.stop_loss,
    "trailing_activation_ratio": lambda position: position.plan.trailing_activation,
    "trailing_distance_ratio": lambda position: position.plan.trailing_distance,
    "exit_quantity": lambda position: position.exit_quantity,
    **_RESULT,
}


def _held_s(position: Position) -> int | None:
    if position.closed_at is None or position.opened_at is None:
        return None
    return (position.closed_at - position.opened_at) // timedelta(seconds=1)


_OUTCOMES: Columns[Position] = {
    **_ENTRY,
    **_RESULT,
    "return_ratio": lambda position: position.return_ratio,
    "held_s": _held_s,
}

_AUDIT: Columns[AuditEntry] = {
    "at": lambda entry: entry.at,
    "platform": lambda entry: entry.person.platform,
    "person_id": lambda entry: entry.person.id,
    "person_name": lambda entry: entry.person.name,
    "chat": lambda entry: entry.chat,
    "kind": lambda entry: entry.kind,
    "role": lambda entry: entry.role.name.lower(),
    "outcome": lambda entry: entry.outcome,
    "words": lambda entry: entry.words,
    "before": lambda entry: entry.before,
    "after": lambda entry: entry.after,
}


async def _signals(unit: UnitOfWork, span: Span) -> Sequence[Row]:
    """Return the signals of the waves in a span with what became of them."""
    found = await unit.signals.between(span.since_at, span.until_at)
    verdicts = await verdicts_by_signal(unit, found)
    names = {exchange.id: exchange.name for exchange in span.exchanges}
    judged = (
        _JudgedSignal(signal=signal, exchange=names.get(signal.exchange_id), verdict=verdicts.get(signal.key))
        for signal in reversed(found)
    )
    return [_row(_SIGNALS, each) for each in judged]


async def _positions(unit: UnitOfWork, span: Span) -> Sequence[Row]:
    """Return the positions that ended in a span; with the newest one those that are live now."""
    live = await unit.positions.live() if span.is_newest else ()
    begun = [position for position in live if position.created_at < span.until_at]
    ended = await unit.positions.ended(since=span.since_at, until=span.until_at)
    return [_row(_POSITIONS, position) for position in (*reversed(begun), *ended)]


async def _outcomes(unit: UnitOfWork, span: Span) -> Sequence[Row]:
    ended = await unit.positions.ended(since=span.since_at, until=span.until_at)
    return [_row(_OUTCOMES, position) for position in ended]


async def _audit(unit: UnitOfWork, span: Span) -> Sequence[Row]:
    found = await unit.audit.between(span.since_at, span.until_at)
    return [_row(_AUDIT, entry) for entry in reversed(found)]


def _row(columns: Columns[T], of: T) -> Row:
    return [cell(of) for cell in columns.values()]


SHEETS: Mapping[str, Sheet] = {
    "signals": Sheet(noun="signal", columns=tuple(_SIGNALS), read=_signals, step=timedelta(hours=6)),
    "positions": Sheet(noun="position", columns=tuple(_POSITIONS), read=_positions, step=timedelta(days=1)),
    "outcomes": Sheet(noun="closed position", columns=tuple(_OUTCOMES), read=_outcomes, step=timedelta(days=1)),
    "audit": Sheet(noun="request", columns=tuple(_AUDIT), read=_audit, step=timedelta(days=1), role=Role.ADMIN),
}
"""By the word that asks for it."""
