"""Which texts are prices that can be believed. Who sent them, and what becomes of them, is not known here."""

from decimal import Decimal, InvalidOperation
from enum import StrEnum

from core.domain.money import Price, Ratio

_LONGEST = 40
_CEILING = Decimal(10) ** 12
_ZERO = Decimal(0)


class Doubt(StrEnum):
    """Why a price is not believed."""

    NOT_A_PRICE = "not_a_price"
    OFF_MARK = "off_mark"
    OLDER = "older"


def price_of(text: str) -> Price | None:
    """Return the exact price that `text` is; None for whatever is none: words, zero, below zero, NaN, beyond all."""
    if len(text) > _LONGEST or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    # NaN does not compare.
    return Price(number) if number.is_finite() and _ZERO < number < _CEILING else None


def is_off(last: Price, mark: Price, most: Ratio) -> bool:
    """Return whether `last` is further from `mark` than the share `most` of it."""
    return abs(last - mark) > mark * most
