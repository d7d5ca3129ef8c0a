"""A real venue as the port wants it: the adapter's front. Each kind of call lives in a module of its own."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

from bot.exchanges.account.history import AccountHistory
from bot.exchanges.account.setup import AccountSetup
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.orders.calls import OrderCalls
from bot.exchanges.orders.checks import refuse_order, refuse_value
from bot.exchanges.orders.executions import Executions
from bot.exchanges.orders.holdings import AccountReads
from bot.exchanges.orders.reads import READS
from bot.exchanges.orders.restraint import Restraint, RestraintListener
from bot.exchanges.orders.stops import OrderStops, PositionStops, VenueStops
from bot.exchanges.orders.truth import OrderTruth
from bot.exchanges.profiles import StopKind
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.market import Balance, Instrument, Instruments, MarketFacts
from core.domain.money import Money
from core.domain.orders import (
    Accepted,
    OrderOutcome,
    OrderReport,
    OrderRequest,
    RefusalReason,
    Refused,
    VenueFill,
    VenueNotice,
    VenuePosition,
    VenueStop,
)
from core.ports.edges import Clock

_MOST_IDS = 4_096
_PRICE_PATIENCE = timedelta(seconds=1)


class CcxtFutures:
    """Implements Exchange for the venue of `client`, which it opens and closes.

    Args:
        notices: Yields what the account's stream tells; None: nothing is told unasked.
        listener: Is told when a call fails again and again.
    """

    def __init__(
        self,
        client: VenueClient,
        market: VenueMarket,
        *,
        clock: Clock,
        notices: Callable[[], AsyncIterator[VenueNotice]] | None = None,
        listener: RestraintListener | None = None,
    ) -> None:
        reads = READS[client.name]
        restraint = Restraint(client.name, clock=clock, listener=listener)
        executions = Executions(client, market, reads)
        truth = OrderTruth(client, market, reads, executions, clock=clock)
        self._client = client
        self._market = market
        self._notices = notices
        self._truth = truth
        self._account = AccountReads(client, market, reads)
        self._history = AccountHistory(client, market, reads, executions, truth, clock=clock)
        self._setup = AccountSetup(client, market, reads, restraint)
        self._stops: VenueStops = OrderStops(client, market, reads, truth)
        if client.profile.stop_kind is StopKind.POSITION:
            self._stops = PositionStops(client, market, truth, self._account, clock=clock)
        self._calls = OrderCalls(
            client,
            market,
            reads,
            truth=truth,
            executions=executions,
            account=self._account,
            stops=self._stops,
            restraint=restraint,
        )
        self._sent: OrderedDict[str, asyncio.Lock] = OrderedDict()

    @property
    def name(self) -> str:
        """Our name for the venue."""
        return self._client.name

    async def open(self) -> None:
        """Make the client ready; safe to repeat."""
        await self._client.open()

    async def close(self) -> None:
        """Let go of the connections; safe to repeat."""
        await self._client.close()

    async def instruments(self) -> Instruments:
        """Return all contracts by symbol."""
        return await self._market.instruments()

    async def market_facts(self, symbol: str) -> MarketFacts:
        """Return what the venue can tell of `symbol` now."""
        return await self._market.market_facts(symbol)

    async def set_leverage(self, symbol: str, leverage: int) -> OrderOutcome:
        """Set leverage for `symbol`, after one-way mode and isolated margin are made sure of."""
        instrument = await self._instrument(symbol)
        if isinstance(instrument, Refused):
            return instrument
        if not 1 <= leverage <= instrument.max_leverage:
            detail = f"leverage {leverage} is not within 1 and {instrument.max_leverage}"
            return Refused(reason=RefusalReason.LEVERAGE, detail=detail)
        return await self._setup.set_leverage(symbol, leverage)

    async def place(self, request: OrderRequest) -> OrderOutcome:
        """Send an order; one that was sent before is looked up instead."""
        return await self._place(request, replaces=False)

    async def _place(self, request: OrderRequest, *, replaces: bool) -> OrderOutcome:
        # What closes or protects does not wait for a newer list of contracts.
        known = self._market.known(request.symbol) if request.reduce_only else None
        instrument = known or await self._instrument(request.symbol)
        if isinstance(instrument, Refused):
            return instrument
        # The venue may take the id of an order that has ended for a new one.
        lock = self._sent.get(request.client_order_id)
        if lock is not None:
            async with lock:
                pass
            if request.client_order_id in self._sent:
                return await self._calls.what_became(request)
        refusal = refuse_order(request, instrument)
        if refusal is not None:
            return refusal
        return await self._send(request, instrument, replaces=replaces)

    async def replace_stop(self, old: str, request: OrderRequest) -> OrderOutcome:
        """Let the stop `request` stand, and only then take the stop `old` away."""
        outcome = await self._place(request, replaces=True)
        if isinstance(outcome, Accepted) and old != request.client_order_id:
            await self._stops.drop_replaced(request.symbol, old)
        return outcome

    async def cancel(self, symbol: str, client_order_id: str) -> None:
        """Take a stop back; one that is gone, or goes with its position, is no error."""
        await self._stops.cancel(symbol, client_order_id)

    async def find_order(self, request: OrderRequest) -> OrderReport | None:
        """Return what became of an order, None if the venue never had it."""
        find = self._truth.find if request.trigger_price is None else self._stops.find
        outcome = await find(request)
        if outcome is None:
            return None
        return OrderReport(
            client_order_id=request.client_order_id, exchange=self.name, symbol=request.symbol, outcome=outcome
        )

    async def positions(self) -> Sequence[VenuePosition]:
        """Return all open positions, by symbol."""
        return await self._account.positions()

    async def stops(self) -> Sequence[VenueStop]:
        """Return all resting stops."""
        return await self._stops.all()

    async def fills(self, symbol: str, since_at: datetime) -> Sequence[VenueFill]:
        """Return what was executed in `symbol` since then, oldest first."""
        return await self._history.fills(symbol, since_at)

    async def funding(self, symbol: str, since_at: datetime) -> Money:
        """Return the funding received for `symbol` since then."""
        return await self._history.funding(symbol, since_at)

    async def balance(self) -> Balance:
        """Return the account's USDT."""
        return await self._account.balance()

    async def reports(self) -> AsyncIterator[OrderReport | VenueNotice]:
        """Yield notices of what happened to symbols; never ends."""
        if self._notices is not None:
            async for notice in self._notices():
                yield notice
        await asyncio.Event().wait()

    async def _instrument(self, symbol: str) -> Instrument | Refused:
        try:
            instrument = await self._market.instrument(symbol)
        except RetryLater as error:
            return Refused(reason=RefusalReason.RATE_LIMITED, detail=str(error))
        except ConfigurationError as error:
            return Refused(reason=RefusalReason.MISCONFIGURED, detail=str(error))
        if instrument is None:
            return Refused(reason=RefusalReason.UNKNOWN_SYMBOL, detail=f"there is no contract {symbol}")
        return instrument

    async def _send(self, request: OrderRequest, instrument: Instrument, *, replaces: bool) -> OrderOutcome:
        """Send an order for the first time; one that the venue refused may be sent again."""
        lock = self._sent[request.client_order_id] = asyncio.Lock()
        if len(self._sent) > _MOST_IDS:
            self._sent.popitem(last=False)
        async with lock:
            refusal = None if request.reduce_only else await self._refuse_value(request, instrument)
            if refusal is not None:
                outcome: OrderOutcome = refusal
            elif request.trigger_price is None:
                outcome = await self._calls.trade(request)
            else:
                outcome = await self._calls.put_stop(request, is_first=not replaces)
            if isinstance(outcome, Refused):
                self._sent.pop(request.client_order_id, None)
            return outcome

    async def _refuse_value(self, request: OrderRequest, instrument: Instrument) -> Refused | None:
        try:
            async with asyncio.timeout(_PRICE_PATIENCE.total_seconds()):
                price = await self._market.price(request.symbol)
        except (TimeoutError, RetryLater, ConfigurationError):
            return None  # The venue will judge.
        return refuse_value(request, instrument, price)
