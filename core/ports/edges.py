"""What reaches out of the process: time, the signal server, prices, exchanges."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from core.domain.market import Balance, Instruments, MarketFacts, Tick
from core.domain.money import Money
from core.domain.orders import (
    OrderOutcome,
    OrderReport,
    OrderRequest,
    VenueFill,
    VenueNotice,
    VenuePosition,
    VenueStop,
)
from core.domain.signals import SignalBatch


class Clock(Protocol):
    """The only source of time and the only way to wait."""

    def now(self) -> datetime:
        """Return the time now, aware, UTC."""
        ...

    async def sleep(self, duration: timedelta) -> None:
        """Wait for `duration`; zero or less yields once."""
        ...

    async def sleep_until(self, at: datetime) -> None:
        """Wait until `at`; a time that has passed yields once."""
        ...


class SignalSource(Protocol):
    """A connection to the signal server, kept up without end."""

    def batches(self) -> AsyncIterator[SignalBatch]:
        """Yield what each frame brought; never ends by itself, reconnects inside."""
        ...

    async def request(self) -> None:
        """Ask the server for its current window; does nothing while the connection is down."""
        ...


class PriceSource(Protocol):
    """Prices of many symbols on many exchanges."""

    def watch(self, exchange: str, symbols: Collection[str]) -> None:
        """Follow `symbols` of `exchange` from now on, besides those watched already; safe to repeat."""
        ...

    def unwatch(self, exchange: str, symbols: Collection[str]) -> None:
        """Stop following `symbols` of `exchange`; safe for symbols that are not watched."""
        ...

    def latest(self, exchange: str, symbol: str) -> Tick | None:
        """Return the last price seen, or None if there is none."""
        ...

    def ticks(self) -> AsyncIterator[Tick]:
        """Yield prices as they come; one consumer. Ends only when there can be no more (a replay)."""
        ...

    async def resubscribe(self, exchange: str, symbols: Collection[str]) -> None:
        """Ask anew for `symbols` whose prices have stopped coming."""
        ...


class Exchange(Protocol):
    """One venue: paper, Binance or Bybit. Business answers are values; only reads raise.

    Every call but the order calls raises `RetryLater` when the venue cannot answer now, and `ConfigurationError` when a
    person must mend keys or settings. The caller sets the time limit; a call that is cut off by it is `Unknown`.
    """

    @property
    def name(self) -> str:
        """Our name for it: binance, bybit."""
        ...

    async def instruments(self) -> Instruments:
        """Return all contracts by symbol; cached by the adapter, refreshed at least once a day."""
        ...

    async def market_facts(self, symbol: str) -> MarketFacts:
        """Return what the venue can tell of `symbol` now; unknown symbols give empty facts."""
        ...

    async def set_leverage(self, symbol: str, leverage: int) -> OrderOutcome:
        """Set leverage for `symbol`; `Accepted` also when it already has that value, else `Refused` or `Unknown`."""
        ...

    async def place(self, request: OrderRequest) -> OrderOutcome:
        """Send an order.

        Market orders end `Filled`, `PartiallyFilled`, `Refused` or `Unknown`; stop orders `Accepted`, `Refused`
        (`STOP_CROSSED` when the price is beyond the trigger) or `Unknown`. Reduce-only orders never open a position:
        `POSITION_GONE` when there is none. A known client order id is never executed again: the answer is what became
        of the first.
        """
        ...

    async def replace_stop(self, old: str, request: OrderRequest) -> OrderOutcome:
        """Put the stop `request` in the place of the stop with client order id `old`; one of them always stands.

        Returns:
            As `place`; on `Refused` the old stop still stands.
        """
        ...

    async def cancel(self, symbol: str, client_order_id: str) -> None:
        """Take a resting order back; one that is gone already is no error."""
        ...

    async def find_order(self, request: OrderRequest) -> OrderReport | None:
        """Return what became of an order, or None if the venue never had it.

        Where stops are attached to positions the venue knows no id of theirs: the one that stands at the trigger of
        `request`, or was executed from there, is meant.
        """
        ...

    async def positions(self) -> Sequence[VenuePosition]:
        """Return all open positions, by symbol."""
        ...

    async def stops(self) -> Sequence[VenueStop]:
        """Return all resting stop orders."""
        ...

    async def fills(self, symbol: str, since_at: datetime) -> Sequence[VenueFill]:
        """Return what was executed in `symbol` since then, ours or not, an order an item, oldest first."""
        ...

    async def funding(self, symbol: str, since_at: datetime) -> Money:
        """Return the funding received (below zero: paid) for `symbol` since then; 0 where there is none."""
        ...

    async def balance(self) -> Balance:
        """Return the account's USDT."""
        ...

    def reports(self) -> AsyncIterator[OrderReport | VenueNotice]:
        """Yield what the venue tells unasked: stops that triggered, fills, cancellations; one consumer.

        A venue that cannot tell all of it at once gives a notice, and what happened is to be looked up. Notices may
        come twice, or for what is known already.
        """
        ...


class Changes(Protocol):
    """Tells that something was recorded, for those who show the present state."""

    async def wait(self, seen: int) -> int:
        """Wait until more was recorded than `seen` counts (0: anything at all) and return the new count.

        Changes that come close together may be told as one.
        """
        ...
