"""A venue's description of a contract, made an `Instrument`; pure. Fetching and keeping belongs to `instruments`."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from bot.exchanges.market.numbers import amount, dig, moment
from bot.exchanges.market.reads import ContractRules
from core.domain.market import Instrument
from core.domain.money import Money, Quantity, round_ceiling

ENDS_SOON = timedelta(days=4)
"""No new position in a contract that ends within this: the longest that one is held (72 h), and a day of list age."""

_MIN_NOTIONAL = Decimal(5)


def is_linear_perpetual(market: Mapping[str, object], settle: str) -> bool:
    """Return True for a perpetual contract that is quoted and settled in `settle`; `market` is ccxt's."""
    return bool(market.get("swap") and market.get("linear")) and market.get("quote") == market.get("settle") == settle


def read_instrument(symbol: str, info: object, rules: ContractRules, now: datetime) -> Instrument | None:
    """Return the contract that `info`, the venue's own words, describes; None if it has no usable steps."""
    price_step = _above_zero(_told(info, (rules.price_step,)))
    quantity_steps = _above_zero(_told(info, rules.quantity_steps))
    if not price_step or not quantity_steps:
        return None
    step = common_step(quantity_steps)
    smallest = max([step, *_told(info, rules.min_quantities)])
    largest = _above_zero(_told(info, rules.max_quantities))
    min_notional = _told(info, (rules.min_notional,))
    return Instrument(
        symbol=symbol,
        price_step=price_step[0],
        quantity_step=step,
        min_quantity=Quantity(round_ceiling(smallest, step)),
        max_quantity=Quantity(min(largest)) if largest else None,
        min_notional=Money(min_notional[0] if min_notional else _MIN_NOTIONAL),
        max_leverage=_leverage(info, rules),
        is_trading=_is_trading(info, rules, now),
    )


def common_step(steps: Iterable[Decimal]) -> Decimal:
    """Return the smallest step that is a multiple of each of `steps`: mostly the coarsest of them."""
    found = list(steps)
    exponent = min(int(step.as_tuple().exponent) for step in found)
    common = math.lcm(*(int(step.scaleb(-exponent)) for step in found))
    return next(
        (step for step in found if step == common * Decimal(1).scaleb(exponent)), Decimal(common).scaleb(exponent)
    )


def _told(info: object, paths: Iterable[str]) -> list[Decimal]:
    numbers = (amount(dig(info, path.split("."))) for path in paths)
    return [number for number in numbers if number is not None]


def _above_zero(numbers: Iterable[Decimal]) -> list[Decimal]:
    # Venues write 0 for a rule that does not apply.
    return [number for number in numbers if number]


def _leverage(info: object, rules: ContractRules) -> int:
    told = _told(info, () if rules.max_leverage is None else (rules.max_leverage,))
    return max(int(told[0]), 1) if told else rules.default_leverage


def _is_trading(info: object, rules: ContractRules, now: datetime) -> bool:
    if dig(info, ("status",)) != rules.trading_status:
        return False
    if rules.pre_listing and dig(info, (rules.pre_listing,)) is True:
        return False
    ends_at = moment(dig(info, rules.ends_at_ms.split(".")))
    return ends_at is None or ends_at - now > ENDS_SOON
