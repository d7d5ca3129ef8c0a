"""The protective stop: placed at once, moved only for the better, never missing unnoticed."""

from dataclasses import replace
from datetime import timedelta

from core.domain.errors import Bug, RetryLater
from core.domain.events import StopMoved
from core.domain.market import Instrument
from core.domain.money import Price, Ratio
from core.domain.orders import (
    Accepted,
    Cancelled,
    Filled,
    Order,
    OrderLeg,
    OrderOutcome,
    OrderRequest,
    OrderState,
    PartiallyFilled,
    Unknown,
)
from core.domain.positions import Position
from core.ports.edges import Exchange
from core.ports.storage import UnitOfWork
from core.trading.funding import funded
from core.trading.ground import Ground
from core.trading.ids import client_order_id
from core.trading.results import record_exit, stop_reason
from core.trading.sending import answered, ask, look_up, send, submitted


def initial_stop(position: Position, instrument: Instrument) -> Price:
    """Return where the first stop of a position stands, rounded to the tighter side."""
    return rounded_stop(position, position.price_at_profit(Ratio(-position.plan.stop_loss)), instrument)


def rounded_stop(position: Position, price: Price, instrument: Instrument) -> Price:
    """Return `price` on the instrument's grid, rounded towards the position's favour (tighter)."""
    return instrument.price_above(price) if position.is_long else instrument.price_below(price)


def _takes_over(position: Position, order: Order, standing: Order | None) -> bool:
    """True if the stop `order`, which rests at the venue, is the position's from now on, in the place of `standing`."""
    trigger = order.request.trigger_price
    if trigger is None or not position.state.is_live:
        return False
    if position.stop_order_id is None or position.stop_price is None:
        return True
    if trigger == position.stop_price:
        return standing is None or order.created_at >= standing.created_at
    return position.is_better(trigger, position.stop_price)


class Stops:
    """Places and moves the stop of one position at its venue. Callers hold the symbol's lock."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def put(
        self, exchange: Exchange, position: Position, price: Price, time_limit: timedelta | None = None
    ) -> tuple[Position, OrderOutcome]:
        """Let the position's stop stand at `price`: place the first one, or replace the one that stands.

        Args:
            exchange: Where the position is.
            position: An open position.
            price: On the instrument's grid.
            time_limit: For each call to the venue; None: as for any order.

        Returns:
            The position as stored, and the venue's answer: `Accepted` (the stop stands), `Refused` (the old one,
            if any, still stands) or `Unknown` (look at `position.stop_order_id` before trusting either; it is being
            settled).
        """
        limit = time_limit or self._ground.settings.order_timeout
        position, order = await self._intend(position, price)
        with self._ground.minding(order):
            outcome = await send(exchange, order.request, limit, replaces=position.stop_order_id)
            if isinstance(outcome, Unknown):
                found = await look_up(exchange, order.request, limit, order.created_at)
                outcome = outcome if found is None else found
            if isinstance(outcome, Filled | PartiallyFilled):
                # It triggered before we learned that it stood: the position is gone through its own stop.
                position = await funded(self._ground, exchange, position)
                async with self._ground.units.writing() as unit:
                    position = await record_exit(unit, position, order, outcome, stop_reason(position))
                self._ground.book.put(position)
                return position, outcome
            position = await self.conclude(position, order, outcome)
        if isinstance(outcome, Unknown):
            self._ground.unsettled.put_nowait(order)
        return position, outcome

    async def _intend(self, position: Position, price: Price) -> tuple[Position, Order]:
        """Write the stop down before it is sent; its version makes its id its own."""
        now = self._ground.clock.now()
        position = replace(position, stop_version=position.stop_version + 1)
        request = OrderRequest(
            client_order_id=client_order_id(position, OrderLeg.STOP, position.stop_version),
            exchange=position.exchange,
            symbol=position.symbol,
            side=position.side.exit_side,
            leg=OrderLeg.STOP,
            quantity=position.quantity,
            trigger_price=price,
            reduce_only=True,
        )
        order = submitted(request, position.id, now)
        async with self._ground.units.writing() as unit:
            await unit.orders.add(order)
            await unit.positions.save(position)
        self._ground.book.put(position)
        return position, order

    async def conclude(self, position: Position, order: Order, outcome: OrderOutcome) -> Position:
        """Store what became of the stop `order`; also used when an unknown one is settled.

        A stop that turns out to stand after a better one took its place changes nothing about the position.
        """
        now = self._ground.clock.now()
        trigger = order.request.trigger_price
        if trigger is None:
            raise Bug(f"stop {order.request.client_order_id} has no trigger price")
        after = position
        async with self._ground.units.writing() as unit:
            await unit.orders.save(answered(order, outcome, now))
            standing = None if position.stop_order_id is None else await unit.orders.get(position.stop_order_id)
            if isinstance(outcome, Accepted) and _takes_over(position, order, standing):
                after = replace(
                    position,
                    stop_price=trigger,
                    stop_order_id=order.request.client_order_id,
                    stop_moved_at=now,
                )
                if standing is not None and standing.request.client_order_id != after.stop_order_id:
                    await unit.orders.save(answered(standing, Cancelled(), now))
                await self._tell_move(unit, position, after)
                await unit.positions.save(after)
        self._ground.book.put(after)
        return after

    async def adopt(self, position: Position, trigger: Price) -> Position:
        """Take over that the position's stop stands at `trigger` at the venue: somebody else put or moved it there."""
        now = self._ground.clock.now()
        async with self._ground.units.reading() as unit:
            standing = None if position.stop_order_id is None else await unit.orders.get(position.stop_order_id)
        if standing is None:
            position, order = await self._intend(position, trigger)
            return await self.conclude(position, order, Accepted())
        after = replace(position, stop_price=trigger, stop_moved_at=now)
        moved = replace(standing.request, trigger_price=trigger)
        async with self._ground.units.writing() as unit:
            await unit.orders.save(replace(standing, request=moved, updated_at=now, detail="moved at the venue"))
            await self._tell_move(unit, position, after)
            await unit.positions.save(after)
        self._ground.book.put(after)
        return after

    async def forget(self, position: Position) -> Position:
        """Store that the position's stop is gone at the venue, so that the next one is a first."""
        after = replace(position, stop_order_id=None, stop_price=None)
        async with self._ground.units.writing() as unit:
            stop = None if position.stop_order_id is None else await unit.orders.get(position.stop_order_id)
            if stop is not None and stop.state is OrderState.RESTING:
                await unit.orders.save(answered(stop, Cancelled(), self._ground.clock.now()))
            await unit.positions.save(after)
        self._ground.book.put(after)
        return after

    async def wanted_price(self, exchange: Exchange, position: Position) -> Price:
        """Return where the stop of a position belongs: where it stood, else where the first one goes.

        Raises:
            RetryLater: there is none yet, and the venue does not list the contract now.
        """
        if position.stop_price is not None:
            return position.stop_price
        instruments = await ask(exchange.instruments(), self._ground.settings.order_timeout)
        if position.symbol not in instruments:
            raise RetryLater(
                f"{exchange.name} does not list {position.symbol} now", self._ground.settings.stop_deadline
            )
        return initial_stop(position, instruments[position.symbol])

    async def _tell_move(self, unit: UnitOfWork, before: Position, after: Position) -> None:
        if before.stop_order_id is None or after.stop_price is None or before.stop_price == after.stop_price:
            return
        await unit.record(
            StopMoved(
                at=self._ground.clock.now(),
                exchange=before.exchange,
                position_id=before.id,
                symbol=before.symbol,
                old_price=before.stop_price,
                new_price=after.stop_price,
            )
        )
