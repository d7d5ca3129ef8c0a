"""Watches every open position against every price; decisions are pure, this loop carries them out."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.errors import NotPossible, OutcomeUnknown, RetryLater
from core.domain.market import Instrument, Tick
from core.domain.money import Price, Ratio
from core.domain.orders import (
    Accepted,
    Filled,
    OrderLeg,
    OrderOutcome,
    OrderReport,
    PartiallyFilled,
    RefusalReason,
    Refused,
    Unknown,
    VenueNotice,
)
from core.domain.positions import ExitReason, Position, PositionState
from core.domain.settings import GuardSettings, TradingSettings
from core.guard.decide import Band, Decision, decide, quiet_band
from core.ports.edges import Clock, Exchange, PriceSource
from core.ports.storage import Units
from core.trading.book import PositionBook
from core.trading.exits import Exits, part_of
from core.trading.notices import Notices
from core.trading.results import stop_reason
from core.trading.sending import ask
from core.trading.stops import Stops, rounded_stop

Spawn = Callable[[str, Coroutine[object, object, None]], None]
"""Starts a named piece of work that is not waited for; its crash is the supervisor's business."""

_LONGEST_BACKOFF = timedelta(minutes=1)
_STOP_REASONS = {ExitReason.STOP_LOSS, ExitReason.TRAILING_STOP, ExitReason.BREAKEVEN}


@dataclass(slots=True)
class _Watch:
    """What the guard keeps of one symbol between prices.

    Attributes:
        stored: The position in the book that `band` was made for.
        best_price, is_trailing: As seen, ahead of what is stored.
        not_before: What failed last is not tried again before this.
        is_exit_failing: Whether that was an exit, or only a move of the stop, which holds no exit up.
    """

    stored: Position
    best_price: Price | None
    is_trailing: bool
    band: Band | None = None
    is_acting: bool = False
    failures: int = 0
    not_before: datetime | None = None
    is_exit_failing: bool = False

    def holds_back(self, decision: Decision, at: datetime) -> bool:
        """Return True if acting on `decision` at `at` would repeat what has just failed."""
        if self.not_before is None or at >= self.not_before:
            return False
        return self.is_exit_failing or decision.exit_reason is None


class Guardian:
    """Decides exits on prices, moves stops, takes in what venues report, closes on a person's word."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        book: PositionBook,
        prices: PriceSource,
        exchanges: Mapping[str, Exchange],
        stops: Stops,
        exits: Exits,
        notices: Notices,
        settings: GuardSettings,
        trading: TradingSettings,
        spawn: Spawn,
    ) -> None:
        self._units = units
        self._clock = clock
        self._book = book
        self._prices = prices
        self._exchanges = exchanges
        self._stops = stops
        self._exits = exits
        self._notices = notices
        self._settings = settings
        self._trading = trading
        self._spawn = spawn
        self._watches: dict[tuple[str, str], _Watch] = {}

    async def run(self) -> None:
        """Judge prices as they come; ends when the price source does."""
        async for tick in self._prices.ticks():
            self.see(tick)

    async def listen(self, exchange: Exchange) -> None:
        """Take in what `exchange` tells unasked; never ends."""
        async for report in exchange.reports():
            await self.take(report)

    def see(self, tick: Tick) -> None:
        """Judge one price: next to nothing unless it leaves the position's quiet band."""
        key = (tick.exchange, tick.symbol)
        position = self._book.get(tick.exchange, tick.symbol)
        if position is None:
            self._watches.pop(key, None)
            return
        if position.state is not PositionState.OPEN:
            return  # An order is in flight; its watch remembers the peak and what has failed so far.
        watch = self._watch(key, position)
        if watch.is_acting or (watch.band is not None and watch.band.holds(tick.price, tick.received_at)):
            return
        self._consider(key, watch, tick)

    async def take(self, report: OrderReport | VenueNotice) -> None:
        """Take in the fill of one of our stops; a notice is looked into, anything else is left to reconcile."""
        if isinstance(report, VenueNotice):
            self._notices.take(report)
            return
        if not isinstance(report.outcome, Filled | PartiallyFilled):
            return
        async with self._units.reading() as unit:
            order = await unit.orders.get(report.client_order_id)
        if order is None or order.request.leg is not OrderLeg.STOP:
            return
        exchange = self._exchanges[report.exchange]
        async with self._book.lock(report.exchange, report.symbol):
            position = self._book.find(order.position_id)
            if position is not None:
                await self._exits.take_stop_fill(exchange, position, report.client_order_id, report.outcome)

    async def close(self, position_id: int, *, share: Ratio, author: str) -> Position | None:
        """Close `share` (1 is all) of a position at market on a person's word; it comes before every rule.

        Returns:
            The position afterwards; None if no live position has that id.

        Raises:
            NotPossible: the part is below the venue's smallest quantity, or the entry is not filled yet.
            OutcomeUnknown: the venue did not say what happened; it is being settled.
            RetryLater: the venue refused; the position and its stop stand as before.
        """
        position = self._book.find(position_id)
        if position is None:
            return None
        exchange = self._exchanges[position.exchange]
        async with self._book.lock(position.exchange, position.symbol):
            position = self._book.find(position_id)
            if position is None:
                return None
            if position.state is not PositionState.OPEN:
                raise NotPossible(f"{position.symbol} is {position.state}: its last order is being settled")
            quantity = None if share >= 1 else part_of(position, share, await self._instrument(exchange, position))
            if quantity is not None and quantity <= 0:
                raise NotPossible(f"that part of {position.quantity} {position.symbol} is below the smallest quantity")
            after, outcome = await self._exits.close(
                exchange, position, ExitReason.CLOSED_BY_PERSON, quantity=quantity, author=author
            )
        if isinstance(outcome, Unknown):
            raise OutcomeUnknown(f"the order to close {position.symbol} has no answer yet: {outcome.detail}")
        if isinstance(outcome, Refused) and after.state is PositionState.OPEN:
            raise RetryLater(f"{position.symbol} was not closed: {outcome.detail or outcome.reason}", _LONGEST_BACKOFF)
        return after

    def _watch(self, key: tuple[str, str], position: Position) -> _Watch:
        watch = self._watches.get(key)
        if watch is None or watch.stored.id != position.id:
            watch = self._watches[key] = _Watch(position, position.best_price, position.is_trailing)
        elif watch.stored is not position:
            watch.stored, watch.band = position, None
        return watch

    def _consider(self, key: tuple[str, str], watch: _Watch, tick: Tick) -> None:
        seen = replace(watch.stored, best_price=watch.best_price, is_trailing=watch.is_trailing)
        decision = decide(seen, tick.price, tick.received_at, self._settings)
        watch.best_price, watch.is_trailing = decision.position.best_price, decision.position.is_trailing
        watch.band = quiet_band(decision, tick.received_at, self._settings)
        if decision.exit_reason is None and decision.stop_price is None and not self._is_peak_due(watch):
            return
        if watch.holds_back(decision, tick.received_at):
            watch.band = None
            return
        watch.is_acting = True
        self._spawn(f"guard {key[1]}", self._act(watch, decision))

    def _is_peak_due(self, watch: _Watch) -> bool:
        """True when the trail has gone far enough beyond what is stored that a restart must not forget it."""
        if not watch.is_trailing or watch.best_price is None:
            return False
        stored = watch.stored.best_price or watch.stored.entry
        gained = abs(watch.best_price - stored) >= stored * self._settings.trail_min_step
        return gained or not watch.stored.is_trailing

    async def _act(self, watch: _Watch, decision: Decision) -> None:
        seen = decision.position
        try:
            async with self._book.lock(seen.exchange, seen.symbol):
                position = self._book.get(seen.exchange, seen.symbol)
                if position is None or position.id != seen.id or position.state is not PositionState.OPEN:
                    return
                position = replace(position, best_price=seen.best_price, is_trailing=seen.is_trailing)
                try:
                    outcome = await self._carry_out(position, decision)
                except RetryLater as error:
                    outcome = Unknown(detail=str(error))
                self._note(watch, decision, outcome)
        finally:
            watch.is_acting = False

    async def _carry_out(self, position: Position, decision: Decision) -> OrderOutcome | None:
        exchange = self._exchanges[position.exchange]
        if decision.exit_reason is not None:
            return await self._exit(exchange, position, decision.exit_reason)
        if decision.stop_price is not None:
            return await self._tighten(exchange, position, decision)
        await self._store(position)
        return None

    async def _exit(self, exchange: Exchange, position: Position, reason: ExitReason) -> OrderOutcome | None:
        """Close at market, unless the position's own stop at the venue was faster: that one has the first word."""
        if reason in _STOP_REASONS and position.stop_order_id is not None:
            position = await self._exits.take_fired_stop(exchange, position)
            if position.state is not PositionState.OPEN:
                return None
        _, outcome = await self._exits.close(exchange, position, reason)
        return outcome

    async def _tighten(self, exchange: Exchange, position: Position, decision: Decision) -> OrderOutcome | None:
        if decision.stop_price is None:
            return None
        price = rounded_stop(position, decision.stop_price, await self._instrument(exchange, position))
        if position.stop_price is not None and not position.is_better(price, position.stop_price):
            await self._store(position)
            return None
        after, outcome = await self._stops.put(exchange, position, price)
        if isinstance(outcome, Accepted) and decision.is_breakeven:
            await self._store(replace(after, is_breakeven=True))
        if isinstance(outcome, Refused) and outcome.reason is RefusalReason.STOP_CROSSED:
            _, outcome = await self._exits.close(exchange, after, stop_reason(after))
        elif isinstance(outcome, Refused) and outcome.reason is RefusalReason.POSITION_GONE:
            await self._exits.take_gone(exchange, after)
        return outcome

    async def _instrument(self, exchange: Exchange, position: Position) -> Instrument:
        instruments = await ask(exchange.instruments(), self._trading.order_timeout)
        if position.symbol not in instruments:
            raise RetryLater(f"{exchange.name} does not list {position.symbol} now", _LONGEST_BACKOFF)
        return instruments[position.symbol]

    async def _store(self, position: Position) -> None:
        async with self._units.writing() as unit:
            await unit.positions.save(position)
        self._book.put(position)

    def _note(self, watch: _Watch, decision: Decision, outcome: OrderOutcome | None) -> None:
        """Space out what the venue refuses: the same failing call is never repeated for long."""
        if isinstance(outcome, Refused | Unknown):
            is_exit = decision.exit_reason is not None
            watch.failures = watch.failures + 1 if watch.is_exit_failing is is_exit else 1
            wait = min(timedelta(seconds=2 ** min(watch.failures, 10)), _LONGEST_BACKOFF)
            watch.is_exit_failing = is_exit
            watch.not_before = self._clock.now() + wait
        else:
            watch.failures, watch.not_before = 0, None
