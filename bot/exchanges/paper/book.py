"""Arithmetic of the paper exchange: fills, one-way positions, balance. No prices are asked and nothing is stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.exchanges.paper.ledger import leverage_of
from core.domain.market import Balance, Instrument, Tick
from core.domain.money import NO_MONEY, ZERO, Money, Price, Quantity, Ratio
from core.domain.orders import OrderRequest, OrderState
from core.domain.paper import PaperOrder
from core.domain.signals import Side

_TICK_OF_TIME = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The net position of a symbol: `quantity` coins bought (BUY) or sold (SELL), above zero."""

    side: Side
    quantity: Quantity
    entry_price: Price


def slipped(price: Price, side: Side, slippage: Ratio, instrument: Instrument) -> Price:
    """Return what a taker of `side` pays or gets at `price`, rounded to the price step against the taker."""
    if side is Side.BUY:
        return instrument.price_above(price * (1 + slippage))
    return instrument.price_below(price * (1 - slippage))


def is_reached(side: Side, trigger: Price, price: Price) -> bool:
    """Return True if `price` sets off a stop order of `side`."""
    return price <= trigger if side is Side.SELL else price >= trigger


def stop_base(trigger: Price, tick: Tick) -> Price:
    """Return the price that a triggered stop executes at, before slippage: its own, or the worse one after a gap."""
    return trigger if tick.is_continuous else tick.price


def closing_quantity(held: Holding | None, side: Side, quantity: Decimal) -> Quantity:
    """Return how many coins of an order would close what is held; the rest opens."""
    return Quantity(min(quantity, held.quantity) if held is not None and held.side is not side else ZERO)


def after_fill(held: Holding | None, side: Side, quantity: Quantity, price: Price) -> tuple[Holding | None, Money]:
    """Return the position after a fill, and the profit it realised before fees."""
    if held is None:
        return Holding(side=side, quantity=quantity, entry_price=price), NO_MONEY
    if held.side is side:
        total = held.quantity + quantity
        cost = held.entry_price * held.quantity + price * quantity
        return Holding(side=side, quantity=Quantity(total), entry_price=Price(cost / total)), NO_MONEY
    closed = closing_quantity(held, side, quantity)
    gain = price - held.entry_price if held.side is Side.BUY else held.entry_price - price
    realised = Money(closed * gain)
    if closed < held.quantity:
        left = Quantity(held.quantity - closed)
        return Holding(side=held.side, quantity=left, entry_price=held.entry_price), realised
    opened = Quantity(quantity - closed)
    return (Holding(side=side, quantity=opened, entry_price=price) if opened else None), realised


class PaperBook:
    """All orders of one paper exchange, and what follows from them: positions, resting stops, balance."""

    def __init__(self, start_quote: Money) -> None:
        self._start_quote = start_quote
        self._orders: dict[str, PaperOrder] = {}
        self._held: dict[str, Holding] = {}
        self._stops: dict[str, dict[str, PaperOrder]] = {}
        self._leverages: dict[str, int] = {}
        self._filled_at: dict[str, datetime] = {}
        self._earned_quote = ZERO

    def restore(self, orders: Iterable[PaperOrder]) -> None:
        """Take in stored orders, in the order in which they were filled."""
        for order in sorted(orders, key=lambda order: order.updated_at):
            leverage = leverage_of(order)
            if leverage is not None:
                self._leverages[order.request.symbol] = leverage
            self.record(order)

    def record(self, order: PaperOrder) -> None:
        """Take in the new state of an order; a fill moves the position and the balance, once."""
        request = order.request
        known = self._orders.get(request.client_order_id)
        self._orders[request.client_order_id] = order
        resting = self._stops.setdefault(request.symbol, {})
        if order.state is OrderState.RESTING:
            resting[request.client_order_id] = order
        else:
            resting.pop(request.client_order_id, None)
        if order.filled_price is None or (known is not None and known.filled_price is not None):
            return
        held, _ = after_fill(self.held(request.symbol), request.side, order.filled_quantity, order.filled_price)
        if held is None:
            del self._held[request.symbol]
        else:
            self._held[request.symbol] = held
        self._filled_at[request.symbol] = order.updated_at
        self._earned_quote += order.realised_quote - order.fee_quote

    def get(self, client_order_id: str) -> PaperOrder | None:
        """Return an order, or None if it was never sent."""
        return self._orders.get(client_order_id)

    def executed(self, symbol: str) -> list[PaperOrder]:
        """Return the orders of a symbol that were filled, in the order of their fills."""
        orders = (o for o in self._orders.values() if o.request.symbol == symbol and o.filled_price is not None)
        return sorted(orders, key=lambda order: order.updated_at)

    def held(self, symbol: str) -> Holding | None:
        """Return the position of a symbol, or None."""
        return self._held.get(symbol)

    def holdings(self) -> list[tuple[str, Holding]]:
        """Return all positions by symbol."""
        return sorted(self._held.items())

    def stops(self, symbol: str) -> list[PaperOrder]:
        """Return the resting stops of a symbol, oldest first."""
        return list(self._stops.get(symbol, {}).values())

    def all_stops(self) -> list[PaperOrder]:
        """Return all resting stops."""
        return [order for orders in self._stops.values() for order in orders.values()]

    def reached_stops(self, tick: Tick) -> list[PaperOrder]:
        """Return the stops that `tick` sets off, in the order in which the price meets them."""
        resting = self._stops.get(tick.symbol)
        if not resting:
            return []
        reached = [
            (abs(tick.price - trigger), order)
            for order in resting.values()
            if (trigger := order.request.trigger_price) is not None
            and is_reached(order.request.side, trigger, tick.price)
        ]
        # The stop that lies furthest behind the price was met first.
        return [order for _, order in sorted(reached, key=lambda pair: -pair[0])]

    def leverage(self, symbol: str) -> int:
        """Return the leverage of a symbol, 1 unless set."""
        return self._leverages.get(symbol, 1)

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Let margin of `symbol` be taken at `leverage`."""
        self._leverages[symbol] = leverage

    def balance(self) -> Balance:
        """Return start + realised - fees, and what open positions leave free of it."""
        total = self._start_quote + self._earned_quote
        used = sum((self.margin_quote(symbol, held) for symbol, held in self._held.items()), ZERO)
        return Balance(total=Money(total), free=Money(total - used))

    def margin_quote(self, symbol: str, held: Holding, leverage: int | None = None) -> Decimal:
        """Return the isolated margin that a position takes."""
        return held.quantity * held.entry_price / (leverage or self.leverage(symbol))

    def next_fill_at(self, symbol: str, now: datetime) -> datetime:
        """Return `now`, or just after the last fill of `symbol`: a restart sorts fills by their times."""
        last_at = self._filled_at.get(symbol)
        return now if last_at is None or now > last_at else last_at + _TICK_OF_TIME


def fee_of(request_quantity: Quantity, price: Price, fee: Ratio) -> Money:
    """Return the fee of a fill."""
    return Money(request_quantity * price * fee)


def margin_needed(held: Holding | None, request: OrderRequest, price: Price, leverage: int, fee: Ratio) -> Decimal:
    """Return what an entry takes out of the free balance: margin of what it opens, and its fee."""
    opened = request.quantity - closing_quantity(held, request.side, request.quantity)
    return opened * price / leverage + fee_of(request.quantity, price, fee)
