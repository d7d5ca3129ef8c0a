"""A ledger of the paper exchange that forgets with the test; `copy` is what a restart would find."""

from collections.abc import Sequence

from core.domain.paper import PaperOrder


class MemoryLedger:
    """Implements PaperLedger. `saves` counts writes; `error`, when set, is raised instead of writing."""

    def __init__(self, orders: Sequence[PaperOrder] = ()) -> None:
        self._orders = {(order.exchange, order.request.client_order_id): order for order in orders}
        self.saves = 0
        self.error: Exception | None = None

    @property
    def orders(self) -> list[PaperOrder]:
        """Everything saved, in the order of the first save."""
        return list(self._orders.values())

    def copy(self) -> "MemoryLedger":
        """Return what a process that starts now would read."""
        return MemoryLedger(self.orders)

    async def save(self, order: PaperOrder) -> None:
        if self.error is not None:
            raise self.error
        self.saves += 1
        self._orders[order.exchange, order.request.client_order_id] = order

    async def load(self, exchange: str) -> Sequence[PaperOrder]:
        return [order for order in self._orders.values() if order.exchange == exchange]
