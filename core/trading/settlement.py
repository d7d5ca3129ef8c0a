"""Unknown outcomes: looked up by client order id until the truth is known, never repeated blindly."""

import heapq
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from core.domain.errors import Bug, RetryLater
from core.domain.events import OrderSettled
from core.domain.market import ExchangeRef
from core.domain.orders import (
    Accepted,
    Cancelled,
    Filled,
    Order,
    OrderLeg,
    OrderOutcome,
    OrderState,
    PartiallyFilled,
    RefusalReason,
    Refused,
    Unknown,
)
from core.domain.positions import Position, PositionState
from core.ports.edges import Exchange
from core.trading.entries import Entries, Told
from core.trading.exits import Exits
from core.trading.ground import Ground
from core.trading.sending import answered, ask, look_up
from core.trading.stops import Stops


class Settlement:
    """Finds out what became of orders whose answer was lost, and goes on from there as if it had come."""

    def __init__(
        self,
        ground: Ground,
        *,
        exchanges: Mapping[str, Exchange],
        refs: Sequence[ExchangeRef],
        entries: Entries,
        exits: Exits,
        stops: Stops,
    ) -> None:
        self._ground = ground
        self._exchanges = exchanges
        self._exchange_ids = {ref.name: ref.id for ref in refs}
        self._entries = entries
        self._exits = exits
        self._stops = stops
        self._due: list[tuple[datetime, int, str, Order]] = []

    async def recover(self) -> tuple[str, ...]:
        """Look up every stored order without an outcome, once; those that stay open are asked for again by `run`.

        Returns:
            A sentence an order, for the restart report.
        """
        async with self._ground.units.reading() as unit:
            orders = await unit.orders.unsettled()
        found = []
        for order in orders:
            request = order.request
            settled = await self._settle_at_once(order)
            found.append(
                f"{request.leg} order of {request.symbol} on {request.exchange}: "
                + ("settled" if settled else "still unknown, being looked up")
            )
            if not settled:
                await self._leave_unknown(order)
        return tuple(found)

    async def settle_now(self, exchange: str, symbols: Collection[str] | None) -> None:
        """Look up, once, the orders of `symbols` (None: all) that have no outcome: something was heard of them."""
        async with self._ground.units.reading() as unit:
            orders = await unit.orders.unsettled()
        for order in orders:
            if order.request.exchange == exchange and (symbols is None or order.request.symbol in symbols):
                await self.attempt(order, is_last=False)

    async def run(self) -> None:
        """Settle orders as they are put into the queue; never ends. Started again, it goes on with those that wait."""
        waits = self._ground.settings.settle_waits
        while True:
            if not self._due:
                self._take(await self._ground.unsettled.get(), 0)
            while not self._ground.unsettled.empty():
                self._take(self._ground.unsettled.get_nowait(), 0)
            # Never longer than the first wait: an order that is lost meanwhile must not queue behind an old one.
            await self._ground.clock.sleep_until(min(self._due[0][0], self._ground.clock.now() + waits[0]))
            if self._due[0][0] > self._ground.clock.now():
                continue
            _, attempt, _, order = heapq.heappop(self._due)
            is_settled = False
            try:
                is_settled = await self.attempt(order, is_last=attempt + 1 >= len(waits))
            finally:
                if not is_settled:
                    self._take(order, min(attempt + 1, len(waits) - 1))

    async def attempt(self, order: Order, *, is_last: bool) -> bool:
        """Look one order up and store the truth.

        Returns:
            True once the order is settled; False while the venue cannot tell, or does not know it and this is not the
            last look (a venue may show an order late).
        """
        request = order.request
        exchange = self._exchanges[request.exchange]
        async with self._ground.book.lock(request.exchange, request.symbol):
            outcome = await look_up(exchange, request, self._ground.settings.order_timeout, order.created_at)
            if outcome is None:
                if not is_last:
                    return False
                outcome = Refused(reason=RefusalReason.NEVER_ARRIVED, detail="the venue never had this order")
            is_working = isinstance(outcome, Accepted) and request.leg is not OrderLeg.STOP
            if is_working or isinstance(outcome, Unknown):
                return False
            async with self._ground.units.reading() as unit:
                stored = await unit.orders.get(request.client_order_id)
                position = await unit.positions.get(order.position_id)
            if stored is None or position is None:
                raise Bug(f"order {request.client_order_id} has no row or no position")
            if stored.state.is_settled:
                return True
            try:
                await self._conclude(exchange, position, stored, outcome)
            except RetryLater:
                return False
        return True

    async def _settle_at_once(self, order: Order) -> bool:
        """Look an order up; again, until it can have got lost for good, if a position without a stop hangs on it."""
        settled = await self.attempt(order, is_last=self._is_old(order))
        waits = iter(self._ground.settings.settle_waits)
        while not settled and not self._is_old(order) and await self._leaves_unprotected(order):
            await self._ground.clock.sleep(next(waits, self._ground.settings.settle_waits[-1]))
            settled = await self.attempt(order, is_last=self._is_old(order))
        return settled

    async def _leaves_unprotected(self, order: Order) -> bool:
        if order.request.leg is not OrderLeg.EXIT:
            return False
        async with self._ground.units.reading() as unit:
            position = await unit.positions.get(order.position_id)
        return position is not None and position.state.is_live and position.stop_order_id is None

    async def _leave_unknown(self, order: Order) -> None:
        """Let an order that cannot be settled at once be looked up later; its signal is judged `order_unknown` now."""
        request = order.request
        if order.state is OrderState.UNKNOWN or request.leg is not OrderLeg.ENTRY:
            self._ground.unsettled.put_nowait(order)
            return
        async with self._ground.units.reading() as unit:
            position = await unit.positions.get(order.position_id)
        if position is None:
            raise Bug(f"order {request.client_order_id} has no position")
        lost = Unknown(detail="the process ended before the venue's answer was stored")
        await self._conclude_entry(self._exchanges[request.exchange], position, order, lost)

    def _is_old(self, order: Order) -> bool:
        """True when an order that the venue does not know now will not turn up any more."""
        return self._ground.clock.now() - order.created_at > self._ground.settings.order_timeout

    async def _conclude(self, exchange: Exchange, position: Position, order: Order, outcome: OrderOutcome) -> None:
        request = order.request
        # Of a stop whose answer was lost nobody is told: what matters of it has events of its own.
        was_told = order.state is OrderState.UNKNOWN and request.leg is not OrderLeg.STOP
        match request.leg:
            case OrderLeg.ENTRY:
                await self._conclude_entry(exchange, position, order, outcome)
            case OrderLeg.STOP if isinstance(outcome, Filled | PartiallyFilled):
                await self._exits.take_stop_fill(exchange, position, request.client_order_id, outcome)
                await self._let_go(request.client_order_id)
            case OrderLeg.STOP:
                await self._stops.conclude(position, order, outcome)
            case OrderLeg.EXIT:
                await self._conclude_exit(exchange, position, order, outcome)
        if not was_told:
            return
        async with self._ground.units.writing() as unit:
            await unit.record(
                OrderSettled(
                    at=self._ground.clock.now(),
                    exchange=request.exchange,
                    symbol=request.symbol,
                    leg=request.leg.value,
                    client_order_id=request.client_order_id,
                    was_filled=isinstance(outcome, Filled | PartiallyFilled),
                )
            )

    async def _let_go(self, client_order_id: str) -> None:
        """Note that a stop came to nothing if its fill was booked through another one: they were one at the venue."""
        async with self._ground.units.writing() as unit:
            stored = await unit.orders.get(client_order_id)
            if stored is not None and not stored.state.is_settled:
                await unit.orders.save(answered(stored, Cancelled(), self._ground.clock.now()))

    async def _conclude_exit(self, exchange: Exchange, position: Position, order: Order, outcome: OrderOutcome) -> None:
        """Store what became of an exit; a position that it should have ended for want of a stop gets one."""
        after = await self._exits.conclude(exchange, position, order, outcome)
        if after.state is not PositionState.OPEN or after.stop_order_id is not None:
            return
        with suppress(RetryLater):  # Then reconcile will.
            await self._entries.protect(exchange, after, await self._stops.wanted_price(exchange, after))

    async def _conclude_entry(
        self, exchange: Exchange, position: Position, order: Order, outcome: OrderOutcome
    ) -> None:
        signal = None
        if position.signal_id is not None:
            async with self._ground.units.reading() as unit:
                signal = await unit.signals.find(position.signal_id, self._exchange_ids[position.exchange])
        instrument = None
        if isinstance(outcome, Filled | PartiallyFilled):
            instruments = await ask(exchange.instruments(), self._ground.settings.order_timeout)
            if position.symbol not in instruments:
                raise RetryLater(f"{position.symbol} is not listed", self._ground.settings.settle_waits[-1])
            instrument = instruments[position.symbol]
        await self._entries.conclude(exchange, position, order, outcome, Told(signal, instrument))

    def _take(self, order: Order, attempt: int) -> None:
        at = self._ground.clock.now() + self._ground.settings.settle_waits[attempt]
        heapq.heappush(self._due, (at, attempt, order.request.client_order_id, order))
