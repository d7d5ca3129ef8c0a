"""How the paper exchange keeps its orders and reads them back. Which database that is, is not known here."""

from collections.abc import Sequence
from typing import Protocol

from core.domain.errors import Bug
from core.domain.orders import (
    Accepted,
    Cancelled,
    Filled,
    OrderOutcome,
    OrderReport,
    OrderState,
    PartiallyFilled,
    RefusalReason,
    Refused,
    Unknown,
    VenueFill,
)
from core.domain.paper import PaperOrder


class PaperLedger(Protocol):
    """Durable store of paper orders."""

    async def save(self, order: PaperOrder) -> None:
        """Store `order` by exchange and client order id, in place of what was stored under it; safe to repeat."""
        ...

    async def load(self, exchange: str) -> Sequence[PaperOrder]:
        """Return all orders of `exchange`, in the order in which they were first saved."""
        ...


def refusal_detail(refusal: Refused) -> str:
    """Return `refusal` as the text that a stored order keeps; `outcome_of` reads it back."""
    return f"{refusal.reason}: {refusal.detail}"


def leverage_detail(leverage: int) -> str:
    """Return the text that an entry keeps about its margin; `leverage_of` reads it back."""
    return f"isolated {leverage}x"


def leverage_of(order: PaperOrder) -> int | None:
    """Return the leverage that an entry was filled with, or None for an order that says nothing of it."""
    word, _, number = order.detail.removesuffix("x").partition(" ")
    return int(number) if word == "isolated" and number.isdecimal() else None


def outcome_of(order: PaperOrder) -> OrderOutcome:
    """Return what became of `order`, as the venue answers it."""
    if order.state is OrderState.REFUSED:
        reason, _, detail = order.detail.partition(": ")
        known = reason in set(RefusalReason)
        return Refused(reason=RefusalReason(reason) if known else RefusalReason.OTHER, detail=detail or order.detail)
    if order.filled_price is not None:
        kind = PartiallyFilled if order.state is OrderState.PARTIALLY_FILLED else Filled
        return kind(
            quantity=order.filled_quantity,
            price=order.filled_price,
            fee_quote=order.fee_quote,
            filled_at=order.updated_at,
        )
    if order.state is OrderState.RESTING:
        return Accepted()
    return Cancelled() if order.state is OrderState.CANCELLED else Unknown(detail=order.detail)


def fill_of(order: PaperOrder) -> VenueFill:
    """Return what `order` has executed, as the venue tells it.

    Raises:
        Bug: it has executed nothing.
    """
    if order.filled_price is None:
        raise Bug(f"{order.request.client_order_id} has executed nothing")
    return VenueFill(
        client_order_id=order.request.client_order_id,
        symbol=order.request.symbol,
        side=order.request.side,
        quantity=order.filled_quantity,
        price=order.filled_price,
        fee_quote=order.fee_quote,
        filled_at=order.updated_at,
    )


def report_of(order: PaperOrder) -> OrderReport:
    """Return `order` as the venue reports it."""
    return OrderReport(
        client_order_id=order.request.client_order_id,
        exchange=order.exchange,
        symbol=order.request.symbol,
        outcome=outcome_of(order),
    )
