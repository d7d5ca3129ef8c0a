"""Exact numbers, times and texts out of ccxt's answers, and into its calls. Nothing is asked or judged here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.exchanges.orders.reads import OrderReads
from core.domain.errors import RetryLater
from core.domain.money import ZERO, exact
from core.domain.signals import Side

_AGAIN = timedelta(seconds=5)
_FINAL = {"closed", "canceled", "expired", "rejected"}
_BEYOND = 30
"""No coin has figures of so many digits; it also keeps every product of two within what decimals can hold."""


def text(value: Decimal) -> str:
    """Return `value` as venues want it: no exponent."""
    return format(value, "f")


def number(value: object) -> Decimal | None:
    """Return the number that a venue wrote, None where it wrote none."""
    if value is None or value == "":
        return None
    try:
        found = exact(value)
    except ValueError:
        return None
    return found if not found or -_BEYOND < found.adjusted() < _BEYOND else None


def above_zero(value: object) -> Decimal | None:
    """Return the number that a venue wrote, None where it wrote none or 0, which stands for none."""
    found = number(value)
    return found if found is not None and found > 0 else None


def at(milliseconds: object) -> datetime | None:
    """Return the time that a venue wrote."""
    found = above_zero(milliseconds)
    try:
        return None if found is None else datetime.fromtimestamp(int(found) / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def in_ms(when: datetime) -> int:
    """Return `when` as venues write times."""
    return int(when.timestamp() * 1000)


def told_word(value: object) -> str | None:
    """Return the word (an id, a kind) that a venue wrote, None where it wrote none.

    Raises:
        RetryLater: it is unreadable; taken for none, what is ours would count as somebody else's.
    """
    if value is None or isinstance(value, str):
        return value or None
    raise RetryLater("the venue's answer has an unreadable word in it", _AGAIN)


def side_of(word: object) -> Side:
    """Return the side that ccxt names `word`: of an order, or of a position."""
    return Side.BUY if str(word).lower() in {"buy", "long"} else Side.SELL


def inside(answer: object, path: Sequence[str | int]) -> Any:  # noqa: ANN401 - what a venue sent
    """Return what lies at `path` in a raw answer, None where there is no such place."""
    for key in path:
        if isinstance(answer, Mapping) and isinstance(key, str):
            answer = answer.get(key)
        elif isinstance(answer, list) and isinstance(key, int) and len(answer) > key:
            answer = answer[key]
        else:
            return None
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What an answer says of an order; None where it says nothing.

    Attributes:
        status: ccxt's word: open, closed, canceled, expired, rejected.
        amount, filled: Coins.
        average: Of what was executed.
        fee: In the settle coin.
        changed_at: By the venue's clock, of the last execution or other change.
        info: As the venue sent it.
    """

    venue_id: str
    client_order_id: str | None
    status: str | None
    side: Side
    reduces: bool
    amount: Decimal | None
    filled: Decimal
    average: Decimal | None
    fee: Decimal | None
    changed_at: datetime | None
    trigger_price: Decimal | None
    info: Mapping[str, Any]

    @property
    def is_final(self) -> bool:
        """True if nothing will be executed any more, and all that was is told."""
        if self.status not in _FINAL:
            return False
        is_told = self.filled == 0 or (self.average is not None and self.changed_at is not None)
        return is_told and not (self.status == "closed" and self.filled == 0)


def read_order(order: Mapping[str, Any], reads: OrderReads, settle: str) -> OrderFacts:
    """Return what ccxt's `order` says."""
    info = order.get("info") or {}
    filled = number(order.get("filled")) or ZERO
    average = above_zero(order.get("average"))
    cost = above_zero(order.get("cost"))
    if average is None and filled and cost is not None:
        average = cost / filled
    return OrderFacts(
        venue_id=str(order.get("id") or ""),
        client_order_id=order.get("clientOrderId") or None,
        status=order.get("status"),
        side=side_of(order.get("side")),
        reduces=bool(order.get("reduceOnly")),
        amount=above_zero(order.get("amount")),
        filled=filled,
        average=average,
        fee=_fee(order, info, reads, settle),
        changed_at=at(order.get("lastUpdateTimestamp")) or at(order.get("lastTradeTimestamp")),
        trigger_price=above_zero(order.get("triggerPrice")),
        info=info,
    )


def _fee(order: Mapping[str, Any], info: Mapping[str, Any], reads: OrderReads, settle: str) -> Decimal | None:
    fee = order.get("fee") or {}
    if fee.get("cost") is not None and fee.get("currency") == settle:
        return number(fee["cost"])
    return number(info.get(reads.fee_key)) if reads.fee_key else None
