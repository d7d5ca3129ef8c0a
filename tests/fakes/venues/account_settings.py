"""What is set for an account of the tests, paid into it, and done to it from outside; no orders of the API."""

from decimal import Decimal

from tests.fakes.venues.book import (
    BalanceChanged,
    BookOrder,
    MarginCalled,
    MarginMode,
    OrderChanged,
    OrderKind,
    PositionChanged,
)
from tests.fakes.venues.contracts import Contract, Prices
from tests.fakes.venues.matching import CENT, Matching
from tests.fakes.venues.refusals import No, VenueSaysNo


class Settings(Matching):
    """The part of FakeAccount that changes leverage, modes and money, and ends positions from outside."""

    hedge_mode: bool

    def contract(self, symbol: str) -> Contract:
        """Return the contract, or refuse."""
        raise NotImplementedError

    def prices(self, symbol: str) -> Prices:
        """Return the prices of `symbol`, or refuse where there are none."""
        raise NotImplementedError

    # --- settings and money --------------------------------------------------------------------------------------

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Set it; UNCHANGED where it is so already (some venues mind, some do not)."""
        contract, position = self.contract(symbol), self.position(symbol)
        if not 1 <= leverage <= contract.max_leverage:
            raise VenueSaysNo(No.LEVERAGE_RANGE, limit=contract.max_leverage)
        if leverage == position.leverage:
            raise VenueSaysNo(No.UNCHANGED)
        if position.amount and position.margin_mode is MarginMode.ISOLATED and leverage < position.leverage:
            raise VenueSaysNo(No.LEVERAGE_DOWN_WITH_POSITION)
        position.leverage = leverage
        self.tell(PositionChanged(position=position, cause="settings"))

    def set_margin_mode(self, symbol: str, mode: MarginMode) -> None:
        """Set it; UNCHANGED where it is so already, refused while there is a position or an order."""
        self.contract(symbol)
        position = self.position(symbol)
        if position.margin_mode is mode:
            raise VenueSaysNo(No.UNCHANGED)
        if position.amount:
            raise VenueSaysNo(No.HAS_POSITION)
        if self.resting(symbol):
            raise VenueSaysNo(No.HAS_ORDERS)
        position.margin_mode = mode

    def set_hedge_mode(self, is_hedge: bool) -> None:
        """Set it; UNCHANGED where it is so already, refused while there is a position or an order."""
        if self.hedge_mode is is_hedge:
            raise VenueSaysNo(No.UNCHANGED)
        if self.positions():
            raise VenueSaysNo(No.HAS_POSITION)
        if self.resting():
            raise VenueSaysNo(No.HAS_ORDERS)
        self.hedge_mode = is_hedge

    def deposit(self, amount: Decimal) -> None:
        """Move money in (below zero: out)."""
        self.book_payment("deposit", "", amount)
        self.tell(BalanceChanged(amount=amount, cause="deposit", symbol=""))

    def pay_funding(self, symbol: str, rate_ratio: Decimal) -> Decimal:
        """Settle funding for the position of `symbol`: longs pay a positive rate; returns what was received."""
        position = self.position(symbol)
        amount = (-position.amount * self.prices(symbol).mark * rate_ratio).quantize(CENT)
        if position.amount:
            self.book_payment("funding", symbol, amount)
            self.tell(BalanceChanged(amount=amount, cause="funding", symbol=symbol))
            self.tell(PositionChanged(position=position, cause="funding"))
        return amount

    # --- what others do to the account ---------------------------------------------------------------------------

    def liquidate(self, symbol: str) -> BookOrder:
        """End the position of `symbol` at the venue's will."""
        self.tell(MarginCalled(position=self.position(symbol)))
        return self._end(symbol, OrderKind.LIQUIDATION, None)

    def deleverage(self, symbol: str, quantity: Decimal | None = None) -> BookOrder:
        """Take (a part of) a profitable position away: auto-deleveraging."""
        return self._end(symbol, OrderKind.ADL, quantity)

    def close_by_hand(self, symbol: str, quantity: Decimal | None = None) -> BookOrder:
        """A person closes the position of `symbol`, or a part of it."""
        position = self.position(symbol)
        if position.side is None:
            raise VenueSaysNo(No.NO_POSITION, symbol=symbol)
        order = self.new_order(
            symbol,
            position.side.opposite,
            OrderKind.MARKET,
            quantity or abs(position.amount),
            client_id=f"web_{next(self._ids)}",
        )
        order.reduce_only = True
        self.tell(OrderChanged(order=order))
        self.execute(order, self.prices(symbol).last)
        return order

    def _end(self, symbol: str, kind: OrderKind, quantity: Decimal | None) -> BookOrder:
        position = self.position(symbol)
        if position.side is None:
            raise VenueSaysNo(No.NO_POSITION, symbol=symbol)
        order = self.new_order(symbol, position.side.opposite, kind, quantity or abs(position.amount))
        order.reduce_only = True
        self.tell(OrderChanged(order=order))
        self.execute(order, self.prices(symbol).last)
        return order
