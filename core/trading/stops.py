"""The protective stop: placed at once, moved only for the better, never missing unnoticed."""

from dataclasses import replace
from datetime import timedelta

from core.domain.errors import Bug
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
    PartiallyFilled,
    Unknown,
)
from core.domain.positions import Position
from core.ports.edges import Exchange
from core.trading.ground import Ground
from core.trading.ids import client_order_id
from core.trading.results import record_exit, stop_reason
from core.trading.sending import answered, look_up, send, submitted


def initial_stop(position: Position, instrument: Instrument) -> Price:
    """Return where the first stop of a position stands, rounded to the tighter side."""
    return rounded_stop(position, position.price_at_profit(Ratio(-position.plan.stop_loss)), instrument)


def rounded_stop(position: Position, price: Price, instrument: Instrument) -> Price:
    """Return `price` on the instrument's grid, rounded towards the position's favour (tighter)."""
    return instrument.price_above(price) if position.is_long else instrument.price_below(price)


def _betters(position: Position, trigger: Price) -> bool:
    if not position.state.is_live:
        return False
    if position.stop_order_id is None or position.stop_price is None:
        return True
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
        outcome = await send(exchange, order.request, limit, replaces=position.stop_order_id)
        if isinstance(outcome, Unknown):
            found = await look_up(exchange, order.request, limit)
            outcome = outcome if found is None else found
        if isinstance(outcome, Filled | PartiallyFilled):
            # It triggered before we learned that it stood: the position is gone through its own stop.
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
            if isinstance(outcome, Accepted) and _betters(position, trigger):
                after = replace(
                    position,
                    stop_price=trigger,
                    stop_order_id=order.request.client_order_id,
                    stop_moved_at=now,
                )
                if position.stop_order_id is not None:
                    replaced = await unit.orders.get(position.stop_order_id)
                    if replaced is not None:
                        await unit.orders.save(answered(replaced, Cancelled(), now))
                    await unit.record(
                        StopMoved(
                            at=now,
                            exchange=position.exchange,
                            position_id=position.id,
                            symbol=position.symbol,
                            old_price=position.stop_price,
                            new_price=trigger,
                        )
                    )
                await unit.positions.save(after)
        self._ground.book.put(after)
        return after
