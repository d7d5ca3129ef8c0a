"""Protective stops as a venue has them: orders of their own, or values of positions. When to move them: not here."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from bot.exchanges.errors import TroubleKind, VenueFailure, VenueTrouble
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.orders.answers import above_zero, number, read_order, side_of, text, told_word
from bot.exchanges.orders.holdings import AccountReads
from bot.exchanges.orders.reads import OrderReads
from bot.exchanges.orders.refusals import raised
from bot.exchanges.orders.truth import OrderTruth
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.money import ZERO, Price, Quantity
from core.domain.orders import Accepted, OrderOutcome, OrderRequest, Unknown, VenueStop
from core.ports.edges import Clock

_log = logging.getLogger(__name__)

_TAKE_BACK_PATIENCE = timedelta(seconds=2)
_LAG = timedelta(milliseconds=200)


class VenueStops(Protocol):
    """Stops of one kind. Sending raises `VenueFailure`; reading raises what the port allows."""

    async def put(self, request: OrderRequest) -> OrderOutcome:
        """Let the stop `request` stand; the answer as far as the venue gave one.

        Raises:
            VenueFailure: it was refused, or nobody knows.
        """
        ...

    async def drop_replaced(self, symbol: str, client_order_id: str) -> None:
        """Take the stop back that another one has replaced; one that cannot be taken back now is left."""
        ...

    async def cancel(self, symbol: str, client_order_id: str) -> None:
        """Take a stop back; one that is gone already is no error."""
        ...

    async def find(self, request: OrderRequest) -> OrderOutcome | None:
        """Return what became of a stop, None if the venue never had it."""
        ...

    async def all(self) -> Sequence[VenueStop]:
        """Return the stops that stand."""
        ...


class OrderStops:
    """Stops that are conditional orders with our ids; a new one is placed before the old one is taken back."""

    def __init__(self, client: VenueClient, market: VenueMarket, reads: OrderReads, truth: OrderTruth) -> None:
        self._client = client
        self._market = market
        self._reads = reads
        self._truth = truth

    async def put(self, request: OrderRequest) -> OrderOutcome:
        """Place it; raises as `VenueStops.put`."""
        params = {
            **self._client.profile.stop_params,
            "stopLossPrice": text(request.trigger_price or ZERO),
            "clientOrderId": request.client_order_id,
        }
        answer = await self._client.call(
            "create_order",
            self._market.unified(request.symbol),
            "market",
            request.side.value.lower(),
            text(request.quantity),
            None,
            params,
        )
        facts = read_order(answer, self._reads, self._client.profile.settle)
        if facts.status == "open":
            return Accepted()
        return await self.find(request) or Unknown(detail="the venue does not tell whether the stop stands")

    async def drop_replaced(self, symbol: str, client_order_id: str) -> None:
        """Take it back within a moment; left standing, it is an orphan that is cleared away later."""
        try:
            async with asyncio.timeout(_TAKE_BACK_PATIENCE.total_seconds()):
                await self.cancel(symbol, client_order_id)
        except (TimeoutError, RetryLater, ConfigurationError) as error:
            _log.warning("replaced_stop_left", extra={"symbol": symbol, "order": client_order_id, "error": str(error)})

    async def cancel(self, symbol: str, client_order_id: str) -> None:
        """Take it back; raises what reading raises."""
        asked = {"trigger": True, "clientOrderId": client_order_id}
        try:
            await self._client.call("cancel_order", None, self._market.unified(symbol), asked)
        except VenueFailure as failure:
            trouble = failure.trouble
            if trouble.is_no_such_order or trouble.kind in {TroubleKind.ALREADY_SO, TroubleKind.POSITION_GONE}:
                return
            raise raised(failure) from None

    async def find(self, request: OrderRequest) -> OrderOutcome | None:
        """Return what became of it."""
        return await self._truth.find_stop(request)

    async def all(self) -> Sequence[VenueStop]:
        """Return the stops that only reduce, a person's too."""
        stops = []
        for order in await self._client.ask("fetch_open_orders", None, None, None, {"trigger": True}):
            info, trigger = order["info"], above_zero(order.get("triggerPrice"))
            reduces = order.get("reduceOnly") or str(info.get("closePosition")).lower() == "true"
            if (
                trigger is None
                or not reduces
                or told_word(info.get(self._reads.stop_type_key)) not in self._reads.stop_types
            ):
                continue
            stops.append(
                VenueStop(
                    client_order_id=told_word(order.get("clientOrderId")),
                    symbol=str(info["symbol"]),
                    side=side_of(order["side"]),
                    quantity=Quantity(number(order.get("amount")) or ZERO),
                    trigger_price=Price(trigger),
                )
            )
        return stops


class PositionStops:
    """Stops that are a value of their position: one each, without ids, replaced in one call."""

    def __init__(
        self, client: VenueClient, market: VenueMarket, truth: OrderTruth, account: AccountReads, *, clock: Clock
    ) -> None:
        self._client = client
        self._market = market
        self._truth = truth
        self._account = account
        self._clock = clock

    async def put(self, request: OrderRequest) -> OrderOutcome:
        """Set it; raises as `VenueStops.put`. Setting it twice changes nothing."""
        try:
            await self._set(request)
        except VenueFailure as failure:
            if not await self._is_hasty(request, failure.trouble):
                raise
            await self._set(request)
        return Accepted()

    async def drop_replaced(self, symbol: str, client_order_id: str) -> None:
        """Nothing is left to take back."""

    async def cancel(self, symbol: str, client_order_id: str) -> None:
        """Nothing to do: it goes with its position."""

    async def find(self, request: OrderRequest) -> OrderOutcome | None:
        """Return whether a stop stands at the trigger of `request`, or was executed from there last of all."""
        position, trigger = await self._account.position_and_stop(request.symbol)
        if position is not None and position.side is request.side.opposite:
            return Accepted() if trigger == request.trigger_price else None
        return await self._truth.find_attached(request)

    async def all(self) -> Sequence[VenueStop]:
        """Return the stops of all positions."""
        return await self._account.attached_stops()

    async def _set(self, request: OrderRequest) -> None:
        params = {
            **self._client.profile.stop_params,
            "tradingStopEndpoint": True,
            "stopLossPrice": text(request.trigger_price or ZERO),
        }
        unified, side = self._market.unified(request.symbol), request.side.value.lower()
        try:
            # Without an amount it covers the whole position, whatever becomes of its size.
            await self._client.call("create_order", unified, "market", side, "0", None, params)
        except VenueFailure as failure:
            if failure.trouble.kind is not TroubleKind.ALREADY_SO:
                raise

    async def _is_hasty(self, request: OrderRequest, trouble: VenueTrouble) -> bool:
        """True if the venue misses a position that it has: its parts do not learn of a fill at the same moment."""
        if trouble.kind is not TroubleKind.POSITION_GONE:
            return False
        await self._clock.sleep(_LAG)
        try:
            position = await self._account.position(request.symbol)
        except (RetryLater, ConfigurationError):
            return False
        return position is not None and position.side is request.side.opposite
