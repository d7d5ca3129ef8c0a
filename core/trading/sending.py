"""Sending orders so that every answer, silence too, is a value."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from core.domain.errors import ConfigurationError, RetryLater
from core.domain.orders import (
    Accepted,
    Cancelled,
    Filled,
    Order,
    OrderOutcome,
    OrderRequest,
    OrderState,
    PartiallyFilled,
    Refused,
    Unknown,
)
from core.ports.edges import Exchange

_T = TypeVar("_T")

_UNTIL_MENDED = timedelta(minutes=1)
_SKEW = timedelta(minutes=1)
"""How far a venue's clock and ours may be apart."""

_STATES = {
    Filled: OrderState.FILLED,
    PartiallyFilled: OrderState.PARTIALLY_FILLED,
    Accepted: OrderState.RESTING,
    Refused: OrderState.REFUSED,
    Unknown: OrderState.UNKNOWN,
    Cancelled: OrderState.CANCELLED,
}


async def send(
    exchange: Exchange, request: OrderRequest, time_limit: timedelta, replaces: str | None = None
) -> OrderOutcome:
    """Send `request`, as a replacement of the stop `replaces` if that is given; no answer in time is `Unknown`."""
    try:
        async with asyncio.timeout(time_limit.total_seconds()):
            if replaces is not None:
                return await exchange.replace_stop(replaces, request)
            return await exchange.place(request)
    except TimeoutError:
        return Unknown(detail=f"no answer within {time_limit.total_seconds():g} s")


async def ask(call: Awaitable[_T], time_limit: timedelta) -> _T:
    """Return what a venue answers to `call`.

    Keys that are refused while the bot runs are an outage like any other: positions stay guarded as far as that is
    possible, and whoever mends them need not start anything anew.

    Raises:
        RetryLater: no answer in time, or the venue cannot answer now.
    """
    try:
        async with asyncio.timeout(time_limit.total_seconds()):
            return await call
    except TimeoutError:
        raise RetryLater(f"no answer within {time_limit.total_seconds():g} s", time_limit) from None
    except ConfigurationError as error:
        raise RetryLater(str(error), _UNTIL_MENDED) from error


async def look_up(
    exchange: Exchange, request: OrderRequest, time_limit: timedelta, sent_at: datetime | None = None
) -> OrderOutcome | None:
    """Ask what became of the order `request`, sent at `sent_at` (None: it does not matter).

    Where stops are attached to positions the venue knows them by their trigger alone: one that was executed before this
    one was sent is another.

    Returns:
        Its outcome; None if the venue never had it; `Unknown` if the venue cannot tell now.
    """
    try:
        report = await ask(exchange.find_order(request), time_limit)
    except RetryLater as error:
        return Unknown(detail=str(error) or "no answer")
    if report is None or (sent_at is not None and _is_earlier(request, report.outcome, sent_at)):
        return None
    return report.outcome


def _is_earlier(request: OrderRequest, outcome: OrderOutcome, sent_at: datetime) -> bool:
    if request.trigger_price is None or not isinstance(outcome, Filled | PartiallyFilled):
        return False
    return outcome.filled_at < sent_at - _SKEW


def submitted(request: OrderRequest, position_id: int, at: datetime) -> Order:
    """Return the row that is written before `request` is sent."""
    return Order(request=request, state=OrderState.SUBMITTING, position_id=position_id, created_at=at, updated_at=at)


def answered(order: Order, outcome: OrderOutcome, at: datetime) -> Order:
    """Return `order` with what the venue said."""
    after = replace(order, state=_STATES[type(outcome)], updated_at=at)
    match outcome:
        case Filled() | PartiallyFilled():
            return replace(
                after, filled_quantity=outcome.quantity, filled_price=outcome.price, fee_quote=outcome.fee_quote
            )
        case Refused():
            return replace(after, detail=f"{outcome.reason}: {outcome.detail}")
        case Unknown():
            return replace(after, detail=outcome.detail)
    return after
