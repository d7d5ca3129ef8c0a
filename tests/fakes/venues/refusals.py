"""Why a venue of the tests says no, in words of ours; each dialect has its own code and text for every one of them."""

from enum import StrEnum


class No(StrEnum):
    """What was wrong with a request."""

    UNKNOWN_SYMBOL = "unknown_symbol"
    NOT_OPENING = "not_opening"
    CLOSED = "closed"
    NO_PRICE = "no_price"
    ZERO_QUANTITY = "zero_quantity"
    BELOW_MIN_QUANTITY = "below_min_quantity"
    ABOVE_MAX_QUANTITY = "above_max_quantity"
    QUANTITY_STEP = "quantity_step"
    PRICE_STEP = "price_step"
    BELOW_MIN_NOTIONAL = "below_min_notional"
    PRICE_BAND_HIGH = "price_band_high"
    PRICE_BAND_LOW = "price_band_low"
    INSUFFICIENT_MARGIN = "insufficient_margin"
    REDUCE_ONLY = "reduce_only"
    NO_POSITION = "no_position"
    STOP_CROSSED = "stop_crossed"
    SECOND_CLOSING_STOP = "second_closing_stop"
    TOO_MANY_STOPS = "too_many_stops"
    DUPLICATE_ID = "duplicate_id"
    UNKNOWN_ORDER = "unknown_order"
    ORDER_DONE = "order_done"
    UNCHANGED = "unchanged"
    LEVERAGE_RANGE = "leverage_range"
    LEVERAGE_DOWN_WITH_POSITION = "leverage_down_with_position"
    HAS_POSITION = "has_position"
    HAS_ORDERS = "has_orders"
    HEDGE_MODE = "hedge_mode"
    OVERLOADED = "overloaded"


class VenueSaysNo(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """A request that was refused; nothing of it was done. `facts` are numbers for the venue's text."""

    def __init__(self, why: No, **facts: object) -> None:
        super().__init__(f"{why}: {facts}" if facts else str(why))
        self.why = why
        self.facts = facts
