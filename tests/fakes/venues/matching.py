"""How orders of a venue of the tests are executed and what that does to positions and money; asks no questions."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from core.domain.money import round_down
from core.domain.signals import Side
from tests.fakes.venues.book import (
    ZERO,
    BalanceChanged,
    BookOrder,
    Fact,
    MarginMode,
    OrderChanged,
    OrderKind,
    OrderStatus,
    Payment,
    Position,
    PositionChanged,
    Trade,
)
from tests.fakes.venues.contracts import Contract, Prices, slipped
from tests.fakes.venues.refusals import No, VenueSaysNo
from tests.fakes.venues.rules import Levers, Rules

CENT = Decimal("0.00000001")
"""The smallest amount that a venue books; what it tells of a fee is what it took."""


class Matching:
    """The part of FakeAccount that executes; its state lives there."""

    now_ms: Callable[[], int]
    wallet: Decimal
    rules: Rules
    levers: Levers
    contracts: dict[str, Contract]
    trades: list[Trade]
    payments: list[Payment]
    _prices: dict[str, Prices]
    _positions: dict[str, Position]
    _orders: dict[int, BookOrder]
    _ids: Iterator[int]

    def tell(self, fact: Fact) -> None:
        """Tell every listener."""
        raise NotImplementedError

    # --- what is in the books ------------------------------------------------------------------------------------

    def position(self, symbol: str) -> Position:
        """Return the position of `symbol`, flat if there is none; the very one of the books."""
        return self._positions.setdefault(symbol, Position(symbol=symbol, leverage=self.rules.default_leverage))

    def positions(self) -> list[Position]:
        """Return the open positions."""
        return [position for position in self._positions.values() if position.amount]

    def orders(self, symbol: str | None = None) -> list[BookOrder]:
        """Return all orders there ever were, oldest first."""
        return [order for order in self._orders.values() if symbol in {None, order.symbol}]

    def resting(self, symbol: str | None = None) -> list[BookOrder]:
        """Return the stops that wait for their triggers, attached ones too, oldest first."""
        return [order for order in self.orders(symbol) if order.is_resting]

    def order(self, order_id: int) -> BookOrder | None:
        """Return the order with the venue's id."""
        return self._orders.get(order_id)

    def order_by_client_id(self, client_id: str, *kinds: OrderKind) -> BookOrder | None:
        """Return the newest order with the client's id (of these kinds, if any are given)."""
        found = [o for o in self._orders.values() if o.client_id == client_id and (not kinds or o.kind in kinds)]
        return found[-1] if found else None

    @property
    def unrealised(self) -> Decimal:
        """The profit of all open positions at their mark prices."""
        return sum((p.unrealised(self._prices[p.symbol].mark) for p in self.positions()), ZERO)

    @property
    def margin(self) -> Decimal:
        """The initial margin that all positions hold."""
        return sum((position.margin() for position in self.positions()), ZERO)

    @property
    def available(self) -> Decimal:
        """What is free for new margin."""
        return max(self.wallet - self.margin, ZERO)

    def liquidation_price(self, symbol: str) -> Decimal:
        """Where the venue would end the position; 0 where it never would."""
        position = self.position(symbol)
        if not position.amount:
            return ZERO
        keep = self.contracts[symbol].maintenance_ratio
        if position.margin_mode is MarginMode.ISOLATED:
            room = 1 / Decimal(position.leverage) - keep
        else:
            room = self.wallet / (abs(position.amount) * position.entry) - keep
        price = position.entry * (1 - room if position.amount > 0 else 1 + room)
        return max(price.quantize(Decimal("0.00000001")), ZERO)

    # --- money ---------------------------------------------------------------------------------------------------

    def book_payment(self, kind: str, symbol: str, amount: Decimal, *, trade_id: int = 0) -> None:
        """Move money and keep the record of it."""
        self.wallet += amount
        self.payments.append(
            Payment(
                id=next(self._ids), kind=kind, symbol=symbol, amount=amount, time_ms=self.now_ms(), trade_id=trade_id
            )
        )

    def check_margin(self, position: Position, side: Side, quantity: Decimal, price: Decimal) -> None:
        """Refuse an order whose opening part costs more margin (and fee) than is free."""
        held = abs(position.amount) if position.side is side.opposite else ZERO
        opening = max(quantity - held, ZERO)
        needed = opening * price * (1 / Decimal(position.leverage) + self.rules.taker_fee_ratio)
        if needed > self.available:
            raise VenueSaysNo(No.INSUFFICIENT_MARGIN, needed=needed)

    # --- orders --------------------------------------------------------------------------------------------------

    def new_order(
        self,
        symbol: str,
        side: Side,
        kind: OrderKind,
        quantity: Decimal,
        *,
        client_id: str = "",
        wire: dict[str, str] | None = None,
        is_kept: bool = True,
    ) -> BookOrder:
        """Write an order into the books."""
        now = self.now_ms()
        order = BookOrder(
            id=next(self._ids),
            client_id=client_id,
            symbol=symbol,
            side=side,
            kind=kind,
            quantity=quantity,
            created_ms=now,
            updated_ms=now,
            last_price_at_creation=self._prices[symbol].last if symbol in self._prices else ZERO,
            wire=wire or {},
        )
        if is_kept:
            self._orders[order.id] = order
        return order

    def finish(self, order: BookOrder, status: OrderStatus) -> None:
        """End an order and tell it."""
        order.status, order.updated_ms = status, self.now_ms()
        self.tell(OrderChanged(order=order))

    def drop_attached(self, position: Position) -> None:
        """Take the stop off a position."""
        attached, position.attached = position.attached, None
        if attached is not None and attached.status.is_open:
            self.finish(attached, OrderStatus.CANCELLED)

    def trigger(self, order: BookOrder) -> None:
        """Set a stop off at the last price; it expires where there is nothing (left) to reduce."""
        if not order.is_resting:
            return
        order.triggered_ms = self.now_ms()
        position = self.position(order.symbol)
        if order.kind is OrderKind.ATTACHED:
            position.attached = None
        self.finish(order, OrderStatus.TRIGGERED)
        reduces = order.reduce_only or order.close_position
        quantity = order.quantity
        if reduces:
            held = abs(position.amount) if position.side is order.side.opposite else ZERO
            quantity = held if order.close_position or order.kind is OrderKind.ATTACHED else min(quantity, held)
        if not quantity:
            self.finish(order, OrderStatus.EXPIRED)
            return
        executing = order
        if self.rules.spawns_orders:
            executing = self.new_order(
                order.symbol, order.side, OrderKind.MARKET, quantity, client_id=order.client_id, wire=dict(order.wire)
            )
            executing.parent_id, executing.reduce_only, executing.close_position = (
                order.id,
                reduces,
                order.close_position,
            )
            order.spawned_id = executing.id
            self.tell(OrderChanged(order=executing))
        else:
            order.quantity = quantity
        self.execute(executing, self._prices[order.symbol].last)
        if executing is not order:
            order.filled, order.average = executing.filled, executing.average
            self.finish(order, executing.status)

    def execute(self, order: BookOrder, base_price: Decimal) -> None:
        """Fill an order around `base_price` as the levers say; what is not filled expires."""
        contract = self.contracts[order.symbol]
        price = slipped(contract, base_price, order.side, self.levers.slippage(order.symbol))
        ratio = self.levers.fill_ratios.pop(0) if self.levers.fill_ratios else Decimal(1)
        total = order.quantity if ratio == 1 else round_down(order.quantity * ratio, contract.quantity_step)
        pieces = max(self.levers.trades_an_order, 1)
        piece = round_down(total / pieces, contract.quantity_step)
        parts = [part for part in [piece] * (pieces - 1) + [total - piece * (pieces - 1)] if part]
        for part in parts:
            self._fill(order, part, price)
        if order.filled < order.quantity:
            self.finish(order, OrderStatus.EXPIRED)

    def _fill(self, order: BookOrder, quantity: Decimal, price: Decimal) -> None:
        position, now = self.position(order.symbol), self.now_ms()
        realised = apply_fill(position, order.side, quantity, price)
        position.opened_ms = position.opened_ms or now
        position.updated_ms = now
        fee = (quantity * price * self.rules.taker_fee_ratio).quantize(CENT)
        trade = Trade(
            id=next(self._ids),
            order_id=order.id,
            symbol=order.symbol,
            side=order.side,
            price=price,
            quantity=quantity,
            fee=fee,
            realised=realised,
            time_ms=now,
        )
        self.trades.append(trade)
        order.trades.append(trade)
        order.average = (order.average * order.filled + price * quantity) / (order.filled + quantity)
        order.filled += quantity
        order.status = OrderStatus.FILLED if order.filled >= order.quantity else OrderStatus.PARTIALLY_FILLED
        order.updated_ms = now
        if realised:
            self.book_payment("realised", order.symbol, realised, trade_id=trade.id)
        self.book_payment("commission", order.symbol, -fee, trade_id=trade.id)
        self.tell(BalanceChanged(amount=realised - fee, cause="order", symbol=order.symbol))
        self._follow_position(position)
        self.tell(PositionChanged(position=position, cause="order"))
        self.tell(OrderChanged(order=order, trade=trade))

    def _follow_position(self, position: Position) -> None:
        attached = position.attached
        if not position.amount:
            position.opened_ms, position.entry = 0, ZERO
        if attached is None:
            return
        if position.side is not attached.side.opposite:
            self.drop_attached(position)
        else:
            attached.quantity = abs(position.amount)


def apply_fill(position: Position, side: Side, quantity: Decimal, price: Decimal) -> Decimal:
    """Change `position` by a fill and return the profit it realised before fees."""
    change = quantity if side is Side.BUY else -quantity
    if position.amount * change >= 0:
        total = position.amount + change
        position.entry = (position.entry * abs(position.amount) + price * quantity) / abs(total)
        if not position.amount:
            position.realised = ZERO
        position.amount = total
        return ZERO
    closed = min(quantity, abs(position.amount))
    realised = (price - position.entry) * (closed if position.amount > 0 else -closed)
    position.amount += change
    position.realised += realised
    position.all_realised += realised
    if closed < quantity:
        position.entry, position.realised = price, ZERO
    return realised
