"""What open positions are worth at the last price: one reckoning behind every answer; no words, no queries."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.domain.money import NO_MONEY, Money, Price, Ratio
from core.domain.positions import Position
from core.ports.edges import PriceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """A position at a price.

    Attributes:
        price: None while none is known.
        pnl_quote: What closing at `price` would leave, net of fees (those of closing included) and funding; None
            without a price or an entry.
        return_ratio: The same over the money that was put in.
    """

    position: Position
    price: Price | None
    pnl_quote: Money | None
    return_ratio: Ratio | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Valuations together.

    Attributes:
        return_ratio: Weighted by size; None when nothing could be valued.
        unpriced: How many positions could not be valued; they are in none of the sums.
    """

    pnl_quote: Money
    return_ratio: Ratio | None
    unpriced: int


def value(position: Position, prices: PriceSource, fee: Ratio) -> Valuation:
    """Return `position` at its last price; `fee` is the taker fee of closing, a ratio of what is closed."""
    price = prices.latest(position.exchange, position.symbol)
    seen = price.price if price else None
    if seen is None or not position.entry_price or not position.entry_quantity:
        return Valuation(position=position, price=seen, pnl_quote=None, return_ratio=None)
    gross = position.unrealised_quote(seen) + position.realised_quote
    pnl = gross - position.fees_quote + position.funding_quote - position.quantity * seen * fee
    invested = position.entry * position.entry_quantity
    return Valuation(position=position, price=seen, pnl_quote=Money(pnl), return_ratio=Ratio(pnl / invested))


def add_up(valuations: Iterable[Valuation]) -> Total:
    """Return the sum of `valuations`; its return is weighted by size, never a sum of percents."""
    pnl = invested = NO_MONEY
    unpriced = 0
    for each in valuations:
        if each.pnl_quote is None:
            unpriced += 1
            continue
        pnl = Money(pnl + each.pnl_quote)
        invested = Money(invested + each.position.entry * each.position.entry_quantity)
    return Total(pnl_quote=pnl, return_ratio=Ratio(pnl / invested) if invested else None, unpriced=unpriced)
