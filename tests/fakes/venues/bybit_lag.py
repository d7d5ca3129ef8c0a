"""What Bybit does not show yet: it answers orders at once and executes them later; the books know no such delay."""

from collections.abc import Callable
from dataclasses import replace

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.book import ZERO, BookOrder, OrderStatus, Position

_SEEN, _DONE = "seen_at_ms", "done_at_ms"


class BybitLag:
    """Hides the effects of orders until their time has come; both delays are of the server's clock.

    Attributes:
        record_ms: How long an order cannot be found at all after it was answered.
        fill_ms: How long it is found as new, and the position is as it was before.
    """

    def __init__(self, account: FakeAccount, now_ms: Callable[[], int]) -> None:
        self.record_ms = 0
        self.fill_ms = 0
        self._account = account
        self._now_ms = now_ms
        self._before: dict[str, tuple[int, Position]] = {}

    def begin(self, symbol: str) -> dict[str, str]:
        """Remember how things are before an order; returns what to note on the order."""
        now = self._now_ms()
        done_at = now + max(self.fill_ms, self.record_ms)
        if done_at > now:
            self._before[symbol] = (done_at, replace(self.position(symbol)))
        return {_SEEN: str(now + self.record_ms), _DONE: str(done_at)}

    def forget(self, symbol: str) -> None:
        """Show all of `symbol` now: its order was refused."""
        self._before.pop(symbol, None)

    def position(self, symbol: str) -> Position:
        """Return the position as far as it is shown."""
        until, before = self._before.get(symbol, (0, None))
        if before is not None and self._now_ms() < until:
            return before
        return self._account.position(symbol)

    def left_ms(self, symbol: str) -> int:
        """Return how long news of `symbol` are held back."""
        until, _ = self._before.get(symbol, (0, None))
        return max(until - self._now_ms(), 0)

    def is_done(self, order: BookOrder | None) -> bool:
        """True if executions of `order` are shown."""
        return order is None or self._now_ms() >= int(order.wire.get(_DONE, 0))

    def shown(self, order: BookOrder) -> BookOrder | None:
        """Return the order as far as it is shown; None while it cannot be found."""
        if self._now_ms() < int(order.wire.get(_SEEN, 0)):
            return None
        if self.is_done(order):
            return order
        return replace(order, status=OrderStatus.NEW, filled=ZERO, average=ZERO, trades=[])
