"""The contents of a replay's report: plain values in a fixed order, so that the same run gives the same bytes; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.money import NO_MONEY, ZERO, percent_of_ratio
from core.domain.params import ParamChange
from core.domain.positions import Position, PositionState
from core.domain.verdicts import VerdictRecord
from core.domain.waves import WaveResult

_PERCENT = Decimal("0.0001")

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFacts:
    """What a replay left in its database.

    Attributes:
        positions: Closed and live ones; failed entries left out.
        balances: USDT by exchange at the end, without unrealised profit.
    """

    results: Sequence[WaveResult]
    verdicts: Sequence[VerdictRecord]
    positions: Sequence[Position]
    changes: Sequence[ParamChange]
    balances: Mapping[str, Decimal]
    signals: int


def build_report(facts: ReplayFacts) -> Row:
    """Return the report; times are ISO UTC, money and prices exact texts, percents rounded to four places."""
    return {
        "waves": [_wave(r) for r in sorted(facts.results, key=lambda r: (r.wave_at, r.exchange))],
        "verdicts": [_verdict(v) for v in sorted(facts.verdicts, key=_verdict_order)],
        "positions": [_position(p) for p in sorted(facts.positions, key=lambda p: p.id)],
        "params": [_change(c) for c in facts.changes],
        "totals": _totals(facts),
    }


def _wave(result: WaveResult) -> Row:
    return {
        "wave_at": result.wave_at.isoformat(),
        "exchange": result.exchange,
        "received": result.received,
        "selected": result.selected,
        "valid": result.valid,
        "topped_up": result.topped_up,
        "executed": result.executed,
        "refused": result.refused,
        "duplicates": result.duplicates,
        "target": result.target,
        "target_reached": result.target_reached,
        "params_source": None if result.params_source is None else result.params_source.value,
    }


def _verdict_order(verdict: VerdictRecord) -> tuple[str, int, int, str]:
    return (_time(verdict.wave_at) or "", verdict.exchange_id, len(verdict.signal_id), verdict.signal_id)


def _verdict(verdict: VerdictRecord) -> Row:
    return {
        "signal_id": verdict.signal_id,
        "exchange_id": verdict.exchange_id,
        "symbol": verdict.symbol,
        "wave_at": _time(verdict.wave_at),
        "verdict": verdict.verdict.value,
        "facts": dict(sorted(verdict.facts.items())),
    }


def _position(position: Position) -> Row:
    result = position.return_ratio
    return {
        "exchange": position.exchange,
        "symbol": position.symbol,
        "side": position.side.value,
        "quantity": _exact(position.entry_quantity),
        "entry_at": _time(position.opened_at),
        "entry_price": _exact(position.entry_price),
        "exit_at": _time(position.closed_at),
        "exit_price": _exact(position.exit_price),
        "exit_reason": None if position.exit_reason is None else position.exit_reason.value,
        "pnl_quote": _exact(position.pnl_quote),
        "return_pct": None if result is None else _exact(percent_of_ratio(result).quantize(_PERCENT)),
        "fees_quote": _exact(position.fees_quote),
    }


def _change(change: ParamChange) -> Row:
    return {
        "exchange_id": change.exchange_id,
        "name": change.name,
        "old": _exact(change.old),
        "new": _exact(change.new),
        "changed_at": _time(change.changed_at),
        "source": change.source,
        "wave_at": _time(change.wave_at),
    }


def _totals(facts: ReplayFacts) -> Row:
    closed = [p for p in facts.positions if p.state is PositionState.CLOSED]
    results = [p.pnl_quote or NO_MONEY for p in closed]
    return {
        "signals": facts.signals,
        "verdicts": dict(sorted(Counter(v.verdict.value for v in facts.verdicts).items())),
        "positions_opened": len(facts.positions),
        "positions_closed": len(closed),
        "positions_open": len(facts.positions) - len(closed),
        "exit_reasons": dict(sorted(Counter(p.exit_reason.value for p in closed if p.exit_reason).items())),
        "wins": sum(result > 0 for result in results),
        "losses": sum(result < 0 for result in results),
        "pnl_quote": _exact(sum(results, ZERO)),
        "fees_quote": _exact(sum((p.fees_quote for p in facts.positions), ZERO)),
        "balance_quote": {name: _exact(total) for name, total in sorted(facts.balances.items())},
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _exact(value: Decimal | None) -> str | None:
    """Return `value` without exponent, trailing zeros, and the sign of a zero."""
    if value is None:
        return None
    text = format(value or ZERO, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
