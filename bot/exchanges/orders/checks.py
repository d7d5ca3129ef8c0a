"""What is wrong with an order that can be seen here, so that the venue is not asked in vain; nothing is sent."""

from decimal import Decimal

from core.domain.market import Instrument
from core.domain.money import Price
from core.domain.orders import OrderRequest, RefusalReason, Refused


def refuse_order(request: OrderRequest, instrument: Instrument | None) -> Refused | None:
    """Return why the venue would refuse `request` whatever the market does, or None."""
    if instrument is None:
        return _no(RefusalReason.UNKNOWN_SYMBOL, f"there is no contract {request.symbol}")
    if request.trigger_price is not None and not request.reduce_only:
        return _no(RefusalReason.REDUCE_ONLY, "a stop order must be reduce-only")
    if request.trigger_price is not None and _is_off(request.trigger_price, instrument.price_step):
        detail = f"trigger {request.trigger_price} is no multiple of the price step {instrument.price_step}"
        return _no(RefusalReason.OTHER, detail)
    if request.quantity <= 0:
        return _no(RefusalReason.BELOW_MINIMUM, "the quantity is zero")
    return None if request.reduce_only else _refuse_entry(request, instrument)


def refuse_value(request: OrderRequest, instrument: Instrument, price: Price | None) -> Refused | None:
    """Return why an entry cannot be at `price`, or None."""
    if price is None:
        return _no(RefusalReason.NO_PRICE, f"{request.symbol} has no price")
    if request.quantity * price < instrument.min_notional:
        return _no(RefusalReason.BELOW_MINIMUM, f"the order is worth less than {instrument.min_notional} USDT")
    return None


def _refuse_entry(request: OrderRequest, instrument: Instrument) -> Refused | None:
    if not instrument.is_trading:
        return _no(RefusalReason.NOT_TRADING, f"{request.symbol} takes no new positions")
    if request.quantity < instrument.min_quantity:
        return _no(RefusalReason.BELOW_MINIMUM, f"quantity is below {instrument.min_quantity}")
    if instrument.max_quantity is not None and request.quantity > instrument.max_quantity:
        return _no(RefusalReason.ABOVE_MAXIMUM, f"quantity is above {instrument.max_quantity}")
    if _is_off(request.quantity, instrument.quantity_step):
        detail = f"quantity {request.quantity} is no multiple of the step {instrument.quantity_step}"
        return _no(RefusalReason.OTHER, detail)
    return None


def _no(reason: RefusalReason, detail: str) -> Refused:
    return Refused(reason=reason, detail=detail)


def _is_off(value: Decimal, step: Decimal) -> bool:
    return value <= 0 or value % step != 0
