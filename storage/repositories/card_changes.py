"""Counts what changes cards, and opens them; showing them belongs to the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.cards import Card
from core.domain.delivery import Target
from storage.columns import UtcDateTime
from storage.rows import Values
from storage.tables import cards, deliveries

NEWEST = select(func.coalesce(func.max(deliveries.c.id), 0)).scalar_subquery()
"""The place of what comes into the queue now."""

IS_WAITING = cards.c.version > cards.c.shown_version


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChange:
    """What happened to a card.

    Attributes:
        at: When; None if nobody knows.
        alert_id: The alert that tells of it, if any.
        is_urgent: The card goes ahead of others.
        is_detail: The alert has a message of its own: the card need be urgent only to be there before it.
    """

    card: Card
    at: datetime | None = None
    alert_id: int | None = None
    is_urgent: bool = False
    is_detail: bool = False


async def bump(connection: AsyncConnection, change: CardChange, open_at: Sequence[Target] = ()) -> dict[str, int]:
    """Count `change` wherever its card lives, and open it at those of `open_at` where it does not live yet.

    Returns:
        What the card has come to, by destination.
    """
    key = change.card.key
    counted = await connection.execute(
        update(cards)
        .where(cards.c.card == key)
        .values(_counted(change))
        .returning(cards.c.destination, cards.c.version)
    )
    versions = {row.destination: row.version for row in counted}
    missing = [target for target in open_at if str(target.destination) not in versions]
    if missing:
        await connection.execute(insert(cards).values([_opened(change, target) for target in missing]))
        versions |= {str(target.destination): 1 for target in missing}
    return versions


def _counted(change: CardChange) -> Values:
    at = literal(change.at, UtcDateTime())
    values: Values = {
        "version": cards.c.version + 1,
        "place": case((IS_WAITING, cards.c.place), else_=NEWEST),
        "queued_at": case((IS_WAITING, func.coalesce(cards.c.queued_at, at)), else_=at),
    }
    if change.alert_id is not None:
        values["alert_id"] = change.alert_id
    if change.is_urgent:
        values["is_urgent"] = or_(cards.c.is_urgent, cards.c.shown_version == 0) if change.is_detail else True
    return values


def _opened(change: CardChange, target: Target) -> Values:
    return {
        "card": change.card.key,
        "destination": str(target.destination),
        "loudness": target.loudness.value,
        "version": 1,
        "shown_version": 0,
        "place": NEWEST,
        "queued_at": change.at,
        "is_urgent": change.is_urgent,
        "alert_id": change.alert_id,
        "attempts": 0,
        "error": "",
    }
