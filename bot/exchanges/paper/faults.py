"""Faults of the paper exchange on demand: scripted, or at random by a seed. It decides and does nothing itself."""

from collections import defaultdict, deque
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from random import Random

from core.domain.money import Ratio
from core.domain.orders import OrderLeg, OrderRequest, RefusalReason

_NEVER = Ratio(Decimal(0))
_ALL_LEGS = frozenset(OrderLeg)


class FaultKind(StrEnum):
    """What goes wrong with one order."""

    REFUSE = "refuse"
    LOSE_REQUEST = "lose_request"
    LOSE_ANSWER = "lose_answer"
    FILL_PARTLY = "fill_partly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong.

    Attributes:
        legs: Orders that it can strike.
        reason: Of a refusal.
        filled: The share that a partial fill executes.
        hangs: A lost call never answers, until the caller's time limit; otherwise it answers `Unknown`.
    """

    kind: FaultKind
    legs: frozenset[OrderLeg] = _ALL_LEGS
    reason: RefusalReason = RefusalReason.OTHER
    filled: Ratio = Ratio(Decimal("0.5"))
    hangs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRates:
    """How often an order meets a fault by itself; shares of one, tried in this order."""

    refuse: Ratio = _NEVER
    refuse_stop: Ratio = _NEVER
    insufficient_funds: Ratio = _NEVER
    lose_request: Ratio = _NEVER
    lose_answer: Ratio = _NEVER
    fill_partly: Ratio = _NEVER


_STOPS = frozenset({OrderLeg.STOP})
_NOT_STOPS = _ALL_LEGS - _STOPS


class PaperFaults:
    """Says what goes wrong with the next order; nothing, unless told."""

    def __init__(self, rates: FaultRates | None = None, seed: int = 0) -> None:
        self._random = Random(seed)
        self._scripted: defaultdict[str, deque[Fault]] = defaultdict(deque)
        rates = rates or FaultRates()
        refused, funds = FaultKind.REFUSE, RefusalReason.INSUFFICIENT_FUNDS
        chances = (
            (rates.refuse, Fault(kind=refused, legs=_NOT_STOPS)),
            (rates.refuse_stop, Fault(kind=refused, legs=_STOPS)),
            (rates.insufficient_funds, Fault(kind=refused, legs=frozenset({OrderLeg.ENTRY}), reason=funds)),
            (rates.lose_request, Fault(kind=FaultKind.LOSE_REQUEST)),
            (rates.lose_answer, Fault(kind=FaultKind.LOSE_ANSWER)),
            (rates.fill_partly, Fault(kind=FaultKind.FILL_PARTLY, legs=_NOT_STOPS)),
        )
        self._chances = tuple(chance for chance in chances if chance[0] > 0)

    def strike(self, symbol: str, fault: Fault) -> None:
        """Let the next order of `symbol` that `fault` can strike meet it; several wait in line."""
        self._scripted[symbol].append(fault)

    def refuse(self, symbol: str, reason: RefusalReason = RefusalReason.OTHER) -> None:
        """Let the next order of `symbol` that is no stop be refused."""
        self.strike(symbol, Fault(kind=FaultKind.REFUSE, legs=_NOT_STOPS, reason=reason))

    def refuse_stop(self, symbol: str, reason: RefusalReason = RefusalReason.OTHER) -> None:
        """Let the next stop of `symbol` be refused."""
        self.strike(symbol, Fault(kind=FaultKind.REFUSE, legs=_STOPS, reason=reason))

    def lose_request(self, symbol: str, *, hangs: bool = False) -> None:
        """Let the next order of `symbol` time out before the venue takes it."""
        self.strike(symbol, Fault(kind=FaultKind.LOSE_REQUEST, hangs=hangs))

    def lose_answer(self, symbol: str, *, hangs: bool = False) -> None:
        """Let the next order of `symbol` time out after the venue took it."""
        self.strike(symbol, Fault(kind=FaultKind.LOSE_ANSWER, hangs=hangs))

    def fill_partly(self, symbol: str, filled: Ratio) -> None:
        """Let the next market order of `symbol` be filled by the share `filled` only."""
        self.strike(symbol, Fault(kind=FaultKind.FILL_PARTLY, legs=_NOT_STOPS, filled=filled))

    def next_for(self, request: OrderRequest) -> Fault | None:
        """Return what goes wrong with `request`, used up; None is the usual case."""
        waiting = self._scripted.get(request.symbol)
        if waiting:
            for fault in waiting:
                if request.leg in fault.legs:
                    waiting.remove(fault)
                    return fault
        return self._by_chance(request.leg)

    def _by_chance(self, leg: OrderLeg) -> Fault | None:
        return next(
            (fault for rate, fault in self._chances if leg in fault.legs and self._random.random() < rate), None
        )
