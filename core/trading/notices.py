"""Looks at a symbol soon after its venue hinted that something happened to it. How it is compared is `reconcile`'s."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from core.domain.errors import RetryLater
from core.domain.orders import (
    Accepted,
    Filled,
    Order,
    OrderLeg,
    OrderState,
    PartiallyFilled,
    Unknown,
    VenueNotice,
)
from core.ports.edges import Exchange
from core.trading.exits import Exits
from core.trading.ground import Ground
from core.trading.reconcile import Reconcile
from core.trading.sending import look_up
from core.trading.settlement import Settlement

_GATHERED_WITHIN = timedelta(milliseconds=500)
"""What one fill sets off comes within that, and ends in one look."""

_BETWEEN_LOOKS = timedelta(seconds=3)
"""A storm of notices costs no more than a look each."""

_Heard = dict[str | None, set[str | None]]
"""Symbols (None: any of them) with the orders that were named (None: no order)."""


class Notices:
    """Ends each burst of notices of one exchange in one look at its symbols, and looks again while it cannot tell."""

    def __init__(
        self,
        ground: Ground,
        *,
        exchanges: Mapping[str, Exchange],
        settlement: Settlement,
        reconcile: Reconcile,
        exits: Exits,
    ) -> None:
        self._ground = ground
        self._settlement = settlement
        self._reconcile = reconcile
        self._exits = exits
        self._heard: dict[str, _Heard] = {name: {} for name in exchanges}
        self._something = {name: asyncio.Event() for name in exchanges}

    def take(self, notice: VenueNotice) -> None:
        """Have the symbol of `notice` looked at; returns at once."""
        self._heard[notice.exchange].setdefault(notice.symbol, set()).add(notice.client_order_id)
        self._something[notice.exchange].set()

    async def run(self, exchange: Exchange) -> None:
        """Look at what is heard of `exchange`; never ends."""
        while True:
            await self._something[exchange.name].wait()
            await self._ground.clock.sleep(_GATHERED_WITHIN)
            self._something[exchange.name].clear()
            await self._look(exchange)

    async def _look(self, exchange: Exchange) -> None:
        """Look until nothing new is heard; what the venue cannot tell in about a minute is left to reconcile."""
        waits = self._ground.settings.settle_waits
        failures = 0
        while heard := self._heard[exchange.name]:
            self._heard[exchange.name] = {}
            wait = _BETWEEN_LOOKS
            if await self._is_settled(exchange, heard):
                failures = 0
            elif failures < len(waits):
                self._hear_again(exchange, heard)
                wait = waits[failures]
                failures += 1
            await self._ground.clock.sleep(wait)

    def _hear_again(self, exchange: Exchange, heard: _Heard) -> None:
        for symbol, orders in heard.items():
            self._heard[exchange.name].setdefault(symbol, set()).update(orders)

    async def _is_settled(self, exchange: Exchange, heard: _Heard) -> bool:
        """Look at what was heard of; False if the venue cannot tell yet."""
        try:
            unexplained = {
                symbol for symbol, named in heard.items() if not await self._explains(exchange, symbol, named)
            }
            symbols = None if None in unexplained else {symbol for symbol in unexplained if symbol is not None}
            if symbols is not None and not symbols:
                return True
            await self._settlement.settle_now(exchange.name, symbols)
            return await self._reconcile.look_at(exchange, symbols)
        except RetryLater:
            return False

    async def _explains(self, exchange: Exchange, symbol: str | None, named: set[str | None]) -> bool:
        """True if all that was heard of a symbol are orders of ours of which we know, or learn now, what they did."""
        if symbol is None or None in named:
            return False
        async with self._ground.book.lock(exchange.name, symbol):  # An order in flight is waited for.
            for client_order_id in named:
                if client_order_id is None or not await self._explains_order(exchange, client_order_id):
                    return False
        return True

    async def _explains_order(self, exchange: Exchange, client_order_id: str) -> bool:
        async with self._ground.units.reading() as unit:
            order = await unit.orders.get(client_order_id)
        if order is None or not order.state.is_settled:
            return False
        if order.state is not OrderState.RESTING:
            return True
        return await self._explains_resting(exchange, order)

    async def _explains_resting(self, exchange: Exchange, order: Order) -> bool:
        """Ask what became of a stop of ours; one that was executed is taken in, one that rests was only placed."""
        limit = self._ground.settings.order_timeout
        outcome = await look_up(exchange, order.request, limit, order.created_at)
        if isinstance(outcome, Unknown):
            raise RetryLater(outcome.detail, limit)
        position = self._ground.book.find(order.position_id)
        if isinstance(outcome, Filled | PartiallyFilled) and order.request.leg is OrderLeg.STOP:
            if position is not None:
                await self._exits.take_stop_fill(exchange, position, order.request.client_order_id, outcome)
            return isinstance(outcome, Filled)
        return isinstance(outcome, Accepted)
