"""What living messages are rendered from: the present state. How they look is in handlers/cards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.market import ExchangeRef, TradingMode
from core.domain.money import Ratio
from core.domain.waves import WaveProgress
from core.ports.edges import Clock, PriceSource
from core.ports.storage import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSources:
    """Where the state comes from.

    Attributes:
        exchanges: Those that are traded, in the order of their ids.
        fee: Taker fee of one side, for what a position is worth.
        progress: What the exchanges trade right now.
    """

    units: Units
    clock: Clock
    exchanges: Sequence[ExchangeRef]
    prices: PriceSource
    fee: Ratio
    mode: TradingMode
    progress: Callable[[], Sequence[WaveProgress]]

    def progress_of(self, wave_at: datetime, exchange: str) -> WaveProgress | None:
        """Return how far `exchange` is with a wave, or None if it does not trade it now."""
        return next((p for p in self.progress() if (p.wave_at, p.exchange) == (wave_at, exchange)), None)

    def exchange_id(self, exchange: str) -> int | None:
        """Return the signal server's number of `exchange`, or None if it is not traded any more."""
        return next((ref.id for ref in self.exchanges if ref.name == exchange), None)
