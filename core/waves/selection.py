"""Which signals of a wave are candidates, and in which order; pure, nothing is dropped without a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.params import WaveParams
from core.domain.signals import Facts, Signal
from core.domain.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A signal that will not be traded, and why."""

    signal: Signal
    verdict: Verdict
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The split of a wave's signals on one exchange: every signal is in exactly one of the three.

    Attributes:
        head: To be validated, best first: max_trades and the buffer.
        reserve: For the top-up, best first.
        rejections: Out already.
    """

    head: tuple[Signal, ...]
    reserve: tuple[Signal, ...]
    rejections: tuple[Rejection, ...]


def select(signals: Sequence[Signal], params: WaveParams, *, buffer_extra: int, apply_score_filters: bool) -> Selection:
    """Filter by score, rank by score sum (then id), keep the best of each symbol, and split into head and reserve."""
    rejections: list[Rejection] = []
    candidates: list[Signal] = []
    seen: dict[str, Signal] = {}
    for signal in sorted(signals, key=lambda s: s.rank):
        if apply_score_filters and _is_below(signal, params):
            rejections.append(_below(signal, params))
        elif signal.symbol in seen:
            facts = {"other": seen[signal.symbol].id}
            rejections.append(Rejection(signal=signal, verdict=Verdict.SAME_SYMBOL_IN_WAVE, facts=facts))
        else:
            seen[signal.symbol] = signal
            candidates.append(signal)
    cut = params.max_trades + buffer_extra
    return Selection(head=tuple(candidates[:cut]), reserve=tuple(candidates[cut:]), rejections=tuple(rejections))


def top_up_count(valid: int, max_trades: int) -> int:
    """Return how many of the reserve are validated when `valid` candidates are too few: 1.5 for each missing one."""
    missing = max(max_trades - valid, 0)
    return missing * 3 // 2


def unselected(reserve: Sequence[Signal], taken: int, params: WaveParams, buffer_extra: int) -> list[Rejection]:
    """Return the verdicts of reserve signals that were never validated; `taken` candidates came before them."""
    return [
        Rejection(
            signal=signal,
            verdict=Verdict.NOT_SELECTED,
            facts={"rank": taken + place, "taken": taken, "max_trades": params.max_trades, "buffer": buffer_extra},
        )
        for place, signal in enumerate(reserve, start=1)
    ]


def _is_below(signal: Signal, params: WaveParams) -> bool:
    week, month = params.score_week, params.score_month
    return (week is not None and signal.score_week < week) or (month is not None and signal.score_month < month)


def _below(signal: Signal, params: WaveParams) -> Rejection:
    return Rejection(
        signal=signal,
        verdict=Verdict.BELOW_SCORE,
        facts={
            "score_week": str(signal.score_week),
            "score_month": str(signal.score_month),
            "filter_week": None if params.score_week is None else str(params.score_week),
            "filter_month": None if params.score_month is None else str(params.score_month),
        },
    )
