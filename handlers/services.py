"""What commands may use: queries, the clock, and the few verbs that change something. Wired by the app."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.delivery import Traffic
from core.domain.market import Balance, ExchangeRef, TradingMode
from core.domain.money import Ratio
from core.domain.params import StoredParams
from core.domain.pauses import Pause
from core.domain.people import Grant, Person, Role
from core.domain.positions import Position
from core.domain.release import Release
from core.domain.settings import TradingSettings
from core.domain.waves import WaveProgress
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

    def waves_in_progress(self) -> Sequence[WaveProgress]:
        """Return what the exchanges trade right now, by exchange; a wave that waits for a veto is among them."""
        ...

    async def veto(
        self, *, symbol: str | None, exchange: str | None, wave_at: datetime | None, author: str
    ) -> Sequence[tuple[str, str]]:
        """Strike `symbol` (None: everything that is left) out of the waves in progress.

        Only on `exchange` and only out of the wave `wave_at`, where they are named.

        Returns:
            What was struck out, as (exchange, symbol); an order that is on its way cannot be any more.
        """
        ...

    async def go(self, *, exchange: str | None, wave_at: datetime | None, author: str) -> Sequence[str]:
        """End the wait for a veto (on `exchange`, of the wave `wave_at`, if named): trade what is not struck out.

        Returns:
            The exchanges that waited.
        """
        ...

    async def released(self) -> Release | None:
        """Return who let live entries begin last, if that was not taken back; it may be for other keys by now."""
        ...

    async def release(self, *, author: str) -> Release:
        """Let live entries begin with the keys in use, and return what is in force.

        Raises:
            NotPossible: no money is at stake in this mode.
        """
        ...

    async def hold(self, *, author: str) -> Release | None:
        """Hold live entries back; returns the release that was in force, None if there was none."""
        ...


class Rights(Protocol):
    """Who may what, as in force: the configuration, and what was granted in chat over it."""

    def role_of(self, person: Person) -> Role:
        """Return the role of `person`, NOBODY if not listed."""
        ...

    def listed(self) -> Mapping[tuple[str, str], Role]:
        """Return everybody who has a role, by platform and id."""
        ...

    def apply(self, grant: Grant) -> None:
        """Let a stored grant be in force."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the log, secrets masked."""

    at: datetime
    level: str
    text: str


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
        traffic: How each destination of alerts fares.
        logs: The newest lines of the log at or above a level, oldest first.
        config: The settings in force as YAML, secrets masked.
        fixed_stop_list: Symbols that the configuration never lets be traded, beside those that people list.
        questions: How many confirmations wait for an answer.
        trading: Size, leverage, limits.
        keys: A fingerprint of the key of each exchange that has one, by the exchange's name.
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
    rights: Rights
    traffic: Callable[[], Awaitable[Sequence[Traffic]]]
    logs: Callable[[int, str], Sequence[LogLine]]
    config: Callable[[], str]
    fixed_stop_list: frozenset[str]
    questions: Callable[[], int]
    trading: TradingSettings
    keys: Mapping[str, str]
