"""Why the paper exchange refuses an order: what real venues check, in their order. Nothing is executed here."""

from dataclasses import dataclass
from decimal import Decimal

from bot.exchanges.paper.book import Holding, is_reached
from core.domain.market import Instrument
from core.domain.money import Money, Price
from core.domain.orders import OrderRequest, RefusalReason, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the venue knows when an order arrives.

    Attributes:
        price: Last price; None while there is none.
        needed_quote: What an entry would take out of the free balance.
    """

    instrument: Instrument | None
    price: Price | None
    held: Holding | None
    free_quote: Money
    needed_quote: Decimal


def refusal_of(request: OrderRequest, standing: Standing) -> Refused | None:
    """Return why `request` cannot be taken, or None."""
    instrument, price = standing.instrument, standing.price
    if instrument is None:
        return _no(RefusalReason.UNKNOWN_SYMBOL, f"there is no contract {request.symbol}")
    if price is None:
        return _no(RefusalReason.NO_PRICE, f"{request.symbol} has no price")
    if request.trigger_price is not None and not request.reduce_only:
        return _no(RefusalReason.REDUCE_ONLY, "a stop order must be reduce-only")
    if request.reduce_only:
        return _refuse_reduction(request, standing.held) or _refuse_trigger(request, instrument, price)
    return _refuse_entry(request, instrument, price, standing)


def _no(reason: RefusalReason, detail: str) -> Refused:
    return Refused(reason=reason, detail=detail)


def _is_off(value: Decimal, step: Decimal) -> bool:
    return value <= 0 or value % step != 0


def _refuse_reduction(request: OrderRequest, held: Holding | None) -> Refused | None:
    if held is None:
        return _no(RefusalReason.POSITION_GONE, f"no position in {request.symbol} is open")
    if held.side is request.side:
        return _no(RefusalReason.REDUCE_ONLY, f"{request.side} would add to the position, not reduce it")
    if request.quantity <= 0:
        return _no(RefusalReason.BELOW_MINIMUM, "the quantity is zero")
    return None


def _refuse_trigger(request: OrderRequest, instrument: Instrument, price: Price) -> Refused | None:
    trigger = request.trigger_price
    if trigger is None:
        return None
    if _is_off(trigger, instrument.price_step):
        return _no(RefusalReason.OTHER, f"trigger {trigger} is no multiple of the price step {instrument.price_step}")
    if is_reached(request.side, trigger, price):
        return _no(RefusalReason.STOP_CROSSED, f"{request.side} stop {trigger} would trigger at once, price {price}")
    return None


def _refuse_entry(request: OrderRequest, instrument: Instrument, price: Price, standing: Standing) -> Refused | None:
    if not instrument.is_trading:
        return _no(RefusalReason.NOT_TRADING, f"{request.symbol} takes no new positions")
    if request.quantity < instrument.min_quantity:
        return _no(RefusalReason.BELOW_MINIMUM, f"quantity is below {instrument.min_quantity}")
    if _is_off(request.quantity, instrument.quantity_step):
        return _no(
            RefusalReason.OTHER, f"quantity {request.quantity} is no multiple of the step {instrument.quantity_step}"
        )
    if request.quantity * price < instrument.min_notional:
        return _no(RefusalReason.BELOW_MINIMUM, f"the order is worth less than {instrument.min_notional} USDT")
    if standing.needed_quote > standing.free_quote:
        return _no(
            RefusalReason.INSUFFICIENT_FUNDS,
            f"{standing.needed_quote:.2f} USDT needed, {standing.free_quote:.2f} USDT free",
        )
    return None
