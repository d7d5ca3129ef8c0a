"""Stored paper orders read back as the answers that were given."""

from typing import Any

import pytest

from bot.exchanges.paper.ledger import leverage_detail, leverage_of, outcome_of, refusal_detail, report_of
from core.domain.orders import Accepted, Cancelled, Filled, OrderState, PartiallyFilled, RefusalReason, Refused, Unknown
from tests.builders import NOW, make_paper_order, money, price, quantity

NOT_FILLED: dict[str, Any] = {"filled_quantity": quantity(0), "filled_price": None, "fee_quote": money(0)}


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_a_refusal_comes_back_with_reason_and_sentence(reason: RefusalReason) -> None:
    refused = Refused(reason=reason, detail="no: not today")
    order = make_paper_order(state=OrderState.REFUSED, detail=refusal_detail(refused), **NOT_FILLED)
    assert outcome_of(order) == refused


def test_a_refusal_in_other_words_keeps_them() -> None:
    order = make_paper_order(state=OrderState.REFUSED, detail="written by hand", **NOT_FILLED)
    assert outcome_of(order) == Refused(reason=RefusalReason.OTHER, detail="written by hand")


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (OrderState.RESTING, Accepted()),
        (OrderState.CANCELLED, Cancelled()),
        (OrderState.SUBMITTING, Unknown()),
    ],
)
def test_orders_without_a_fill(state: OrderState, outcome: object) -> None:
    assert outcome_of(make_paper_order(state=state, **NOT_FILLED)) == outcome


@pytest.mark.parametrize(
    ("state", "kind"), [(OrderState.FILLED, Filled), (OrderState.PARTIALLY_FILLED, PartiallyFilled)]
)
def test_fills_come_back_whole(state: OrderState, kind: type[Filled | PartiallyFilled]) -> None:
    expected = kind(quantity=quantity(1), price=price(100), fee_quote=money("0.05"), filled_at=NOW)
    report = report_of(make_paper_order(state=state))
    assert report.outcome == expected
    assert (report.client_order_id, report.exchange, report.symbol) == ("entry-1", "binance", "SOLUSDT")


def test_leverage_is_read_from_entries_only() -> None:
    assert leverage_of(make_paper_order(detail=leverage_detail(7))) == 7
    assert leverage_of(make_paper_order(detail="")) is None
    assert leverage_of(make_paper_order(detail="other: 3x")) is None
