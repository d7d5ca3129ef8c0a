"""What commands may use: queries, the clock, and the few verbs that change something. Wired by the app."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.market import Balance, ExchangeRef, TradingMode
from core.domain.money import Ratio
from core.domain.params import StoredParams
from core.domain.pauses import Pause
from core.domain.positions import Position
from core.ports.delivery import Outbox
from core.ports.edges import Clock, PriceSource
from core.ports.storage import Units


class Desk(Protocol):
    """The verbs of the trade that people may use. Each is idempotent: calling twice leaves the same state."""

    async def pause(self, scope: str, *, reason: str, author: str, until_at: datetime | None) -> Pause:
        """Hold entries back; a scope that is paused already keeps the longer time. Returns the pause in force."""
        ...

    async def resume(self, scope: str, *, author: str) -> Sequence[Pause]:
        """End the pauses of `scope` (`all` ends every pause) and return those that were ended."""
        ...

    async def close(self, position_id: int, *, share: Ratio, author: str) -> Position | None:
        """Close `share` (1 is all) of a position at market.

        Returns:
            The position afterwards, or None if there is no live position with that id.

        Raises:
            NotPossible: the part is below the venue's smallest quantity, or the last order is still being settled.
            OutcomeUnknown: the venue did not say what happened; it is being settled.
            RetryLater: the venue refused for now; the text says why.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthItem:
    """One part of the process as seen now."""

    name: str
    is_ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a command is given.

    Attributes:
        exchanges: The exchanges that are traded, in the order of their ids.
        defaults: Params used where nothing is stored (percents), or None.
        next_wave_at: When the next wave will be taken, and which one it is.
        balances: Asks each venue; by exchange name; an exchange that does not answer is left out.
    """

    units: Units
    clock: Clock
    prices: PriceSource
    desk: Desk
    outbox: Outbox
    exchanges: Sequence[ExchangeRef]
    mode: TradingMode
    version: str
    started_at: datetime
    defaults: StoredParams | None
    fee: Ratio
    next_wave_at: Callable[[], tuple[datetime, datetime] | None]
    health: Callable[[], Awaitable[Sequence[HealthItem]]]
    balances: Callable[[], Awaitable[dict[str, Balance]]]
