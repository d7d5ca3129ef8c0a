"""What an endpoint of the Binance server is: what it does, what it weighs, what it asks of the caller."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.fakes.venues.wire import Request


class Security(StrEnum):
    """NONE: anyone; KEY: the key in a header; SIGNED: key, timestamp, signature; TRADE: signed, and an order."""

    NONE = "none"
    KEY = "key"
    SIGNED = "signed"
    TRADE = "trade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One endpoint; `weight_all` is what it weighs without a symbol."""

    act: Callable[[Mapping[str, str]], object]
    weight: int = 1
    weight_all: int | None = None
    security: Security = Security.SIGNED

    def weighs(self, request: Request) -> int:
        """Return the request's weight."""
        if request.path.endswith("/klines"):
            limit = int(request.params.get("limit", "500"))
            return 1 if limit < 100 else 2 if limit < 500 else 5 if limit <= 1000 else 10
        return self.weight_all if self.weight_all is not None and "symbol" not in request.params else self.weight


Routes = Mapping[str, Route]
