"""What lists are asked for: an exchange, a symbol, a period and a count in any order; pure, like its parts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.market import ExchangeRef
from handlers import texts
from handlers.arguments import find_exchange, find_symbol, read_count, read_symbol
from handlers.invocation import UsageError
from handlers.time_arguments import Period, find_period


@dataclass(frozen=True, slots=True, kw_only=True)
class ListArguments:
    """What a list was asked to show; None is "not said"."""

    exchange: ExchangeRef | None = None
    symbol: str | None = None
    period: Period | None = None
    count: int | None = None

    def told(self) -> tuple[str, ...]:
        """Return in words what narrows the list; the count does not."""
        parts = (self.exchange and self.exchange.title, self.symbol, self.period and self.period.title)
        return tuple(part for part in parts if part)


def read_list(
    words: Sequence[str], *, exchanges: Sequence[ExchangeRef], known: Collection[str], now: datetime, most: int
) -> ListArguments:
    """Return what a list is asked for; the words may stand in any order, each kind once.

    Raises:
        UsageError: a word is none of an exchange, a count, a period or a symbol, or a kind is said twice.
    """
    found: dict[str, object] = {}
    for word in words:
        kind, value = _list_word(word, exchanges, known, now, most)
        if kind in found:
            raise UsageError(f"{texts.quoted(word)} is a second {kind}; one is enough.")
        found[kind] = value
    return ListArguments(**found)  # type: ignore[arg-type]  # each value has its kind's type, see _list_word


def _list_word(
    word: str, exchanges: Sequence[ExchangeRef], known: Collection[str], now: datetime, most: int
) -> tuple[str, object]:
    exchange = find_exchange(word, exchanges)
    if exchange is not None:
        return "exchange", exchange
    if word.isdecimal():
        return "count", read_count(word, most)
    symbol = find_symbol(word, known)
    period = find_period(word, now) if symbol is None else None
    if period is not None:
        return "period", period
    return "symbol", symbol or read_symbol(word, known)
