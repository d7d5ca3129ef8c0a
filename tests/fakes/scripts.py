"""Answers that a test prepares for calls of a fake. Who gives them is elsewhere."""

from dataclasses import dataclass

from core.domain.orders import OrderOutcome


@dataclass(frozen=True, slots=True)
class Script:
    """One answer prepared by a test; None as `symbol` is any."""

    call: str
    answer: OrderOutcome | Exception | str
    symbol: str | None
    is_executed: bool
