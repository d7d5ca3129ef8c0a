"""What is kept: one repository an aggregate, and the unit of work that makes a change and its events one commit."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from core.domain.cards import Card
from core.domain.events import Event
from core.domain.orders import Order
from core.domain.params import ParamChange, ParamOverride, StoredParams
from core.domain.positions import Position, PositionLeg
from core.domain.signals import InvalidSignal, Signal
from core.domain.verdicts import VerdictRecord
from core.domain.waves import Wave, WaveResult, WaveState
from core.ports.records import Alerts, Audit, Grants, Mutes, Pauses, State, StopList


class Signals(Protocol):
    """Stored signals."""

    async def add_new(self, signals: Sequence[Signal], received_at: datetime) -> Sequence[Signal]:
        """Store those not stored yet (by exchange id and id) and return them, in the order given."""
        ...

    async def add_invalid(self, signals: Sequence[InvalidSignal], received_at: datetime) -> Sequence[InvalidSignal]:
        """Store unreadable rows not stored yet and return them."""
        ...

    async def known_since(self, at: datetime) -> Collection[tuple[int, str]]:
        """Return the keys of signals whose wave is not before `at`."""
        ...

    async def of_wave(self, wave_at: datetime) -> Sequence[Signal]:
        """Return the signals of a wave, best rank first."""
        ...

    async def without_verdict(self, before: datetime) -> Sequence[Signal]:
        """Return signals of waves before `before` that have no verdict."""
        ...

    async def find(self, signal_id: str, exchange_id: int | None = None) -> Signal | None:
        """Return the signal with that id, of any exchange if none is named."""
        ...

    async def recent(self, limit: int, symbol: str | None = None, exchange_id: int | None = None) -> Sequence[Signal]:
        """Return the newest signals first."""
        ...

    async def between(self, since: datetime, until: datetime) -> Sequence[Signal]:
        """Return the signals of waves from `since` on and before `until`, by wave, best rank first."""
        ...


class Verdicts(Protocol):
    """Stored verdicts; one a signal."""

    async def add(self, verdicts: Sequence[VerdictRecord]) -> None:
        """Store verdicts; a signal that has one already keeps it."""
        ...

    async def settle(self, verdict: VerdictRecord) -> None:
        """Replace `order_unknown` of a signal by what became of it; any other verdict stays."""
        ...

    async def of_wave(self, wave_at: datetime) -> Sequence[VerdictRecord]:
        """Return a wave's verdicts by exchange id, symbol, signal id."""
        ...

    async def of_signal(self, signal_id: str, exchange_id: int | None = None) -> VerdictRecord | None:
        """Return the verdict of a signal, or None while there is none."""
        ...

    async def of_symbol(self, symbol: str, limit: int) -> Sequence[VerdictRecord]:
        """Return the newest verdicts of a symbol first."""
        ...

    async def decided(self) -> Sequence[VerdictRecord]:
        """Return all verdicts by time of decision, exchange id and signal id; for reports over a whole database."""
        ...


class Waves(Protocol):
    """Stored waves."""

    async def get(self, wave_at: datetime) -> Wave | None:
        """Return the wave, or None if it was never seen."""
        ...

    async def collect(self, wave_at: datetime) -> None:
        """Store the wave as collecting unless it is stored already."""
        ...

    async def claim(self, wave_at: datetime, at: datetime) -> bool:
        """Move the wave from collecting (or nothing) to executing; False if anybody ever did before."""
        ...

    async def end(self, wave_at: datetime, state: WaveState, at: datetime) -> bool:
        """Give the wave its final state; False if it already had one. A wave not stored is stored."""
        ...

    async def in_state(self, state: WaveState) -> Sequence[Wave]:
        """Return the waves in `state`, oldest first."""
        ...

    async def recent(
        self, limit: int, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[Wave]:
        """Return the newest waves first (from `since` on, before `until`), not_found ones left out."""
        ...

    async def add_result(self, result: WaveResult) -> None:
        """Store the funnel of one exchange; a second one for the same wave and exchange replaces it."""
        ...

    async def results(self, wave_at: datetime) -> Sequence[WaveResult]:
        """Return the funnels of a wave by exchange."""
        ...


class Params(Protocol):
    """Stored params, their history and overrides."""

    async def get(self, exchange_id: int) -> StoredParams | None:
        """Return the row of an exchange, or None if there is none."""
        ...

    async def save(self, params: StoredParams, changes: Sequence[ParamChange]) -> None:
        """Store the row and append `changes` to the history."""
        ...

    async def history(self, exchange_id: int, limit: int, name: str | None = None) -> Sequence[ParamChange]:
        """Return the newest changes first."""
        ...

    async def overrides(self, exchange_id: int, at: datetime) -> Sequence[ParamOverride]:
        """Return the overrides in force at `at`."""
        ...


class Orders(Protocol):
    """Stored orders."""

    async def add(self, order: Order) -> None:
        """Store a new order, before it is sent.

        Raises:
            Bug: the client order id is stored already.
        """
        ...

    async def save(self, order: Order) -> None:
        """Store what became of an order."""
        ...

    async def get(self, client_order_id: str) -> Order | None:
        """Return the order, or None."""
        ...

    async def unsettled(self) -> Sequence[Order]:
        """Return orders whose outcome is not known, oldest first."""
        ...

    async def of_position(self, position_id: int) -> Sequence[Order]:
        """Return a position's orders, oldest first."""
        ...


class Positions(Protocol):
    """Stored positions."""

    async def add(self, position: Position) -> Position:
        """Store a new position and return it with its id.

        Raises:
            Bug: the exchange and symbol hold a live position already.
        """
        ...

    async def save(self, position: Position) -> None:
        """Store a changed position."""
        ...

    async def add_leg(self, leg: PositionLeg) -> None:
        """Store a fill; the same client order id again is ignored."""
        ...

    async def legs(self, position_id: int) -> Sequence[PositionLeg]:
        """Return the fills of a position, oldest first."""
        ...

    async def get(self, position_id: int) -> Position | None:
        """Return the position, or None."""
        ...

    async def live(self) -> Sequence[Position]:
        """Return positions opening, open or closing, oldest first."""
        ...

    async def ended(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        exchange: str | None = None,
        symbol: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Position]:
        """Return closed positions by time of closing, newest first."""
        ...


class UnitOfWork(Protocol):
    """Everything that one transaction may read and change; events recorded in it are committed or lost with it."""

    @property
    def signals(self) -> Signals: ...  # noqa: D102
    @property
    def verdicts(self) -> Verdicts: ...  # noqa: D102
    @property
    def waves(self) -> Waves: ...  # noqa: D102
    @property
    def params(self) -> Params: ...  # noqa: D102
    @property
    def orders(self) -> Orders: ...  # noqa: D102
    @property
    def positions(self) -> Positions: ...  # noqa: D102
    @property
    def pauses(self) -> Pauses: ...  # noqa: D102
    @property
    def audit(self) -> Audit: ...  # noqa: D102
    @property
    def alerts(self) -> Alerts: ...  # noqa: D102
    @property
    def state(self) -> State: ...  # noqa: D102
    @property
    def mutes(self) -> Mutes: ...  # noqa: D102
    @property
    def grants(self) -> Grants: ...  # noqa: D102
    @property
    def stop_list(self) -> StopList: ...  # noqa: D102

    async def show(self, card: Card) -> None:
        """Note that `card` has changed: it will be shown, for the first time or anew, at every destination of it."""
        ...

    async def record(self, event: Event) -> None:
        """Write `event` down, with an alert and one delivery a destination for every route that matches it.

        The cards that it changes are shown anew where they live.
        """
        ...


class Units(Protocol):
    """Opens units of work."""

    def writing(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Return a transaction: committed when the block ends, rolled back when it raises. One at a time."""
        ...

    def reading(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Return a consistent view for queries; nothing in it is kept."""
        ...
