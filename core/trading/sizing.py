"""How many coins an entry buys; pure."""

from dataclasses import dataclass
from decimal import Decimal

from core.domain.market import Instrument
from core.domain.money import Money, Price, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A quantity rounded down to the instrument's step, and whether the venue would take it."""

    quantity: Quantity
    notional_quote: Money
    is_tradable: bool


def size_entry(size_quote: Money, price: Price, instrument: Instrument, *, multiplier: Decimal = Decimal(1)) -> Size:
    """Return how many coins `size_quote` (USDT) times `multiplier` buys at `price`.

    The quantity is rounded down, so an entry never costs more than was asked for; too little for the venue is an answer
    (`is_tradable` False), not an error.
    """
    quantity = instrument.round_quantity(size_quote * multiplier / price)
    notional = Money(quantity * price)
    is_tradable = quantity > 0 and quantity >= instrument.min_quantity and notional >= instrument.min_notional
    return Size(quantity=quantity, notional_quote=notional, is_tradable=is_tradable)
