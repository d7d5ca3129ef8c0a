"""The books of one account at a venue of the tests: contracts, prices, orders, positions, money.

No wire format and no waiting: a dialect calls these methods, renders what they return, and listens to the facts they
tell. Time is the test's.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from core.domain.signals import Side
from tests.fakes.venues.account_settings import Settings
from tests.fakes.venues.book import (
    ZERO,
    BookOrder,
    Fact,
    Listener,
    OrderChanged,
    OrderKind,
    OrderStatus,
    Payment,
    Position,
    PositionChanged,
    PriceKind,
    PriceMoved,
    Trade,
)
from tests.fakes.venues.contracts import Contract, ContractStatus, Prices, prices_at
from tests.fakes.venues.refusals import No, VenueSaysNo
from tests.fakes.venues.rules import (
    Levers,
    Rules,
    check_notional,
    check_quantity,
    check_status,
    check_stop,
    check_trigger,
    is_reached,
)


class Path(StrEnum):
    """How a price came where it is: UNBROKEN passes every price between, so that a stop executes at its own trigger."""

    GAP = "gap"
    UNBROKEN = "unbroken"


class FakeAccount(Settings):
    """A USDT account with one-way positions; every change is told to the listeners before the method returns.

    Args:
        now_ms: The test's time.
        wallet: USDT to begin with.
        rules: How this venue differs from others.

    Attributes:
        levers: What a test sets to make the venue behave badly.
        contracts: By symbol; changed by `list_contract`, `set_status`, `delist`.
        spread_ratio: Between bid and ask, of the last price.
        hedge_mode: True refuses every order without a position side, as the venues do.
        trades, payments: All of them, oldest first.
    """

    def __init__(
        self, *, now_ms: Callable[[], int], wallet: Decimal = Decimal(10_000), rules: Rules | None = None
    ) -> None:
        self.now_ms = now_ms
        self.wallet = wallet
        self.rules = rules or Rules()
        self.levers = Levers()
        self.contracts: dict[str, Contract] = {}
        self.spread_ratio = Decimal("0.0002")
        self.hedge_mode = False
        self.trades: list[Trade] = []
        self.payments: list[Payment] = []
        self._prices: dict[str, Prices] = {}
        self._positions: dict[str, Position] = {}
        self._orders: dict[int, BookOrder] = {}
        self._listeners: list[Listener] = []
        self._ids: Iterator[int] = itertools.count(self.rules.first_id)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` every fact from now on; returns how to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, fact: Fact) -> None:
        """Tell every listener."""
        for listener in tuple(self._listeners):
            listener(fact)

    # --- contracts and prices ------------------------------------------------------------------------------------

    def list_contract(self, contract: Contract, last: Decimal | str | None = None) -> Contract:
        """Add (or replace) a contract; with a price if `last` is given."""
        self.contracts[contract.symbol] = contract
        if last is not None:
            self.set_price(contract.symbol, last)
        return contract

    def set_status(self, symbol: str, status: ContractStatus) -> None:
        """Change where a contract stands in its life."""
        self.contracts[symbol] = replace(self.contract(symbol), status=status)

    def contract(self, symbol: str) -> Contract:
        """Return the contract, or refuse."""
        if symbol not in self.contracts:
            raise VenueSaysNo(No.UNKNOWN_SYMBOL, symbol=symbol)
        return self.contracts[symbol]

    def prices(self, symbol: str) -> Prices:
        """Return the prices of `symbol`, or refuse where there are none."""
        self.contract(symbol)
        if symbol not in self._prices:
            raise VenueSaysNo(No.NO_PRICE, symbol=symbol)
        return self._prices[symbol]

    def has_price(self, symbol: str) -> bool:
        """True if `symbol` has ever had a price."""
        return symbol in self._prices

    def set_price(
        self,
        symbol: str,
        last: Decimal | str,
        *,
        mark: Decimal | str | None = None,
        path: Path = Path.GAP,
        quantity: Decimal = Decimal(1),
    ) -> None:
        """Move the last price (and the mark price with it, unless told otherwise); sets off the stops it reaches.

        GAP executes them at the new price, UNBROKEN each at its own trigger. `quantity` is what was traded.
        """
        target = Decimal(last)
        mark_price = None if mark is None else Decimal(mark)
        if path is Path.UNBROKEN and symbol in self._prices:
            self._walk(symbol, target)
        self._move(symbol, target, mark_price, quantity)
        for order in self._reached(symbol):
            self.trigger(order)
        if self.rules.liquidates:
            self._end_what_is_under_water(symbol)

    def _walk(self, symbol: str, target: Decimal) -> None:
        start = self._prices[symbol].last
        between = [
            order
            for order in self.resting(symbol)
            if order.trigger_price is not None
            and order.trigger_price != target
            and is_reached(order.trigger_price, target, is_falling=order.is_falling)
        ]
        for order in sorted(between, key=lambda order: abs((order.trigger_price or ZERO) - start)):
            if order.is_resting and order.trigger_price is not None:
                self._move(symbol, order.trigger_price, None, ZERO)
                self.trigger(order)

    def _move(self, symbol: str, last: Decimal, mark: Decimal | None, quantity: Decimal) -> None:
        contract = self.contract(symbol)
        self._prices[symbol] = prices_at(contract, last, mark, last * self.spread_ratio, self.now_ms())
        self.tell(PriceMoved(symbol=symbol, prices=self._prices[symbol], quantity=quantity))

    def _reached(self, symbol: str) -> list[BookOrder]:
        prices = self._prices[symbol]
        reached = [
            order
            for order in self.resting(symbol)
            if order.trigger_price is not None
            and is_reached(
                order.trigger_price,
                prices.mark if order.trigger_by is PriceKind.MARK else prices.last,
                is_falling=order.is_falling,
            )
        ]
        return sorted(reached, key=lambda order: abs((order.trigger_price or ZERO) - prices.last), reverse=True)

    def _end_what_is_under_water(self, symbol: str) -> None:
        position, price = self.position(symbol), self.liquidation_price(symbol)
        if price and position.amount and is_reached(price, self._prices[symbol].mark, is_falling=position.amount > 0):
            self.liquidate(symbol)

    # --- orders --------------------------------------------------------------------------------------------------

    def place_market(
        self,
        symbol: str,
        side: Side,
        quantity: Decimal,
        *,
        client_id: str = "",
        reduce_only: bool = False,
        wire: dict[str, str] | None = None,
    ) -> BookOrder:
        """Execute a market order; a reduce-only one is cut to the position.

        Raises:
            VenueSaysNo: nothing was done.
        """
        contract, position = self.contract(symbol), self.position(symbol)
        self.levers.refuse_if_told(symbol)
        check_status(contract, is_opening=not reduce_only)
        check_quantity(contract, quantity, self.rules)
        self._check_client_id(client_id)
        price = self.prices(symbol).last
        if reduce_only:
            if position.side is not side.opposite:
                raise VenueSaysNo(No.REDUCE_ONLY)
            quantity = min(quantity, abs(position.amount))
        else:
            check_notional(contract, quantity, price)
            self.check_margin(position, side, quantity, price)
        order = self.new_order(symbol, side, OrderKind.MARKET, quantity, client_id=client_id, wire=wire)
        order.reduce_only = reduce_only
        self.tell(OrderChanged(order=order))
        self.execute(order, price)
        return order

    def place_stop(
        self,
        symbol: str,
        side: Side,
        trigger_price: Decimal,
        *,
        quantity: Decimal = ZERO,
        client_id: str = "",
        reduce_only: bool = False,
        close_position: bool = False,
        is_falling: bool | None = None,
        trigger_by: PriceKind = PriceKind.LAST,
        wire: dict[str, str] | None = None,
    ) -> BookOrder:
        """Put a stop-market order into the book; sells trigger falling, buys rising, unless `is_falling` is given.

        Raises:
            VenueSaysNo: nothing was done; STOP_CROSSED where the price is beyond the trigger already.
        """
        contract, prices = self.contract(symbol), self.prices(symbol)
        falls = side is Side.SELL if is_falling is None else is_falling
        self.levers.refuse_if_told(symbol)
        check_status(contract, is_opening=not (reduce_only or close_position))
        if not close_position:
            check_quantity(contract, quantity, self.rules)
        self._check_client_id(client_id)
        check_trigger(contract, trigger_price, prices, self.rules, side=side, is_falling=falls)
        order = self.new_order(symbol, side, OrderKind.STOP, quantity, client_id=client_id, wire=wire, is_kept=False)
        order.trigger_price, order.trigger_by, order.is_falling = trigger_price, trigger_by, falls
        order.reduce_only, order.close_position = reduce_only, close_position
        check_stop(order, self.position(symbol), self.resting(symbol), self.rules)
        self._orders[order.id] = order
        self.tell(OrderChanged(order=order))
        return order

    def amend_stop(
        self, order: BookOrder, *, trigger_price: Decimal | None = None, quantity: Decimal | None = None
    ) -> None:
        """Change a resting stop in its place; nothing else may have that effect in between."""
        if not order.is_resting:
            raise VenueSaysNo(No.ORDER_DONE)
        contract, prices = self.contract(order.symbol), self.prices(order.symbol)
        if trigger_price in {None, order.trigger_price} and quantity in {None, order.quantity}:
            raise VenueSaysNo(No.UNCHANGED)
        if trigger_price is not None:
            check_trigger(contract, trigger_price, prices, self.rules, side=order.side, is_falling=order.is_falling)
        if quantity is not None:
            check_quantity(contract, quantity, self.rules)
            order.quantity = quantity
        order.trigger_price, order.updated_ms = trigger_price or order.trigger_price, self.now_ms()
        self.tell(OrderChanged(order=order, is_amended=True))

    def attach_stop(
        self, symbol: str, trigger_price: Decimal | None, *, trigger_by: PriceKind = PriceKind.LAST
    ) -> None:
        """Set, move or (None) clear the stop that belongs to the position of `symbol` and goes with it."""
        contract, position = self.contract(symbol), self.position(symbol)
        self.levers.refuse_if_told(symbol)
        if position.side is None:
            raise VenueSaysNo(No.NO_POSITION, symbol=symbol)
        attached = position.attached
        if trigger_price == (attached.trigger_price if attached else None):
            raise VenueSaysNo(No.UNCHANGED)
        if trigger_price is None:
            self.drop_attached(position)
        else:
            side, falls = position.side.opposite, position.amount > 0
            check_trigger(
                contract, trigger_price, self.prices(symbol), self.rules, side=position.side, is_falling=falls
            )
            is_amended = attached is not None
            if attached is None:
                attached = self.new_order(symbol, side, OrderKind.ATTACHED, abs(position.amount))
                attached.reduce_only, attached.is_falling = True, falls
                position.attached = attached
            attached.trigger_price, attached.trigger_by, attached.updated_ms = trigger_price, trigger_by, self.now_ms()
            self.tell(OrderChanged(order=attached, is_amended=is_amended))
        self.tell(PositionChanged(position=position, cause="attached_stop"))

    def cancel(self, order: BookOrder) -> None:
        """Take a resting stop back; ORDER_DONE where it is too late."""
        if not order.is_resting:
            raise VenueSaysNo(No.ORDER_DONE)
        if order.kind is OrderKind.ATTACHED:
            self.drop_attached(self.position(order.symbol))
        else:
            self.finish(order, OrderStatus.CANCELLED)

    def _check_client_id(self, client_id: str) -> None:
        known = (order for order in self._orders.values() if client_id and order.client_id == client_id)
        if any(self.rules.ids_unique_forever or order.status.is_open for order in known):
            raise VenueSaysNo(No.DUPLICATE_ID, client_id=client_id)

    def trade_by_hand(self, symbol: str, side: Side, quantity: Decimal) -> BookOrder:
        """A person trades in the venue's own application."""
        return self.place_market(symbol, side, quantity, client_id=f"web_{next(self._ids)}")
