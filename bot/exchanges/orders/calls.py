"""Sends orders so that every end is an outcome: taken, refused, not known. Checks come before: `orders.checks`."""

from collections.abc import Awaitable, Callable

from bot.exchanges.errors import TroubleKind, VenueFailure, VenueTrouble
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.orders.answers import read_order, text
from bot.exchanges.orders.executions import Executions
from bot.exchanges.orders.holdings import AccountReads
from bot.exchanges.orders.reads import OrderReads
from bot.exchanges.orders.refusals import refused
from bot.exchanges.orders.restraint import CallKind, Restraint
from bot.exchanges.orders.stops import VenueStops
from bot.exchanges.orders.truth import OrderTruth
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.orders import OrderOutcome, OrderRequest, RefusalReason, Refused, Unknown

_CONTRADICTS = {RefusalReason.NOT_TRADING, RefusalReason.UNKNOWN_SYMBOL}
_LOOK_UP = {TroubleKind.UNKNOWN, TroubleKind.ALREADY_SO}


class OrderCalls:
    """The order calls of one venue, after the checks."""

    def __init__(
        self,
        client: VenueClient,
        market: VenueMarket,
        reads: OrderReads,
        *,
        truth: OrderTruth,
        executions: Executions,
        account: AccountReads,
        stops: VenueStops,
        restraint: Restraint,
    ) -> None:
        self._client = client
        self._market = market
        self._reads = reads
        self._truth = truth
        self._executions = executions
        self._account = account
        self._stops = stops
        self._restraint = restraint

    async def trade(self, request: OrderRequest) -> OrderOutcome:
        """Send a market order and wait for its end."""
        kind = CallKind.EXIT if request.reduce_only else CallKind.ENTRY
        return await self._guarded(kind, request, self._trade, self._truth.await_end)

    async def put_stop(self, request: OrderRequest, *, is_first: bool) -> OrderOutcome:
        """Send a stop; the first, or one that is to replace another."""
        kind = CallKind.FIRST_STOP if is_first else CallKind.STOP
        return await self._guarded(kind, request, self._stops.put, self._known_stop)

    async def what_became(self, request: OrderRequest) -> OrderOutcome:
        """Return what became of an order that was sent before; `Unknown` if the venue does not know it (yet)."""
        if request.trigger_price is None:
            return await self._truth.await_end(request)
        return await self._known_stop(request)

    async def _guarded(
        self,
        kind: CallKind,
        request: OrderRequest,
        send: Callable[[OrderRequest], Awaitable[OrderOutcome]],
        look_up: Callable[[OrderRequest], Awaitable[OrderOutcome]],
    ) -> OrderOutcome:
        held_back = self._restraint.refusal(kind, request.symbol)
        if held_back is not None:
            return held_back
        try:
            outcome = await send(request)
        except VenueFailure as failure:
            trouble = failure.trouble
            if trouble.is_known_id:
                outcome = await look_up(request)
            elif trouble.kind in _LOOK_UP:
                outcome = await self._looked_up_once(request, trouble)
            else:
                outcome = await self._refused(request, trouble)
            if isinstance(outcome, Refused | Unknown):
                await self._restraint.failed(kind, request.symbol, trouble)
                return outcome
        except (RetryLater, ConfigurationError) as error:
            # The venue took the order, and cannot be asked what became of it.
            return Unknown(detail=str(error))
        self._restraint.succeeded(kind, request.symbol)
        return outcome

    async def _trade(self, request: OrderRequest) -> OrderOutcome:
        profile = self._client.profile
        params = {
            **(profile.exit_params if request.reduce_only else profile.entry_params),
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
        facts = read_order(answer, self._reads, profile.settle)
        if facts.is_final:
            return await self._executions.outcome(request, facts)
        return await self._truth.await_end(request)

    async def _known_stop(self, request: OrderRequest) -> OrderOutcome:
        try:
            found = await self._stops.find(request)
        except (RetryLater, ConfigurationError) as error:
            return Unknown(detail=str(error))
        return found or Unknown(detail="the venue does not know the stop")

    async def _looked_up_once(self, request: OrderRequest, trouble: VenueTrouble) -> OrderOutcome:
        """Return what became of an order whose answer was lost, if the venue can tell at once."""
        doubt = Unknown(detail=trouble.detail or trouble.code)
        look_up = self._truth.find if request.trigger_price is None else self._stops.find
        try:
            return await look_up(request) or doubt
        except (RetryLater, ConfigurationError):
            return doubt

    async def _refused(self, request: OrderRequest, trouble: VenueTrouble) -> Refused:
        answer = refused(trouble)
        if answer.reason in _CONTRADICTS:
            self._market.doubt_instruments()
        if trouble.kind is not TroubleKind.POSITION_GONE:
            return answer
        try:
            position = await self._account.position(request.symbol)
        except (RetryLater, ConfigurationError):
            return answer
        if position is None:
            return answer
        # It is there after all: whoever takes it for gone would leave it alone for good.
        is_ours = position.side is request.side.opposite
        return Refused(reason=RefusalReason.OTHER if is_ours else RefusalReason.REDUCE_ONLY, detail=answer.detail)
