"""A venue that does what a test tells it. Fees, slippage and margin of the real paper exchange are not here."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from core.domain.market import Balance, Instrument, Instruments, MarketFacts
from core.domain.money import ZERO, Money, Price, Quantity, Ratio
from core.domain.orders import (
    Accepted,
    Cancelled,
    Filled,
    OrderLeg,
    OrderOutcome,
    OrderReport,
    OrderRequest,
    RefusalReason,
    Refused,
    Unknown,
    VenueFill,
    VenueNotice,
    VenuePosition,
    VenueStop,
)
from core.domain.signals import Side
from core.ports.edges import Clock
from tests.fakes.attached_stops import AttachedStops, stop_of
from tests.fakes.scripts import Script

HANG = "hang"
"""As a scripted answer: none ever comes; the caller's time limit cuts the call off."""


def plain_instrument(symbol: str) -> Instrument:
    """Return a contract with small steps, so that a test need not think of rounding."""
    return Instrument(
        symbol=symbol,
        price_step=Decimal("0.0001"),
        quantity_step=Decimal("0.001"),
        min_quantity=Quantity(Decimal("0.001")),
        min_notional=Money(Decimal(5)),
        max_leverage=20,
    )


class FakeExchange:
    """Implements Exchange: fills at the price set, in full, at once.

    With `attaches_stops` it has one stop a position, without an id, and tells of it by notices.

    Attributes:
        calls: (name, symbol or client order id) of every call, in order; `place` and `replace_stop` give the new id.
        requests: Every order request seen, also those that were refused.
        facts: Market facts by symbol; without any, only the price is told.
        free: USDT that new margin may take; None is no limit.
        executed: Every fill, in order; a test may add those of others, or take some away.
        payments: Funding received by symbol, with the time of each.
    """

    def __init__(
        self, clock: Clock, name: str = "binance", symbols: Iterable[str] = (), *, attaches_stops: bool = False
    ) -> None:
        self.attached = AttachedStops() if attaches_stops else None
        self._clock = clock
        self._name = name
        self._prices: dict[str, Price] = {}
        self._orders: dict[str, tuple[OrderRequest, OrderOutcome]] = {}
        self._held: dict[str, tuple[Decimal, Price]] = {}
        self._scripts: list[Script] = []
        self._reports: asyncio.Queue[OrderReport | VenueNotice] = asyncio.Queue()
        self.contracts: dict[str, Instrument] = {symbol: plain_instrument(symbol) for symbol in symbols}
        self.facts: dict[str, MarketFacts] = {}
        self.leverages: dict[str, int] = {}
        self.fee = Ratio(Decimal("0.0005"))
        self.free: Money | None = None
        self.realised = ZERO
        self.calls: list[tuple[str, str]] = []
        self.requests: list[OrderRequest] = []
        self.executed: list[VenueFill] = []
        self.payments: dict[str, list[tuple[datetime, Money]]] = {}

    # --- what a test does -------------------------------------------------------------------------------------------

    def set_price(self, symbol: str, price: Decimal | int | str) -> None:
        """Let the price be `price`; stops that it reaches fill at their trigger and are reported."""
        self.contracts.setdefault(symbol, plain_instrument(symbol))
        now = self._prices[symbol] = Price(Decimal(price))
        if self.attached is not None and (stop := self.attached.reached(symbol, now)) is not None:
            self._fire(self.attached, stop)
        for identity, (request, outcome) in list(self._orders.items()):
            trigger = request.trigger_price
            if not isinstance(outcome, Accepted) or request.symbol != symbol or trigger is None:
                continue
            if now <= trigger if request.side is Side.SELL else now >= trigger:
                self._trigger(identity, request, trigger)

    def script(
        self,
        call: str,
        answer: OrderOutcome | Exception | str,
        *,
        symbol: str | None = None,
        is_executed: bool = False,
        times: int = 1,
    ) -> None:
        """Let the next `call` (of `symbol`) answer so: an outcome, an exception to raise, or HANG.

        With `is_executed` the call does its work all the same and only the answer is another (a lost answer).
        """
        self._scripts.extend([Script(call, answer, symbol, is_executed)] * times)

    def hold(self, symbol: str, side: Side, quantity: Decimal | int | str, price: Decimal | int | str) -> None:
        """Let there be a position that no order of ours opened."""
        self.contracts.setdefault(symbol, plain_instrument(symbol))
        amount = Decimal(quantity)
        self._held[symbol] = (amount if side is Side.BUY else -amount, Price(Decimal(price)))

    def drop_position(self, symbol: str) -> None:
        """Let the position be gone without any fill; its stops go with it, nothing is reported."""
        self._held.pop(symbol, None)
        self._cancel_stops(symbol, is_reported=False)

    def trade_by_hand(
        self,
        symbol: str,
        side: Side,
        quantity: Decimal | int | str,
        *,
        client_order_id: str | None = None,
        is_liquidation: bool = False,
    ) -> VenueFill:
        """Let somebody else trade `symbol` in our account, or the venue itself; nothing is reported."""
        request = OrderRequest(
            client_order_id=client_order_id or "by hand",
            exchange=self._name,
            symbol=symbol,
            side=side,
            leg=OrderLeg.EXIT,
            quantity=Quantity(Decimal(quantity)),
        )
        self._fill(request)
        fill = replace(self.executed.pop(), client_order_id=client_order_id, is_liquidation=is_liquidation)
        self.executed.append(fill)
        if symbol not in self._held:
            self._cancel_stops(symbol, is_reported=False)
        return fill

    def drop_stop(self, client_order_id: str) -> None:
        """Let a resting stop be gone, unasked and unreported."""
        if self.attached is not None:
            (symbol,) = {sent.symbol for sent in self.requests if sent.client_order_id == client_order_id}
            del self.attached.standing[symbol]
            return
        request, _ = self._orders[client_order_id]
        self._orders[client_order_id] = (request, Cancelled())

    def move_stop(self, symbol: str, trigger: Decimal | int | str) -> None:
        """Let somebody else move the stop of `symbol`, unreported."""
        at = Price(Decimal(trigger))
        if self.attached is not None:
            self.attached.standing[symbol] = replace(self.attached.standing[symbol], trigger_price=at)
        for identity, (request, outcome) in self._orders.items():
            if request.symbol == symbol and isinstance(outcome, Accepted):
                self._orders[identity] = (replace(request, trigger_price=at), outcome)

    def notice(self, symbol: str | None, client_order_id: str | None = None) -> None:
        """Let the venue hint that something happened."""
        self._reports.put_nowait(VenueNotice(exchange=self._name, symbol=symbol, client_order_id=client_order_id))

    # --- Exchange ---------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._name

    async def instruments(self) -> Instruments:
        await self._begin("instruments", "")
        return dict(self.contracts)

    async def market_facts(self, symbol: str) -> MarketFacts:
        await self._begin("market_facts", symbol)
        return self.facts.get(symbol) or MarketFacts(price=self._prices.get(symbol))

    async def set_leverage(self, symbol: str, leverage: int) -> OrderOutcome:
        scripted = await self._begin("set_leverage", symbol)
        if scripted is not None:
            return scripted
        contract = self.contracts.get(symbol)
        if contract is None:
            return Refused(reason=RefusalReason.UNKNOWN_SYMBOL)
        if not 1 <= leverage <= contract.max_leverage:
            return Refused(reason=RefusalReason.LEVERAGE)
        self.leverages[symbol] = leverage
        return Accepted()

    async def place(self, request: OrderRequest) -> OrderOutcome:
        self.requests.append(request)
        scripted = await self._begin("place", request.client_order_id, request)
        if scripted is not None:
            return scripted
        return self._place(request)

    async def replace_stop(self, old: str, request: OrderRequest) -> OrderOutcome:
        self.requests.append(request)
        scripted = await self._begin("replace_stop", request.client_order_id, request, old)
        if scripted is not None:
            return scripted
        return self._replace(old, request)

    async def cancel(self, symbol: str, client_order_id: str) -> None:
        await self._begin("cancel", client_order_id, symbol=symbol)
        self._cancel(client_order_id)

    async def find_order(self, request: OrderRequest) -> OrderReport | None:
        await self._begin("find_order", request.client_order_id, symbol=request.symbol)
        if self.attached is not None and request.trigger_price is not None:
            outcome = self.attached.find(request)
            return None if outcome is None else self._report(request, outcome)
        found = self._orders.get(request.client_order_id)
        return None if found is None or found[0].symbol != request.symbol else self._report(*found)

    async def positions(self) -> Sequence[VenuePosition]:
        await self._begin("positions", "")
        return [
            VenuePosition(
                symbol=symbol,
                side=Side.BUY if amount > 0 else Side.SELL,
                quantity=Quantity(abs(amount)),
                entry_price=price,
            )
            for symbol, (amount, price) in sorted(self._held.items())
        ]

    async def stops(self) -> Sequence[VenueStop]:
        await self._begin("stops", "")
        if self.attached is not None:
            return self.attached.resting({symbol: amount for symbol, (amount, _) in self._held.items()})
        resting = [request for request, outcome in self._orders.values() if isinstance(outcome, Accepted)]
        return [stop_of(request) for request in resting if request.trigger_price is not None]

    async def fills(self, symbol: str, since_at: datetime) -> Sequence[VenueFill]:
        await self._begin("fills", symbol)
        return [fill for fill in self.executed if fill.symbol == symbol and fill.filled_at >= since_at]

    async def funding(self, symbol: str, since_at: datetime) -> Money:
        await self._begin("funding", symbol)
        return Money(sum((paid for at, paid in self.payments.get(symbol, []) if at >= since_at), ZERO))

    async def balance(self) -> Balance:
        await self._begin("balance", "")
        total = Money(Decimal(10_000) + self.realised)
        return Balance(total=total, free=total if self.free is None else self.free)

    async def reports(self) -> AsyncIterator[OrderReport | VenueNotice]:
        while True:
            yield await self._reports.get()

    # --- the venue --------------------------------------------------------------------------------------------------

    async def _begin(
        self, call: str, about: str, request: OrderRequest | None = None, old: str = "", *, symbol: str = ""
    ) -> OrderOutcome | None:
        self.calls.append((call, about))
        symbol = symbol or (request.symbol if request else about)
        script = next((s for s in self._scripts if s.call == call and s.symbol in {None, symbol}), None)
        if script is None:
            return None
        self._scripts.remove(script)
        if script.is_executed and request is not None:
            _ = self._replace(old, request) if old else self._place(request)
        elif request is not None and not isinstance(script.answer, Unknown | Exception | str):
            self._orders[request.client_order_id] = (request, script.answer)
        if isinstance(script.answer, Exception):
            raise script.answer
        if isinstance(script.answer, str):
            await asyncio.Event().wait()
            return None
        return script.answer

    def _place(self, request: OrderRequest) -> OrderOutcome:
        if self.attached is not None and request.trigger_price is not None:
            refused = self._refusal(request)
            if refused is None:
                self.attached.standing[request.symbol] = request
            return refused or Accepted()
        known = self._orders.get(request.client_order_id)
        if known is not None:
            return known[1]
        outcome = self._refusal(request) or (Accepted() if request.trigger_price is not None else self._fill(request))
        self._orders[request.client_order_id] = (request, outcome)
        if not isinstance(outcome, Refused):
            self._tidy(request.symbol)
        return outcome

    def _replace(self, old: str, request: OrderRequest) -> OrderOutcome:
        outcome = self._place(request)
        if isinstance(outcome, Accepted) and old != request.client_order_id:
            self._cancel(old)
        return outcome

    def _refusal(self, request: OrderRequest) -> Refused | None:
        contract, price = self.contracts.get(request.symbol), self._prices.get(request.symbol)
        reason = None
        if contract is None:
            reason = RefusalReason.UNKNOWN_SYMBOL
        elif price is None:
            reason = RefusalReason.NO_PRICE
        elif request.reduce_only:
            reason = self._reduce_refusal(request, price)
        elif request.quantity < contract.min_quantity or request.quantity * price < contract.min_notional:
            reason = RefusalReason.BELOW_MINIMUM
        elif self.free is not None and request.quantity * price > self.free * self.leverages.get(request.symbol, 1):
            reason = RefusalReason.INSUFFICIENT_FUNDS
        return None if reason is None else Refused(reason=reason, detail=f"the fake says {reason}")

    def _reduce_refusal(self, request: OrderRequest, price: Price) -> RefusalReason | None:
        amount, _ = self._held.get(request.symbol, (ZERO, price))
        if not amount or (amount > 0) == (request.side is Side.BUY):
            return RefusalReason.POSITION_GONE
        trigger = request.trigger_price
        if trigger is not None and (price <= trigger if request.side is Side.SELL else price >= trigger):
            return RefusalReason.STOP_CROSSED
        return None

    def _fill(self, request: OrderRequest, at: Price | None = None) -> Filled:
        price = at or self._prices[request.symbol]
        amount, entry = self._held.get(request.symbol, (ZERO, price))
        quantity = min(request.quantity, abs(amount)) if request.reduce_only else request.quantity
        signed = quantity if request.side is Side.BUY else -quantity
        fee = quantity * price * self.fee
        if amount and (amount > 0) != (signed > 0):
            closed = min(quantity, abs(amount)) * (1 if amount > 0 else -1)
            self.realised += closed * (price - entry)
            entry = entry if quantity <= abs(amount) else price
        elif amount:
            entry = Price((entry * abs(amount) + price * quantity) / (abs(amount) + quantity))
        self.realised -= fee
        if amount + signed:
            self._held[request.symbol] = (amount + signed, entry)
        else:
            self._held.pop(request.symbol, None)
        filled = Filled(quantity=Quantity(quantity), price=price, fee_quote=Money(fee), filled_at=self._clock.now())
        self.executed.append(
            VenueFill(
                client_order_id=request.client_order_id,
                symbol=request.symbol,
                side=request.side,
                quantity=filled.quantity,
                price=filled.price,
                fee_quote=filled.fee_quote,
                filled_at=filled.filled_at,
            )
        )
        return filled

    def _trigger(self, identity: str, request: OrderRequest, trigger: Price) -> None:
        if request.symbol not in self._held:
            return
        filled = (request, self._fill(request, trigger))
        self._orders[identity] = filled
        self._reports.put_nowait(self._report(*filled))
        self._tidy(request.symbol)

    def _fire(self, attached: AttachedStops, stop: OrderRequest) -> None:
        filled = self._fill(stop, stop.trigger_price)
        self.executed.append(replace(self.executed.pop(), client_order_id=None))
        attached.fire(stop, filled)
        self.notice(stop.symbol)
        self._tidy(stop.symbol)

    def _tidy(self, symbol: str) -> None:
        if symbol not in self._held:
            self._cancel_stops(symbol, is_reported=True)

    def _cancel_stops(self, symbol: str, *, is_reported: bool) -> None:
        if self.attached is not None:
            self.attached.standing.pop(symbol, None)
        for identity, (request, outcome) in list(self._orders.items()):
            if request.symbol == symbol and isinstance(outcome, Accepted):
                self._cancel(identity)
                if is_reported:
                    self._reports.put_nowait(self._report(request, Cancelled()))

    def _cancel(self, client_order_id: str) -> None:
        found = self._orders.get(client_order_id)
        if found is not None and isinstance(found[1], Accepted):
            self._orders[client_order_id] = (found[0], Cancelled())

    def _report(self, request: OrderRequest, outcome: OrderOutcome) -> OrderReport:
        return OrderReport(
            client_order_id=request.client_order_id, exchange=self._name, symbol=request.symbol, outcome=outcome
        )
