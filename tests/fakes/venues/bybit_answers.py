"""Bybit's answers: the envelope, and its code and sentence for every refusal; nothing is decided here."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from core.domain.signals import Side
from tests.fakes.venues.refusals import No, VenueSaysNo

Answer = dict[str, Any]


class BybitSaysNo(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """A refusal in Bybit's words."""

    def __init__(self, code: int, text: str, *, status: int = 200, result: Answer | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.status = status
        self.result = result or {}


class BybitUnknown(BybitSaysNo):
    """A path or method that is not there."""

    def __init__(self, path: str) -> None:
        super().__init__(10017, f"Path not found: {path}", status=404)


def envelope(result: Answer, time_ms: int, *, code: int = 0, text: str = "OK") -> Answer:
    """Wrap `result` as Bybit does."""
    return {"retCode": code, "retMsg": text, "result": result, "retExtInfo": {}, "time": time_ms}


def parameter_error(text: str) -> BybitSaysNo:
    """Return a 10001 with `text`."""
    return BybitSaysNo(10001, text)


def crossed_text(trigger: Decimal, base: Decimal, side: Side) -> str:
    """Return the recorded sentence of a stop beyond the last price; its numbers are scaled by 1e8."""
    scaled, base_scaled = int(trigger * 10**8), int(base * 10**8)
    if side is Side.BUY:
        return f"StopLoss:{scaled} set for Buy position should lower than base_price:{base_scaled}??LastPrice"
    return f"StopLoss:{scaled} set for Sell position should greater base_price:{base_scaled}??LastPrice"


_TEXTS: Mapping[No, tuple[int, str]] = {
    No.UNKNOWN_SYMBOL: (10001, "params error: symbol invalid"),
    No.NOT_OPENING: (110023, "Only reduce position is allowed for the current contract"),
    No.CLOSED: (110074, "This contract is not live"),
    No.NO_PRICE: (170193, "Buy order price cannot be higher than 0USDT."),
    No.ZERO_QUANTITY: (110017, "orderQty will be truncated to zero."),
    No.BELOW_MIN_QUANTITY: (10001, "The number of contracts exceeds minimum limit allowed"),
    No.ABOVE_MAX_QUANTITY: (10001, "The number of contracts exceeds maximum limit allowed: too large"),
    No.QUANTITY_STEP: (10001, "Qty invalid"),
    No.PRICE_STEP: (10001, "params error: price precision invalid"),
    No.PRICE_BAND_HIGH: (
        30208,
        "Failed to submit order(s). The order price is higher than the maximum buying price.",
    ),
    No.PRICE_BAND_LOW: (30209, "Failed to submit order(s).The order price is lower than the minimum selling price."),
    No.INSUFFICIENT_MARGIN: (110007, "ab not enough for new order"),
    No.REDUCE_ONLY: (110017, "current position is zero, cannot fix reduce-only order qty"),
    No.NO_POSITION: (10001, "can not set tp/sl/ts for zero position"),
    No.TOO_MANY_STOPS: (110009, "The number of stop orders exceeds maximum limit allowed"),
    No.DUPLICATE_ID: (110072, "OrderLinkedID is duplicate"),
    No.UNKNOWN_ORDER: (110001, "order not exists or too late to cancel"),
    No.ORDER_DONE: (110001, "order not exists or too late to cancel"),
    No.UNCHANGED: (34040, "not modified"),
    No.LEVERAGE_DOWN_WITH_POSITION: (110011, "Any adjustments made will trigger immediate liquidation"),
    No.HAS_POSITION: (110024, "You have an existing position, so position mode cannot be switched"),
    No.HAS_ORDERS: (110028, "Open orders exist, so you cannot change position mode"),
    No.HEDGE_MODE: (10001, "position idx not match position mode"),
    No.OVERLOADED: (10016, "System error. Please try again later."),
}


def _stop_crossed(refusal: VenueSaysNo) -> BybitSaysNo:
    facts: Mapping[str, Any] = refusal.facts
    if not facts.get("base"):
        return parameter_error("StopLoss:3946000 set for Buy position should lower than base_price:3884000??LastPrice")
    return parameter_error(crossed_text(facts["trigger"], facts["base"], facts["side"]))


def _below_notional(refusal: VenueSaysNo) -> BybitSaysNo:
    return BybitSaysNo(110094, f"Order does not meet minimum order value {refusal.facts.get('limit', 5)}USDT")


def _leverage_range(refusal: VenueSaysNo) -> BybitSaysNo:
    limit = int(str(refusal.facts.get("limit", 0))) * 100
    return BybitSaysNo(110013, f"cannot set leverage gt maxLeverage [{limit}] by risk limit")


_WITH_NUMBERS: Mapping[No, Callable[[VenueSaysNo], BybitSaysNo]] = {
    No.STOP_CROSSED: _stop_crossed,
    No.BELOW_MIN_NOTIONAL: _below_notional,
    No.LEVERAGE_RANGE: _leverage_range,
}


def in_bybits_words(refusal: VenueSaysNo, **instead: tuple[int, str]) -> BybitSaysNo:
    """Translate a refusal of the books; `instead` replaces the words for some reasons (by their values)."""
    if refusal.why.value in instead:
        return BybitSaysNo(*instead[refusal.why.value])
    with_numbers = _WITH_NUMBERS.get(refusal.why)
    if with_numbers is not None:
        return with_numbers(refusal)
    code, text = _TEXTS.get(refusal.why, (10001, f"params error: {refusal.why}"))
    return BybitSaysNo(code, text)
