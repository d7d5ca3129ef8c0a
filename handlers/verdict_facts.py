"""The stored facts of a verdict, read as what they are; the sentences around them belong to `verdict_texts`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from core.domain.market import ExchangeRef
from core.domain.money import exact, ratio_of_percent
from core.domain.signals import Facts, Side
from handlers import texts


class VerdictFacts:
    """Facts, read as what they are; what is missing or unreadable is None."""

    def __init__(self, facts: Facts, side: Side | None, exchanges: Sequence[ExchangeRef], now: datetime) -> None:
        self._facts = facts
        self.side = side
        self.exchanges = exchanges
        self.now = now

    def text(self, key: str) -> str | None:
        """Return the fact as it is written."""
        value = self._facts.get(key)
        return None if value is None or value in {"", "None", "none"} else str(value)

    def number(self, key: str) -> Decimal | None:
        """Return the fact as an exact number."""
        value = self.text(key)
        try:
            return None if value is None else exact(value)
        except ValueError:
            return None

    def plain(self, key: str) -> str | None:
        """Return a bare number, without trailing zeros as people read it."""
        return self._formatted(key, texts.number)

    def score(self, key: str) -> str | None:
        """Return a score as people read it."""
        return self._formatted(key, texts.score)

    def size(self, key: str) -> str | None:
        """Return money without sign as people read it."""
        return self._formatted(key, texts.size)

    def percents(self, key: str) -> str | None:
        """Return a value that is in percent as people read it."""
        return self._formatted(key, texts.percent_value)

    def move(self, key: str) -> str | None:
        """Return a signed move that is in percent as people read it."""
        return self._formatted(key, lambda value: texts.percent(ratio_of_percent(value)))

    def price(self, key: str) -> str | None:
        """Return a price as people read it."""
        return self._formatted(key, texts.price)

    def time(self, key: str) -> str | None:
        """Return a time (ISO, UTC unless it says otherwise) as people read it."""
        value = self.text(key)
        try:
            at = datetime.fromisoformat(value or "")
        except ValueError:
            return None
        return texts.time(at if at.tzinfo else at.replace(tzinfo=UTC), self.now)

    def _formatted(self, key: str, form: Callable[[Decimal], str]) -> str | None:
        value = self.number(key)
        return None if value is None else form(value)
