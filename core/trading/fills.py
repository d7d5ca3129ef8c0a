"""Which of a venue's fills are not in a position's books yet; pure. Reading and booking them is not here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

from core.domain.money import ZERO, Money, Price, Quantity
from core.domain.orders import Filled, Order, OrderLeg, VenueFill
from core.domain.positions import PositionLeg
from core.domain.signals import Side

_OUTSIDE = "out-"
_DIGEST_CHARACTERS = 24
_SAME_MOMENT = timedelta(seconds=10)
"""How far the time of an order and that of its trades may be apart."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is to be booked, oldest first.

    Attributes:
        own: Orders of the position, each with what it executed beyond what is booked.
        others: Fills of no order of the position.
    """

    own: tuple[tuple[Order, VenueFill], ...]
    others: tuple[VenueFill, ...]


def leg_id(exchange: str, fill: VenueFill) -> str:
    """Return the id under which a fill of no order of ours is booked: the same fill, the same id."""
    facts = (exchange, fill.symbol, fill.client_order_id or "", fill.side, fill.filled_at.isoformat(), str(fill.price))
    return _OUTSIDE + sha256("|".join(facts).encode()).hexdigest()[:_DIGEST_CHARACTERS]


def missing_fills(
    exchange: str, side: Side, fills: Sequence[VenueFill], orders: Sequence[Order], legs: Sequence[PositionLeg]
) -> Missing:
    """Return what of `fills`, those since the entry, is missing in the books of a position.

    Args:
        exchange: Where the position is.
        side: The side that is asked for: the exit's or the entry's.
        fills: As the venue tells them.
        orders: All orders of the position.
        legs: All that is booked of it.
    """
    ours = {order.request.client_order_id: order for order in orders}
    booked = {leg.client_order_id for leg in legs}
    told = {fill.client_order_id for fill in fills}
    unnamed = [leg for leg in legs if leg.client_order_id not in told and _is_stop(ours.get(leg.client_order_id))]
    own: list[tuple[Order, VenueFill]] = []
    others: list[VenueFill] = []
    for fill in fills:
        if fill.side is not side:
            continue
        order = ours.get(fill.client_order_id or "")
        if order is not None:
            rest = _part(fill, Quantity(fill.quantity - (order.filled_quantity or ZERO)))
            own += [(order, rest)] if rest.quantity > 0 else []
        elif leg_id(exchange, fill) not in booked and not _takes(unnamed, fill):
            others.append(fill)
    return Missing(tuple(own), tuple(others))


def newest(fills: Sequence[VenueFill], quantity: Decimal) -> tuple[VenueFill, ...]:
    """Return the newest of `fills` that make up `quantity`, oldest first; less if there are not as many."""
    taken: list[VenueFill] = []
    for fill in reversed(fills):
        if quantity <= 0:
            break
        taken.append(_part(fill, Quantity(min(fill.quantity, quantity))))
        quantity -= fill.quantity
    return tuple(reversed(taken))


def total_of(fills: Collection[VenueFill]) -> Quantity:
    """Return the coins of `fills`."""
    return Quantity(sum((fill.quantity for fill in fills), ZERO))


def merged(fills: Collection[VenueFill]) -> Filled:
    """Return `fills`, one at least, as one: all coins at their average price, ended with the last."""
    quantity = total_of(fills)
    prices = {fill.price for fill in fills}
    cost = sum((fill.quantity * fill.price for fill in fills), ZERO)
    return Filled(
        quantity=quantity,
        price=prices.pop() if len(prices) == 1 else Price(cost / quantity),
        fee_quote=Money(sum((fill.fee_quote for fill in fills), ZERO)),
        filled_at=max(fill.filled_at for fill in fills),
    )


def _part(fill: VenueFill, quantity: Quantity) -> VenueFill:
    if quantity == fill.quantity:
        return fill
    return replace(fill, quantity=quantity, fee_quote=Money(fill.fee_quote * quantity / fill.quantity))


def _is_stop(order: Order | None) -> bool:
    return order is not None and order.request.leg is OrderLeg.STOP


def _takes(unnamed: list[PositionLeg], fill: VenueFill) -> bool:
    """Take the leg out of `unnamed` that is `fill`: a stop of ours whose fill the venue tells without our id."""
    for leg in unnamed:
        if leg.quantity == fill.quantity and abs(leg.filled_at - fill.filled_at) <= _SAME_MOMENT:
            unnamed.remove(leg)
            return True
    return False
