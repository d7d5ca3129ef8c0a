"""What is refused without asking the venue."""

from decimal import Decimal

import pytest

from bot.exchanges.orders.checks import refuse_order, refuse_value
from core.domain.market import Instrument
from core.domain.orders import OrderRequest, RefusalReason
from tests.builders import make_instrument, make_request, make_stop_request, price, quantity

LISTED = make_instrument(max_quantity=quantity(100))


@pytest.mark.parametrize(
    ("request_", "instrument", "reason"),
    [
        (make_request(), None, RefusalReason.UNKNOWN_SYMBOL),
        (make_request(), make_instrument(is_trading=False), RefusalReason.NOT_TRADING),
        (make_request(quantity=quantity(0)), LISTED, RefusalReason.BELOW_MINIMUM),
        (make_request(quantity=quantity("0.05")), LISTED, RefusalReason.BELOW_MINIMUM),
        (make_request(quantity=quantity("100.1")), LISTED, RefusalReason.ABOVE_MAXIMUM),
        (make_request(quantity=quantity("0.15")), LISTED, RefusalReason.OTHER),
        (make_stop_request(reduce_only=False), LISTED, RefusalReason.REDUCE_ONLY),
        (make_stop_request(trigger="95.005"), LISTED, RefusalReason.OTHER),
        (make_stop_request(quantity=quantity(0)), LISTED, RefusalReason.BELOW_MINIMUM),
        (make_request(quantity=quantity(0), reduce_only=True), LISTED, RefusalReason.BELOW_MINIMUM),
    ],
)
def test_what_can_be_seen_here_is_refused_here(
    request_: OrderRequest, instrument: Instrument | None, reason: RefusalReason
) -> None:
    refusal = refuse_order(request_, instrument)
    assert refusal is not None
    assert refusal.reason is reason
    assert refusal.detail


@pytest.mark.parametrize(
    "request_",
    [
        make_request(),
        make_stop_request(trigger="95.01"),
        # What closes goes out even where nothing is opened any more, and however small it is.
        make_request(reduce_only=True, quantity=quantity("0.01")),
    ],
)
def test_what_is_in_order_passes(request_: OrderRequest) -> None:
    instrument = make_instrument(is_trading=not request_.reduce_only)
    assert refuse_order(request_, instrument) is None


@pytest.mark.parametrize(
    ("worth", "reason"), [(None, RefusalReason.NO_PRICE), (Decimal("4.99"), RefusalReason.BELOW_MINIMUM)]
)
def test_an_entry_needs_a_price_and_a_value(worth: Decimal | None, reason: RefusalReason) -> None:
    refusal = refuse_value(make_request(), LISTED, None if worth is None else price(worth))
    assert refusal is not None
    assert refusal.reason is reason


def test_an_entry_of_the_smallest_value_passes() -> None:
    assert refuse_value(make_request(), LISTED, price(5)) is None
