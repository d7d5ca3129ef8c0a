"""Looks orders up by our ids until the venue says what became of them. Sending and taking back belong elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.exchanges.errors import VenueFailure
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.orders.answers import OrderFacts, read_order
from bot.exchanges.orders.executions import Executions
from bot.exchanges.orders.reads import Lookup, OrderReads
from bot.exchanges.orders.refusals import raised
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.orders import Accepted, OrderOutcome, OrderRequest, Unknown
from core.ports.edges import Clock

_NEVER = datetime.min.replace(tzinfo=UTC)
_LOOKS_MS = (0, 50, 100, 200, 300, 500, 750, 1000, 1000, 1000, 1500, 2000)
"""Waits before each look at an order that the venue has taken."""


class OrderTruth:
    """Asks one venue for orders by client order id."""

    def __init__(
        self, client: VenueClient, market: VenueMarket, reads: OrderReads, executions: Executions, *, clock: Clock
    ) -> None:
        self._client = client
        self._market = market
        self._reads = reads
        self._executions = executions
        self._clock = clock

    async def find(self, request: OrderRequest) -> OrderOutcome | None:
        """Return what became of a market order, None if the venue never had it.

        Raises:
            RetryLater: the venue cannot tell now.
            ConfigurationError: a person must mend keys or settings.
        """
        facts = await self._facts(request, self._reads.lookups)
        return None if facts is None else await self._executions.outcome(request, facts)

    async def find_stop(self, request: OrderRequest) -> OrderOutcome | None:
        """Return what became of a stop that is an order of its own; as `find`."""
        facts = await self._facts(request, self._reads.stop_lookups)
        if facts is None:
            return None
        spawned = str(facts.info.get(self._reads.spawned_key) or "")
        if spawned.strip("0"):
            return await self._spawned(request, spawned)
        if facts.status == "closed":
            return Unknown(detail="the stop has triggered; what it executed is not told yet")
        return await self._executions.outcome(request, facts)

    async def find_attached(self, request: OrderRequest) -> OrderOutcome | None:
        """Return the execution of the stop that was attached to a position that is gone; raises as `find`.

        It is meant only if nothing that reduced came after it: an older one may have had the same trigger.
        """
        attached = self._reads.attached
        if attached is None:
            return None
        unified = self._market.unified(request.symbol)
        for method, params in attached.histories:
            orders = await self._orders(method, unified, params)
            ended = [order for order in orders if order.filled and order.reduces and order.side is request.side]
            if not ended:
                continue
            stops = {o.venue_id for o in ended if o.info.get(attached.type_key) in attached.types}
            last = max(ended, key=lambda order: (order.changed_at or _NEVER, order.venue_id in stops))
            is_meant = last.venue_id in stops and last.trigger_price == request.trigger_price
            return await self._executions.outcome(request, last) if is_meant else None
        return None

    async def await_end(self, request: OrderRequest) -> OrderOutcome:
        """Look at a market order that the venue has taken until it has ended; `Unknown` after some ten seconds."""
        doubt = "the venue does not tell of the order"
        for wait_ms in _LOOKS_MS:
            if wait_ms:
                await self._clock.sleep(timedelta(milliseconds=wait_ms))
            try:
                outcome = await self.find(request)
            except (RetryLater, ConfigurationError) as error:
                doubt = str(error)
                continue
            if outcome is not None and not isinstance(outcome, Unknown | Accepted):
                return outcome
            doubt = outcome.detail if isinstance(outcome, Unknown) else doubt
        return Unknown(detail=doubt)

    async def read(self, method: str, *arguments: object) -> OrderFacts | None:
        """Ask for one order; None if there is none such. Raises as `find`."""
        try:
            answer = await self._client.call(method, *arguments)
        except VenueFailure as failure:
            if failure.trouble.is_no_such_order:
                return None
            raise raised(failure) from None
        return read_order(answer, self._reads, self._client.profile.settle)

    async def _facts(self, request: OrderRequest, lookups: Sequence[Lookup]) -> OrderFacts | None:
        unified = self._market.unified(request.symbol)
        for lookup in lookups:
            params = {**lookup.params, lookup.id_param: request.client_order_id}
            if not lookup.gives_list:
                found = await self.read(lookup.method, None, unified, params)
            else:
                orders = await self._orders(lookup.method, unified, params)
                found = next((order for order in orders if order.client_order_id == request.client_order_id), None)
            if found is not None:
                return found
        return None

    async def _orders(self, method: str, unified: str, params: Mapping[str, object]) -> Sequence[OrderFacts]:
        try:
            answers = await self._client.call(method, unified, None, None, params)
        except VenueFailure as failure:
            if failure.trouble.is_no_such_order:
                return ()
            raise raised(failure) from None
        return [read_order(answer, self._reads, self._client.profile.settle) for answer in answers]

    async def _spawned(self, request: OrderRequest, venue_id: str) -> OrderOutcome:
        facts = await self.read("fetch_order", venue_id, self._market.unified(request.symbol), {})
        if facts is None or not facts.is_final:
            return Unknown(detail="the stop has triggered and is being executed")
        return await self._executions.outcome(request, facts)
