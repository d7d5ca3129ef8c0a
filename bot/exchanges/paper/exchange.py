"""The paper exchange: a venue behind the Exchange port that fills at real or simulated prices, with paper money.

How fills change positions is in `paper.book`, what is refused in `paper.checks`, what breaks in `paper.faults`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from bot.exchanges.paper.book import PaperBook, after_fill, fee_of, margin_needed, slipped, stop_base
from bot.exchanges.paper.checks import Standing, refusal_of
from bot.exchanges.paper.faults import Fault, FaultKind, PaperFaults
from bot.exchanges.paper.ledger import PaperLedger, fill_of, leverage_detail, outcome_of, refusal_detail, report_of
from bot.exchanges.paper.market import PaperCosts, PaperVenue
from core.domain.errors import RetryLater
from core.domain.market import Balance, Instrument, Instruments, MarketFacts, Tick, Tier
from core.domain.money import NO_MONEY, Money, Price, Quantity, Ratio
from core.domain.orders import (
    Accepted,
    OrderOutcome,
    OrderReport,
    OrderRequest,
    OrderState,
    RefusalReason,
    Refused,
    Unknown,
    VenueFill,
    VenueNotice,
    VenuePosition,
    VenueStop,
)
from core.domain.paper import PaperOrder
from core.ports.edges import Clock, PriceSource


class PaperExchange:
    """Implements Exchange. Call `open` once before anything else; feed it prices by `on_tick` (see `PaperPrices`).

    An order acts in memory at once and is written to the ledger before anyone is told of it. A call that is cut off
    while it writes leaves its order to be written by whichever call comes next, before that one answers.
    """

    def __init__(
        self,
        *,
        name: str,
        clock: Clock,
        prices: PriceSource,
        venue: PaperVenue,
        ledger: PaperLedger,
        tier_of: Callable[[str], Tier],
        start_quote: Money = Money(Decimal(10_000)),
        costs: PaperCosts | None = None,
        faults: PaperFaults | None = None,
    ) -> None:
        self._name = name
        self._clock = clock
        self._prices = prices
        self._venue = venue
        self._ledger = ledger
        self._tier_of = tier_of
        self._costs = costs or PaperCosts()
        self._faults = faults or PaperFaults()
        self._book = PaperBook(start_quote)
        self._unsaved: deque[PaperOrder] = deque()
        self._untold: deque[OrderReport] = deque()
        self._saving = asyncio.Lock()
        self._reports: asyncio.Queue[OrderReport] = asyncio.Queue()

    @property
    def name(self) -> str:
        """Our name for it: that of the exchange whose prices it takes."""
        return self._name

    async def open(self) -> None:
        """Take up where the ledger left off: orders, positions, stops and balance."""
        self._book.restore(await self._ledger.load(self._name))
        for order in self._book.all_stops():
            self._drop_orphans(order.request.symbol)
        self._prices.watch(self._name, {order.request.symbol for order in self._book.all_stops()})
        await self._save()

    async def instruments(self) -> Instruments:
        """Return all contracts by symbol."""
        return await self._venue.instruments()

    async def market_facts(self, symbol: str) -> MarketFacts:
        """Return what the market can tell of `symbol` now."""
        return await self._venue.market_facts(symbol)

    async def set_leverage(self, symbol: str, leverage: int) -> OrderOutcome:
        """Set leverage for `symbol`; an open position must afford the margin."""
        instrument = (await self.instruments()).get(symbol)
        if instrument is None:
            return Refused(reason=RefusalReason.UNKNOWN_SYMBOL, detail=f"there is no contract {symbol}")
        if not 1 <= leverage <= instrument.max_leverage:
            detail = f"leverage {leverage} is not within 1 and {instrument.max_leverage}"
            return Refused(reason=RefusalReason.LEVERAGE, detail=detail)
        held = self._book.held(symbol)
        if held is not None:
            more = self._book.margin_quote(symbol, held, leverage) - self._book.margin_quote(symbol, held)
            if more > self._book.balance().free:
                return Refused(reason=RefusalReason.INSUFFICIENT_FUNDS, detail=f"{more:.2f} USDT more margin needed")
        self._book.set_leverage(symbol, leverage)
        return Accepted()

    async def place(self, request: OrderRequest) -> OrderOutcome:
        """Execute or rest an order; a known client order id is answered with what became of the first."""
        return await self._take(request, None)

    async def replace_stop(self, old: str, request: OrderRequest) -> OrderOutcome:
        """Let the stop `request` stand, and only then take the stop `old` away."""
        return await self._take(request, old)

    async def cancel(self, symbol: str, client_order_id: str) -> None:
        """Take a resting order back; one that is gone already is no error."""
        order = self._book.get(client_order_id)
        if order is not None and order.request.symbol == symbol:
            self._cancel(order)
        await self._save()

    async def find_order(self, request: OrderRequest) -> OrderReport | None:
        """Return what became of an order, or None if it never arrived."""
        await self._save()
        order = self._book.get(request.client_order_id)
        return None if order is None or order.request.symbol != request.symbol else report_of(order)

    async def positions(self) -> Sequence[VenuePosition]:
        """Return all open positions, by symbol."""
        await self._save()
        return [
            VenuePosition(symbol=symbol, side=held.side, quantity=held.quantity, entry_price=held.entry_price)
            for symbol, held in self._book.holdings()
        ]

    async def stops(self) -> Sequence[VenueStop]:
        """Return all resting stop orders."""
        await self._save()
        return [
            VenueStop(
                client_order_id=request.client_order_id,
                symbol=request.symbol,
                side=request.side,
                quantity=request.quantity,
                trigger_price=request.trigger_price,
            )
            for request in (order.request for order in self._book.all_stops())
            if request.trigger_price is not None
        ]

    async def fills(self, symbol: str, since_at: datetime) -> Sequence[VenueFill]:
        """Return what was executed in `symbol` since then, oldest first."""
        await self._save()
        return [fill_of(order) for order in self._book.executed(symbol) if order.updated_at >= since_at]

    async def funding(self, symbol: str, since_at: datetime) -> Money:  # noqa: ARG002 - the port's
        """Return 0: paper positions pay no funding."""
        return NO_MONEY

    async def balance(self) -> Balance:
        """Return the account's USDT, as the stored orders add up to it."""
        await self._save()
        return self._book.balance()

    async def reports(self) -> AsyncIterator[OrderReport | VenueNotice]:
        """Yield stops that triggered, and stops that were cancelled because their position ended."""
        while True:
            yield await self._reports.get()

    async def on_tick(self, tick: Tick) -> None:
        """Execute the stops that `tick` sets off; what the ledger cannot take now is written with a later call."""
        if tick.exchange != self._name:
            return
        reached = self._book.reached_stops(tick)
        if not reached and not self._unsaved:
            return
        with suppress(RetryLater):
            instrument = (await self.instruments()).get(tick.symbol)
            for order in reached:
                current = self._book.get(order.request.client_order_id)
                if instrument is not None and current is not None and current.state is OrderState.RESTING:
                    self._trigger(current, tick, instrument)
            await self._save()

    async def _take(self, request: OrderRequest, replaces: str | None) -> OrderOutcome:
        try:
            instrument = (await self.instruments()).get(request.symbol)
            order, fault = self._receive(request, instrument, replaces)
            await self._save()
        except RetryLater as error:
            # Taken or not, nobody may be told before it is written: whoever looks it up later learns which.
            return Unknown(detail=str(error))
        if order is None or (fault is not None and fault.kind is FaultKind.LOSE_ANSWER):
            return await self._lose(fault)
        return outcome_of(order)

    def _receive(
        self, request: OrderRequest, instrument: Instrument | None, replaces: str | None
    ) -> tuple[PaperOrder | None, Fault | None]:
        """Act on an order, known or new; without a wait in it, so that nothing comes in between check and act."""
        order = self._book.get(request.client_order_id)
        fault = None
        if order is None:
            fault = self._faults.next_for(request)
            if fault is not None and fault.kind is FaultKind.LOSE_REQUEST:
                return None, fault
            order = self._execute(request, instrument, fault)
        old = None if replaces in {None, request.client_order_id} else self._book.get(replaces or "")
        if old is not None and order.state is OrderState.RESTING:
            self._cancel(old)
        return order, fault

    async def _lose(self, fault: Fault | None) -> Unknown:
        if fault is not None and fault.hangs:
            await asyncio.Event().wait()
        return Unknown(detail="the connection was lost before an answer came")

    def _execute(self, request: OrderRequest, instrument: Instrument | None, fault: Fault | None) -> PaperOrder:
        """Refuse, rest or fill a new order."""
        now = self._clock.now()
        order = PaperOrder(
            exchange=self._name, request=request, state=OrderState.SUBMITTING, created_at=now, updated_at=now
        )
        tick = self._prices.latest(self._name, request.symbol)
        refusal = self._refusal(request, instrument, tick, fault)
        if refusal is not None:
            order = replace(order, state=OrderState.REFUSED, detail=refusal_detail(refusal))
        elif request.trigger_price is not None:
            order = replace(order, state=OrderState.RESTING)
            self._prices.watch(self._name, {request.symbol})
        elif instrument is not None and tick is not None:
            share = fault.filled if fault is not None and fault.kind is FaultKind.FILL_PARTLY else None
            order = self._fill(order, instrument, tick.price, share)
        self._write(order)
        self._drop_orphans(request.symbol)
        return order

    def _refusal(
        self, request: OrderRequest, instrument: Instrument | None, tick: Tick | None, fault: Fault | None
    ) -> Refused | None:
        if fault is not None and fault.kind is FaultKind.REFUSE:
            return Refused(reason=fault.reason, detail="refused on demand")
        held, needed = self._book.held(request.symbol), Decimal(0)
        if instrument is not None and tick is not None:
            price = self._taker_price(request, instrument, tick.price)
            needed = margin_needed(held, request, price, self._book.leverage(request.symbol), self._costs.fee)
        standing = Standing(
            instrument=instrument,
            price=None if tick is None else tick.price,
            held=held,
            free_quote=self._book.balance().free,
            needed_quote=needed,
        )
        return refusal_of(request, standing)

    def _taker_price(self, request: OrderRequest, instrument: Instrument, price: Price) -> Price:
        return slipped(price, request.side, self._costs.slippages[self._tier_of(request.symbol)], instrument)

    def _fill(self, order: PaperOrder, instrument: Instrument, base: Price, share: Ratio | None = None) -> PaperOrder:
        """Return `order` executed at `base` and slippage; a reduction by what is open at most, by `share` if given."""
        request = order.request
        held = self._book.held(request.symbol)
        quantity = request.quantity
        if request.reduce_only and held is not None:
            quantity = min(quantity, held.quantity)
        state = OrderState.FILLED
        if share is not None and quantity > instrument.quantity_step:
            quantity = max(instrument.round_quantity(quantity * share), Quantity(instrument.quantity_step))
            state = OrderState.PARTIALLY_FILLED if quantity < request.quantity else state
        price = self._taker_price(request, instrument, base)
        _, realised = after_fill(held, request.side, quantity, price)
        return replace(
            order,
            state=state,
            filled_quantity=quantity,
            filled_price=price,
            fee_quote=fee_of(quantity, price, self._costs.fee),
            realised_quote=realised,
            detail="" if request.reduce_only else leverage_detail(self._book.leverage(request.symbol)),
            updated_at=self._book.next_fill_at(request.symbol, self._clock.now()),
        )

    def _trigger(self, order: PaperOrder, tick: Tick, instrument: Instrument) -> None:
        trigger = order.request.trigger_price
        if trigger is None or self._book.held(tick.symbol) is None:
            return
        filled = self._fill(order, instrument, stop_base(trigger, tick))
        self._write(filled)
        self._untold.append(report_of(filled))
        self._drop_orphans(tick.symbol)

    def _drop_orphans(self, symbol: str) -> None:
        """Cancel the stops of a symbol whose position is gone, as venues do with stops that close a position."""
        if self._book.held(symbol) is None:
            for order in self._book.stops(symbol):
                self._cancel(order)
                self._untold.append(report_of(replace(order, state=OrderState.CANCELLED)))

    def _cancel(self, order: PaperOrder) -> None:
        if order.state is OrderState.RESTING:
            self._write(replace(order, state=OrderState.CANCELLED, updated_at=self._clock.now()))

    def _write(self, order: PaperOrder) -> None:
        self._book.record(order)
        self._unsaved.append(order)

    async def _save(self) -> None:
        """Write what is not written yet; only then let reports of it out."""
        if not self._unsaved and not self._untold:
            return
        async with self._saving:
            while self._unsaved:
                await self._ledger.save(self._unsaved[0])
                self._unsaved.popleft()
            while self._untold:
                self._reports.put_nowait(self._untold.popleft())
