"""Closing positions at market, and taking in what stops at the venue closed."""

from dataclasses import replace

from core.domain.errors import RetryLater
from core.domain.events import OrderRefused, OrderUnknown
from core.domain.market import Instrument
from core.domain.money import NO_QUANTITY, Quantity, Ratio
from core.domain.orders import (
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
from core.domain.positions import ExitReason, Position, PositionState
from core.ports.edges import Exchange
from core.trading.funding import funded
from core.trading.ground import Ground
from core.trading.ids import client_order_id
from core.trading.outside import Booking, Outside
from core.trading.results import record_exit, stop_reason
from core.trading.sending import answered, ask, look_up, send, submitted

_GONE = {RefusalReason.POSITION_GONE, RefusalReason.REDUCE_ONLY}


class Exits:
    """Ends positions, whole or in part. Callers hold the symbol's lock.

    Attributes:
        outside: Books what others closed.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.outside = Outside(ground)

    async def close(
        self,
        exchange: Exchange,
        position: Position,
        reason: ExitReason,
        *,
        quantity: Quantity | None = None,
        author: str | None = None,
    ) -> tuple[Position, OrderOutcome]:
        """Close `quantity` coins (None: all) of an open position with a reduce-only market order.

        Safe to call again: a position that is not open is returned as it is, with `Cancelled`.

        Returns:
            The position as stored, and the venue's answer. After `Refused` the position is open as before; after
            `Unknown` it stays closing until it is settled.
        """
        if position.state is not PositionState.OPEN:
            return position, Cancelled()
        position, order = await self._intend(position, reason, quantity)
        with self._ground.minding(order):
            outcome = await send(exchange, order.request, self._ground.settings.order_timeout)
            return await self.conclude(exchange, position, order, outcome, author=author), outcome

    async def conclude(
        self,
        exchange: Exchange,
        position: Position,
        order: Order,
        outcome: OrderOutcome,
        *,
        author: str | None = None,
    ) -> Position:
        """Store what became of the exit `order` of a closing position; also used when an unknown one is settled."""
        if not position.state.is_live:
            await self._save(order, outcome)  # It ended some other way while this order was unknown.
            return position
        if isinstance(outcome, Filled | PartiallyFilled):
            reason = position.exit_reason or ExitReason.CLOSED_OUTSIDE
            position = await funded(self._ground, exchange, position)
            async with self._ground.units.writing() as unit:
                after = await record_exit(unit, position, order, outcome, reason, author=author)
            self._ground.book.put(after)
            await self._clear_stop(exchange, after)
            return after
        if isinstance(outcome, Refused) and outcome.reason in _GONE:
            return await self.take_gone(exchange, position, order)
        return await self._not_closed(position, order, outcome)

    async def take_stop_fill(
        self, exchange: Exchange, position: Position, client_order_id_: str, fill: Execution
    ) -> Position:
        """Store that the position's stop was executed at the venue; a fill taken in already changes nothing."""
        async with self._ground.units.reading() as unit:
            order = await unit.orders.get(client_order_id_)
        if order is None or order.filled_quantity is not None or not position.state.is_live:
            return position
        position = await funded(self._ground, exchange, position)
        async with self._ground.units.writing() as unit:
            after = await record_exit(unit, position, order, fill, stop_reason(position))
        self._ground.book.put(after)
        return after

    async def take_fired_stop(self, exchange: Exchange, position: Position) -> Position:
        """Store that the position's stop was executed while nobody listened; anything else changes nothing."""
        outcome = await self.stop_outcome(exchange, position)
        if position.stop_order_id is None or not isinstance(outcome, Filled | PartiallyFilled):
            return position
        return await self.take_stop_fill(exchange, position, position.stop_order_id, outcome)

    async def stop_outcome(self, exchange: Exchange, position: Position) -> OrderOutcome | None:
        """Ask what became of the stop that protects `position`; None if it has none or the venue never had it."""
        if position.stop_order_id is None:
            return None
        async with self._ground.units.reading() as unit:
            stop = await unit.orders.get(position.stop_order_id)
        if stop is None:
            return None
        return await look_up(exchange, stop.request, self._ground.settings.order_timeout, stop.created_at)

    async def take_gone(self, exchange: Exchange, position: Position, order: Order | None = None) -> Position:
        """Store the end of a position that the venue does not have any more: through its stop, else by its fills.

        Returns:
            The position, closed; still live while the venue does not tell what ended it: whoever saw it gone will
            look again.
        """
        outcome = await self.stop_outcome(exchange, position)
        if isinstance(outcome, Unknown):
            # What ended it is not known yet, and is not guessed.
            return await self._not_explained(position, order, outcome.detail)
        if position.stop_order_id is not None and isinstance(outcome, Filled | PartiallyFilled):
            if order is not None:
                await self._save(order, Cancelled())
                order = None
            position = await self.take_stop_fill(exchange, position, position.stop_order_id, outcome)
            if not position.state.is_live:
                return position
        position, booking = await self.outside.take_reduced(exchange, position, NO_QUANTITY, order)
        if booking is Booking.NOT_YET:
            return await self._not_explained(position, order, "the venue does not tell yet what ended the position")
        await self._clear_stop(exchange, position)
        return position

    async def _not_explained(self, position: Position, order: Order | None, detail: str) -> Position:
        if order is None:
            return position
        gone = Refused(reason=RefusalReason.POSITION_GONE, detail=detail)
        return await self._not_closed(position, order, gone)

    async def _intend(
        self, position: Position, reason: ExitReason, quantity: Quantity | None
    ) -> tuple[Position, Order]:
        now = self._ground.clock.now()
        after = replace(position.moved_to(PositionState.CLOSING), exit_reason=reason)
        async with self._ground.units.writing() as unit:
            earlier = sum(o.request.leg is OrderLeg.EXIT for o in await unit.orders.of_position(position.id))
            request = OrderRequest(
                client_order_id=client_order_id(position, OrderLeg.EXIT, earlier + 1),
                exchange=position.exchange,
                symbol=position.symbol,
                side=position.side.exit_side,
                leg=OrderLeg.EXIT,
                quantity=quantity or position.quantity,
                reduce_only=True,
            )
            order = submitted(request, position.id, now)
            await unit.orders.add(order)
            await unit.positions.save(after)
        self._ground.book.put(after)
        return after, order

    async def _not_closed(self, position: Position, order: Order, outcome: OrderOutcome) -> Position:
        now = self._ground.clock.now()
        request = order.request
        after = position
        async with self._ground.units.writing() as unit:
            await unit.orders.save(answered(order, outcome, now))
            if isinstance(outcome, Unknown):
                await unit.record(
                    OrderUnknown(
                        at=now,
                        exchange=request.exchange,
                        symbol=request.symbol,
                        side=request.side.value,
                        leg=request.leg.value,
                        client_order_id=request.client_order_id,
                        detail=outcome.detail,
                    )
                )
            else:
                if position.state is PositionState.CLOSING:
                    after = replace(position.moved_to(PositionState.OPEN), exit_reason=None)
                refusal = outcome if isinstance(outcome, Refused) else Refused(reason=RefusalReason.OTHER)
                await unit.positions.save(after)
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
        if isinstance(outcome, Unknown):
            self._ground.unsettled.put_nowait(order)
        self._ground.book.put(after)
        return after

    async def _save(self, order: Order, outcome: OrderOutcome) -> None:
        async with self._ground.units.writing() as unit:
            await unit.orders.save(answered(order, outcome, self._ground.clock.now()))

    async def _clear_stop(self, exchange: Exchange, position: Position) -> None:
        """Take the stop of a closed position back; a venue that cannot now leaves an orphan for reconcile."""
        if position.state is not PositionState.CLOSED or position.stop_order_id is None:
            return
        try:
            await ask(exchange.cancel(position.symbol, position.stop_order_id), self._ground.settings.order_timeout)
        except RetryLater:
            return
        async with self._ground.units.writing() as unit:
            stop = await unit.orders.get(position.stop_order_id)
            if stop is not None and stop.filled_quantity is None:
                await unit.orders.save(answered(stop, Cancelled(), self._ground.clock.now()))


def part_of(position: Position, share: Ratio, instrument: Instrument) -> Quantity:
    """Return the coins that `share` of the position is, on the instrument's grid, rounded down."""
    return instrument.round_quantity(position.quantity * share)
