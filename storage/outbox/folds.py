"""Folds what can no longer be told one by one, and lets fallbacks be told; digests are read elsewhere."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, case, exists, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.delivery import Destination, FoldReason
from storage.columns import UtcDateTime
from storage.fold_numbers import next_fold_number
from storage.rows import Values
from storage.tables import CHANGED, FOLDED, UNFOLDED, WAITING, cards, deliveries

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When what was missed became due: before every other fold."""

OPENED = exists().where(
    cards.c.card == deliveries.c.card, cards.c.destination == deliveries.c.destination, cards.c.message_ref.is_not(None)
)
COMES_BY_EDIT = and_(deliveries.c.card.is_not(None), deliveries.c.is_detail.is_(False), OPENED)
"""The card of the delivery is there already: it will come to its last state, however late."""

NEEDED = exists().where(UNFOLDED, deliveries.c.card == cards.c.card, deliveries.c.destination == cards.c.destination)
"""A delivery waits for the card to be shown."""

URGENTLY_NEEDED = exists().where(
    UNFOLDED,
    deliveries.c.card == cards.c.card,
    deliveries.c.destination == cards.c.destination,
    deliveries.c.is_urgent.is_(True),
)


def old_news(before: datetime, destination: Destination | None) -> ColumnElement[bool]:
    """Return the condition of what is not urgent and waits since before `before`.

    At one destination: only what no fallback can be told of; the rest is diverted, and folded by that.
    """
    condition = and_(UNFOLDED, deliveries.c.is_urgent.is_(False), deliveries.c.queued_at < before, ~COMES_BY_EDIT)
    if destination is None:
        return condition
    return and_(condition, deliveries.c.destination == str(destination), deliveries.c.fallback.is_(None))


def grown_old(at: datetime) -> ColumnElement[bool]:
    """Return the condition of what is older at `at` than its kind allows."""
    return and_(UNFOLDED, deliveries.c.expires_at <= at, ~COMES_BY_EDIT)


def divertible(destination: Destination, at: datetime, *, urgent_only: bool) -> ColumnElement[bool]:
    """Return the condition of what waits for `destination` and can be told elsewhere; what is held back waits on."""
    condition = and_(
        WAITING,
        deliveries.c.destination == str(destination),
        deliveries.c.fallback.is_not(None),
        deliveries.c.diverted_at.is_(None),
        or_(deliveries.c.fold.is_(None), deliveries.c.next_at <= at),
    )
    return and_(condition, deliveries.c.is_urgent.is_(True)) if urgent_only else condition


async def fold(connection: AsyncConnection, condition: ColumnElement[bool]) -> int:
    """Fold as missed whatever fits `condition`; return how many that were."""
    return await _fold(connection, condition, {})


async def divert(connection: AsyncConnection, condition: ColumnElement[bool], at: datetime) -> int:
    """Let the fallbacks be told what fits `condition`, and fold it here as missed; return how many that were.

    An alert that a fallback is told or was told anyway is not told there again. There it is a message of its own, or
    part of a digest if it is one here; nobody there has missed anything, so the digest is a common one.
    """
    there = deliveries.alias("there")
    number = await next_fold_number(connection)
    is_missed = deliveries.c.fold == FoldReason.MISSED.value
    copied: Values = {
        "alert_id": deliveries.c.alert_id,
        "destination": deliveries.c.fallback,
        "loudness": deliveries.c.loudness,
        "state": deliveries.c.state,
        "attempts": literal(0),
        "queued_at": literal(at, UtcDateTime()),
        "next_at": literal(at, UtcDateTime()),
        "expires_at": deliveries.c.expires_at,
        "error": literal(""),
        "is_urgent": deliveries.c.is_urgent,
        "is_detail": literal(False),
        "fold": case((is_missed, FoldReason.DIGEST.value), else_=deliveries.c.fold),
        "fold_group": case((is_missed, deliveries.c.destination), else_=deliveries.c.fold_group),
        "fold_number": literal(number),
    }
    known = exists().where(there.c.alert_id == deliveries.c.alert_id, there.c.destination == deliveries.c.fallback)
    await connection.execute(
        insert(deliveries).from_select(
            list(copied), select(*copied.values()).where(condition, ~known).order_by(deliveries.c.id)
        )
    )
    return await _fold(connection, condition, {"diverted_at": at, "diverted_to": deliveries.c.fallback})


def unopened(before: datetime, destination: Destination | None) -> ColumnElement[bool]:
    """Return the condition of cards that are not there yet, changed before `before`, and that nothing waits for."""
    condition = and_(CHANGED, cards.c.message_ref.is_(None), cards.c.queued_at < before, ~NEEDED)
    return condition if destination is None else and_(condition, cards.c.destination == str(destination))


TOLD_LATE = and_(
    CHANGED,
    cards.c.message_ref.is_(None),
    ~NEEDED,
    exists().where(
        FOLDED,
        deliveries.c.fold == FoldReason.MISSED.value,
        deliveries.c.alert_id == cards.c.alert_id,
        deliveries.c.destination == cards.c.destination,
    ),
)
"""The card is not there yet, and the digest of what was missed tells the newest of it already."""


async def _fold(connection: AsyncConnection, condition: ColumnElement[bool], values: Values) -> int:
    number = await next_fold_number(connection)
    missed = {
        "fold": FoldReason.MISSED.value,
        "fold_group": "",
        "fold_number": number,
        "next_at": LONG_AGO,
        "is_urgent": False,
    }
    done = await connection.execute(update(deliveries).where(condition).values(missed | values))
    if done.rowcount:
        # Cards that were urgent only because of what was folded queue up with the others.
        calmed = and_(CHANGED, cards.c.is_urgent.is_(True), ~URGENTLY_NEEDED)
        await connection.execute(update(cards).where(calmed).values(is_urgent=False))
    return done.rowcount
