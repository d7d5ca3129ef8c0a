"""Binance's codes and texts for what it refuses, and how it writes numbers; no request is looked at here."""

import re
from collections.abc import Mapping
from decimal import Decimal

from tests.fakes.venues.contracts import Contract
from tests.fakes.venues.refusals import No, VenueSaysNo
from tests.fakes.venues.wire import Answer, plain

_NUMBER = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"

TEXTS: Mapping[No, tuple[int, str]] = {
    No.UNKNOWN_SYMBOL: (-1121, "Invalid symbol."),
    No.NOT_OPENING: (-4140, "Invalid symbol status for opening position."),
    No.CLOSED: (-4141, "Symbol is closed."),
    No.NO_PRICE: (-2020, "Unable to fill."),
    No.ZERO_QUANTITY: (-4003, "Quantity less than or equal to zero."),
    No.BELOW_MIN_QUANTITY: (-4004, "Quantity less than min quantity."),
    No.ABOVE_MAX_QUANTITY: (-4005, "Quantity greater than max quantity."),
    No.QUANTITY_STEP: (-1111, "Precision is over the maximum defined for this asset."),
    No.PRICE_STEP: (-4014, "Price not increased by tick size."),
    No.BELOW_MIN_NOTIONAL: (-4164, "Order's notional must be no smaller than {limit} (unless you choose reduce only)."),
    No.PRICE_BAND_HIGH: (-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."),
    No.PRICE_BAND_LOW: (-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."),
    No.INSUFFICIENT_MARGIN: (-2019, "Margin is insufficient."),
    No.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    No.NO_POSITION: (-2022, "ReduceOnly Order is rejected."),
    No.STOP_CROSSED: (-2021, "Order would immediately trigger."),
    No.SECOND_CLOSING_STOP: (
        -4130,
        "An open stop or take profit order with GTE and closePosition in the direction is existing.",
    ),
    No.TOO_MANY_STOPS: (-4045, "Reach max stop order limit."),
    No.DUPLICATE_ID: (-4116, "ClientOrderId is duplicated."),
    No.UNKNOWN_ORDER: (-2013, "Order does not exist."),
    No.ORDER_DONE: (-2011, "Unknown order sent."),
    No.LEVERAGE_RANGE: (-4028, "Leverage {leverage} is not valid"),
    No.LEVERAGE_DOWN_WITH_POSITION: (
        -4161,
        "Leverage reduction is not supported in Isolated Margin Mode with open positions.",
    ),
    No.HEDGE_MODE: (-4061, "Order's position side does not match user's setting."),
    No.OVERLOADED: (-1008, "Server is currently overloaded with other requests. Please try again in a few minutes."),
}
"""What the order endpoints answer; the settings' own are beside them."""


def refusal(code: int, text: str, status: int = 400) -> Answer:
    """Return an answer in Binance's error form."""
    return Answer(status=status, body={"code": code, "msg": text})


def refused(no: VenueSaysNo) -> Answer:
    """Return Binance's words for a refusal of the account."""
    code, text = TEXTS[no.why]
    facts = {name: plain(value) if isinstance(value, Decimal) else value for name, value in no.facts.items()}
    return refusal(code, text.format_map({"limit": "", "leverage": ""} | facts), 503 if code == -1008 else 400)


def missing(name: str) -> Answer:
    """Return the answer to a request without a mandatory parameter."""
    return refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """A request that Binance refuses for what is in it, before the account is asked."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(f"{code} {text}")
        self.answer = refusal(code, text, status)


def needed(params: Mapping[str, str], name: str) -> str:
    """Return a mandatory parameter, or refuse."""
    if not params.get(name):
        raise Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return params[name]


def number(params: Mapping[str, str], name: str, default: int) -> int:
    """Return a parameter that must be a whole number."""
    try:
        return int(params.get(name, default))
    except ValueError as error:
        raise Refusal(-1102, f"Illegal characters found in parameter '{name}'.") from error


def amount(params: Mapping[str, str], name: str) -> Decimal:
    """Return a mandatory parameter that must be a plain decimal number."""
    text = needed(params, name)
    if not re.match(_NUMBER, text):
        raise Refusal(
            -1100,
            f"Illegal characters found in parameter '{name}'; legal range is '^([0-9]{{1,20}})(\\.[0-9]{{1,20}})?$'.",
        )
    return Decimal(text)


def places(step: Decimal) -> int:
    """Return how many decimal places a step has."""
    return max(-int(step.normalize().as_tuple().exponent), 0)


def fixed(value: Decimal, decimals: int) -> str:
    """Return a number with exactly that many decimal places."""
    return f"{value:.{decimals}f}"


def price_text(contract: Contract, price: Decimal) -> str:
    """Return a price as the venue pads it."""
    return fixed(price, places(contract.price_step))


def quantity_text(contract: Contract, quantity: Decimal) -> str:
    """Return a quantity as the venue pads it."""
    return fixed(quantity, places(contract.quantity_step))


def money(value: Decimal) -> str:
    """Return an amount of USDT."""
    return fixed(value, 8)
