"""What a venue answers when it is asked for prices. Who asks, and how, is wired by the app."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.domain.money import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Prices of a symbol by request.

    Attributes:
        last: Of the last trade.
        mark: By which the venue values positions; None where it does not tell.
        received_at: By our clock.
    """

    last: Price
    mark: Price | None
    received_at: datetime


AskQuotes = Callable[[Collection[str]], Awaitable[Mapping[str, Quote]]]
"""Returns what the venue quotes of the symbols asked for, in one go; those it does not know are absent."""
