"""Exact numbers of the trade: prices, quantities, amounts, ratios.

No rounding to a venue's steps here: an Instrument owns that (see `market`).
"""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal, InvalidOperation
from typing import NewType

Price = NewType("Price", Decimal)
"""Quote currency (USDT) per coin, above zero."""

Quantity = NewType("Quantity", Decimal)
"""Base coins (contracts of linear perpetuals), zero or more."""

Money = NewType("Money", Decimal)
"""Quote currency (USDT), signed."""

Ratio = NewType("Ratio", Decimal)
"""A share of one: 0.05 is 5 %."""

HUNDRED = Decimal(100)
ZERO = Decimal(0)
NO_MONEY = Money(ZERO)
NO_QUANTITY = Quantity(ZERO)


def exact(value: object) -> Decimal:
    """Return the exact decimal that `value` is written as.

    Floats are taken by their shortest text, as a venue or a person wrote them.

    Raises:
        ValueError: `value` is not a finite number.
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
        raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 - one error for one mistake
    try:
        number = Decimal(value.strip() if isinstance(value, str) else str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return number


def ratio_of_percent(percent: Decimal) -> Ratio:
    """Return the ratio that `percent` (2.5 is 2.5 %) stands for."""
    return Ratio(percent / HUNDRED)


def percent_of_ratio(ratio: Decimal) -> Decimal:
    """Return `ratio` in percent (0.025 gives 2.5)."""
    return ratio * HUNDRED


def round_down(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` towards zero from `value`; `step` must be above zero."""
    return (value / step).to_integral_value(rounding=ROUND_DOWN) * step


def round_floor(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` not above `value`; `step` must be above zero."""
    return (value / step).to_integral_value(rounding=ROUND_FLOOR) * step


def round_ceiling(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` not below `value`; `step` must be above zero."""
    return (value / step).to_integral_value(rounding=ROUND_CEILING) * step
