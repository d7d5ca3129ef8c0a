"""What every part of trading stands on, so that it is handed on as one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from core.domain.orders import Order
from core.domain.settings import TradingSettings
from core.ports.edges import Clock
from core.ports.storage import Units
from core.trading.book import PositionBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The same for all parts of one process.

    Attributes:
        unsettled: Orders without an outcome, on their way to the settlement.
        funding_read_at: By position id, when the venue last told its funding.
    """

    units: Units
    clock: Clock
    book: PositionBook
    settings: TradingSettings
    unsettled: asyncio.Queue[Order] = field(default_factory=asyncio.Queue)
    funding_read_at: dict[int, datetime] = field(default_factory=dict)

    @contextmanager
    def minding(self, order: Order) -> Iterator[None]:
        """Send `order`, and write down what became of it, inside: broken off, it is settled like an unanswered one."""
        is_written = False
        try:
            yield
            is_written = True
        finally:
            if not is_written:
                self.unsettled.put_nowait(order)
