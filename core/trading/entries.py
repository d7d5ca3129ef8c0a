"""Opening positions: intent first, then the order, then the stop, each step written down before the next."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from core.domain.errors import Bug, RetryLater
from core.domain.events import OrderRefused, OrderUnknown, PositionOpened, UnprotectedPosition
from core.domain.market import Instrument
from core.domain.money import Money, Price, Quantity
from core.domain.orders import (
    Accepted,
    Cancelled,
    Execution,
    Filled,
    Order,
    OrderLeg,
    OrderOutcome,
    OrderRequest,
    PartiallyFilled,
    RefusalReason,
    Refused,
    Unknown,
)
from core.domain.positions import ExitPlan, ExitReason, LegKind, Position, PositionSide, PositionState
from core.domain.signals import Facts, Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.ports.edges import Exchange
from core.ports.storage import UnitOfWork
from core.trading.exits import Exits
from core.trading.ground import Ground
from core.trading.ids import client_order_id, group_id
from core.trading.results import leg_of, stop_reason
from core.trading.sending import answered, ask, send, submitted
from core.trading.stops import Stops, initial_stop

_CLOSING_TRIES = 3
"""How often a position without a stop is closed at market before that is left to the guard."""


class EntryResult(StrEnum):
    """What a candidate's order came to, as far as the wave is concerned."""

    OPENED = "opened"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NO_FUNDS = "no_funds"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A validated candidate, sized and ready to be sent."""

    signal: Signal
    instrument: Instrument
    quantity: Quantity
    plan: ExitPlan
    leverage: int
    noted: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What an outcome is told with: the signal to judge (None for one that is unknown by now), and the instrument.

    Only a fill needs the instrument.
    """

    signal: Signal | None
    instrument: Instrument | None
    noted: str = ""


class Entries:
    """Opens one position at a time and protects it."""

    def __init__(
        self,
        ground: Ground,
        *,
        stops: Stops,
        exits: Exits,
    ) -> None:
        self._ground = ground
        self._stops = stops
        self._exits = exits
        self._leverage: dict[tuple[str, str], int] = {}

    async def open(self, exchange: Exchange, entry: Entry) -> EntryResult:
        """Send the entry of `entry` and let its stop stand; the signal's verdict is stored with the outcome."""
        symbol = entry.signal.symbol
        async with self._ground.book.lock(exchange.name, symbol):
            if self._ground.book.get(exchange.name, symbol) is not None:
                return EntryResult.HELD
            refusal = await self._set_leverage(exchange, entry)
            position, order = await self._intend(exchange.name, entry)
            told = Told(entry.signal, entry.instrument, entry.noted)
            with self._ground.minding(order):
                outcome = refusal or await send(exchange, order.request, self._ground.settings.order_timeout)
                return await self.conclude(exchange, position, order, outcome, told)

    async def conclude(
        self,
        exchange: Exchange,
        position: Position,
        order: Order,
        outcome: OrderOutcome,
        told: Told,
    ) -> EntryResult:
        """Store what became of an entry order; also used when an unknown one is settled. The lock is held."""
        if isinstance(outcome, Filled | PartiallyFilled):
            if (instrument := told.instrument) is None:
                raise Bug(f"the fill of {order.request.client_order_id} came without its instrument")
            position = await self._opened(position, order, outcome, told, instrument)
            await self.protect(exchange, position, initial_stop(position, instrument))
            return EntryResult.OPENED
        if isinstance(outcome, Cancelled):
            outcome = Refused(reason=RefusalReason.OTHER, detail="the venue cancelled it unfilled")
        if isinstance(outcome, Refused):
            await self._refused(position, order, outcome, told.signal)
            no_funds = outcome.reason is RefusalReason.INSUFFICIENT_FUNDS
            return EntryResult.NO_FUNDS if no_funds else EntryResult.REFUSED
        await self._unknown(position, order, outcome, told.signal)
        return EntryResult.UNKNOWN

    async def protect(self, exchange: Exchange, position: Position, price: Price) -> Position:
        """Place the stop of an open position at `price`; if it cannot stand in time, the position is closed at market.

        Safe to call again: a position whose stop stands is returned as it is.
        """
        if position.stop_order_id is not None:
            return position
        pause = self._ground.settings.stop_deadline / 5
        deadline = self._ground.clock.now() + self._ground.settings.stop_deadline
        while True:
            # A call that hangs, and the look-up after it, must leave time to close.
            limit = min(self._ground.settings.order_timeout, max(deadline - self._ground.clock.now(), pause) / 2)
            position, outcome = await self._stops.put(exchange, position, price, limit)
            if isinstance(outcome, Accepted):
                return position
            crossed = isinstance(outcome, Refused) and outcome.reason is RefusalReason.STOP_CROSSED
            if crossed or position.state is not PositionState.OPEN or self._ground.clock.now() + pause >= deadline:
                reason = stop_reason(position) if crossed else ExitReason.UNPROTECTED
                return await self._give_up(exchange, position, outcome, reason)
            await self._ground.clock.sleep(pause)

    async def _set_leverage(self, exchange: Exchange, entry: Entry) -> Refused | None:
        key = (exchange.name, entry.signal.symbol)
        if self._leverage.get(key) == entry.leverage:
            return None
        call = exchange.set_leverage(entry.signal.symbol, entry.leverage)
        try:
            outcome = await ask(call, self._ground.settings.order_timeout)
        except RetryLater as error:
            outcome = Unknown(detail=str(error))
        if isinstance(outcome, Accepted):
            self._leverage[key] = entry.leverage
            return None
        detail = outcome.detail if isinstance(outcome, Refused | Unknown) else ""
        return Refused(reason=RefusalReason.LEVERAGE, detail=detail or "the venue did not take the leverage")

    async def _intend(self, exchange: str, entry: Entry) -> tuple[Position, Order]:
        """Write position and order down before anything is sent: a crash from here on leaves a trace to settle."""
        now = self._ground.clock.now()
        signal = entry.signal
        position = Position(
            exchange=exchange,
            symbol=signal.symbol,
            side=PositionSide.opened_by(signal.side),
            wave_at=signal.wave_at,
            signal_id=signal.id,
            group_id=group_id(signal.wave_at, exchange, signal.symbol),
            plan=entry.plan,
            leverage=entry.leverage,
            created_at=now,
        )
        request = OrderRequest(
            client_order_id=client_order_id(position, OrderLeg.ENTRY, 1),
            exchange=exchange,
            symbol=signal.symbol,
            side=signal.side,
            leg=OrderLeg.ENTRY,
            quantity=entry.quantity,
        )
        async with self._ground.units.writing() as unit:
            position = await unit.positions.add(position)
            order = submitted(request, position.id, now)
            await unit.orders.add(order)
        self._ground.book.put(position)
        return position, order

    async def _opened(
        self, position: Position, order: Order, fill: Execution, told: Told, instrument: Instrument
    ) -> Position:
        after = position.opened(fill)
        facts: Facts = {
            "position_id": position.id,
            "client_order_id": order.request.client_order_id,
            "price": str(fill.price),
            "quantity": str(fill.quantity),
        }
        if told.noted:
            facts = {**facts, "noted": told.noted}
        async with self._ground.units.writing() as unit:
            await unit.orders.save(answered(order, fill, self._ground.clock.now()))
            await unit.positions.save(after)
            await unit.positions.add_leg(leg_of(after, order.request.client_order_id, LegKind.ENTRY, fill))
            await self._judge(unit, told.signal, Verdict.EXECUTED, facts)
            await unit.record(_opened_event(after, initial_stop(after, instrument)))
        self._ground.book.put(after)
        return after

    async def _refused(self, position: Position, order: Order, refusal: Refused, signal: Signal | None) -> None:
        now = self._ground.clock.now()
        after = position.moved_to(PositionState.FAILED)
        request = order.request
        no_funds = refusal.reason is RefusalReason.INSUFFICIENT_FUNDS
        verdict = Verdict.INSUFFICIENT_FUNDS if no_funds else Verdict.ORDER_REFUSED
        facts = {
            "reason": refusal.reason.value,
            "detail": refusal.detail,
            "client_order_id": request.client_order_id,
        }
        async with self._ground.units.writing() as unit:
            await unit.orders.save(answered(order, refusal, now))
            await unit.positions.save(replace(after, closed_at=now))
            await self._judge(unit, signal, verdict, facts)
            await unit.record(
                OrderRefused(
                    at=now,
                    exchange=request.exchange,
                    symbol=request.symbol,
                    side=request.side.value,
                    leg=request.leg.value,
                    reason=refusal.reason.value,
                    detail=refusal.detail,
                )
            )
        self._ground.book.put(after)

    async def _unknown(self, position: Position, order: Order, outcome: OrderOutcome, signal: Signal | None) -> None:
        now = self._ground.clock.now()
        detail = outcome.detail if isinstance(outcome, Unknown) else f"the venue answered {type(outcome).__name__}"
        request = order.request
        facts = {"client_order_id": request.client_order_id, "detail": detail}
        async with self._ground.units.writing() as unit:
            await unit.orders.save(answered(order, Unknown(detail=detail), now))
            await self._judge(unit, signal, Verdict.ORDER_UNKNOWN, facts)
            await unit.record(
                OrderUnknown(
                    at=now,
                    exchange=position.exchange,
                    symbol=position.symbol,
                    side=request.side.value,
                    leg=request.leg.value,
                    client_order_id=request.client_order_id,
                    detail=detail,
                )
            )
        self._ground.unsettled.put_nowait(order)

    async def _judge(self, unit: UnitOfWork, signal: Signal | None, verdict: Verdict, facts: Facts) -> None:
        """Store the signal's verdict; one that was `order_unknown` becomes what turned out."""
        if signal is None:
            return
        record = verdict_of(signal, verdict, facts, self._ground.clock.now())
        await unit.verdicts.settle(record)
        await unit.verdicts.add([record])

    async def _give_up(
        self, exchange: Exchange, position: Position, outcome: OrderOutcome, reason: ExitReason
    ) -> Position:
        if position.state is not PositionState.OPEN:
            return position
        detail = outcome.detail if isinstance(outcome, Refused | Unknown) else type(outcome).__name__
        async with self._ground.units.writing() as unit:
            await unit.record(
                UnprotectedPosition(
                    at=self._ground.clock.now(),
                    exchange=position.exchange,
                    position_id=position.id,
                    symbol=position.symbol,
                    action="closing it at market",
                    detail=detail,
                )
            )
        for _ in range(_CLOSING_TRIES - 1):
            position, _ = await self._exits.close(exchange, position, reason)
            if position.state is not PositionState.OPEN:
                return position
            # Refused, or filled in part: without a stop what is left must not wait for the guard's next price.
            await self._ground.clock.sleep(self._ground.settings.stop_deadline / 5)
        position, _ = await self._exits.close(exchange, position, reason)
        return position


def verdict_of(signal: Signal, verdict: Verdict, facts: Facts, at: datetime) -> VerdictRecord:
    """Return the verdict record of `signal`."""
    return VerdictRecord(
        exchange_id=signal.exchange_id,
        signal_id=signal.id,
        symbol=signal.symbol,
        wave_at=signal.wave_at,
        verdict=verdict,
        decided_at=at,
        facts=facts,
    )


def _opened_event(position: Position, stop_price: Price) -> PositionOpened:
    return PositionOpened(
        at=position.opened_at or position.created_at,
        exchange=position.exchange,
        position_id=position.id,
        symbol=position.symbol,
        side=position.side,
        quantity=position.quantity,
        entry_price=position.entry,
        stop_price=stop_price,
        size_quote=Money(position.quantity * position.entry),
        leverage=position.leverage,
        wave_at=position.wave_at,
    )
