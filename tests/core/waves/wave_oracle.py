"""What the rules of trading say a wave comes to, written as plainly as the rules are; it knows nothing of our code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.domain.signals import Signal

BUFFER = 3


@dataclass(slots=True)
class Expectation:
    """Verdict by signal id, symbols in the order in which their entries are sent, and the counts of the funnel."""

    verdicts: dict[str, str] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    topped_up: int = 0
    valid: int = 0
    opened: int = 0
    refused: int = 0


def rank(signals: Sequence[Signal]) -> list[Signal]:
    """Return signals by score sum descending, id ascending."""
    by_id = sorted(signals, key=lambda s: int(s.id))
    return sorted(by_id, key=lambda s: s.score_week + s.score_month, reverse=True)


def expect(
    signals: Sequence[Signal],
    *,
    max_trades: int,
    week: Decimal | None = None,
    month: Decimal | None = None,
    flaws: Mapping[str, str] | None = None,
    fates: Mapping[str, str] | None = None,
) -> Expectation:
    """Return what must come of a wave on one exchange.

    `flaws` names the verdict of symbols that fail validation; `fates` what the venue does with an entry (filled unless
    named): partial, refused, unknown, no_funds.
    """
    flaws, fates = flaws or {}, fates or {}
    out = Expectation()
    pool: list[Signal] = []
    for signal in rank(signals):
        too_low = (week is not None and signal.score_week < week) or (month is not None and signal.score_month < month)
        if too_low:
            out.verdicts[signal.id] = "below_score"
        elif any(other.symbol == signal.symbol for other in pool):
            out.verdicts[signal.id] = "same_symbol_in_wave"
        else:
            pool.append(signal)
    head, rest = pool[: max_trades + BUFFER], pool[max_trades + BUFFER :]
    out.head = [signal.id for signal in head]
    valid = [signal for signal in head if signal.symbol not in flaws]
    looked_at = list(head)
    if len(valid) < max_trades and rest:
        wanted = int((max_trades - len(valid)) * 1.5)
        extra, rest = rest[:wanted], rest[wanted:]
        out.topped_up = len(extra)
        looked_at += extra
        valid += [signal for signal in extra if signal.symbol not in flaws]
    out.verdicts |= {signal.id: flaws[signal.symbol] for signal in looked_at if signal.symbol in flaws}
    out.verdicts |= {signal.id: "not_selected" for signal in rest}
    out.valid = len(valid)
    _send(out, valid, fates, max_trades)
    return out


def _send(out: Expectation, valid: Sequence[Signal], fates: Mapping[str, str], max_trades: int) -> None:
    is_broke = False
    for signal in valid:
        if is_broke:
            out.verdicts[signal.id] = "insufficient_funds"
            continue
        if out.opened == max_trades:
            out.verdicts[signal.id] = "unused_buffer"
            continue
        out.sent.append(signal.symbol)
        fate = fates.get(signal.symbol, "filled")
        if fate in {"refused", "no_funds"}:
            out.refused += 1
            is_broke = fate == "no_funds"
            out.verdicts[signal.id] = "insufficient_funds" if is_broke else "order_refused"
        else:
            out.opened += 1
            out.verdicts[signal.id] = "order_unknown" if fate == "unknown" else "executed"
