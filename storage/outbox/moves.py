"""Lets deliveries be for another destination, or be told once more; when and whether is decided elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.delivery import DeliveryState, Destination, Loudness
from core.domain.events import Severity
from storage.repositories.card_changes import NEWEST
from storage.rows import Values
from storage.tables import WAITING, alerts, cards, deliveries, mutes

URGENT = [severity.name.lower() for severity in Severity if severity >= Severity.WARNING]


async def move(connection: AsyncConnection, old: str, new: str) -> None:
    """Let what waits for `old`, its cards and mutes be for `new`, which may have some of them already."""
    await _move_deliveries(connection, old, new)
    await _merge_cards(connection, old, new)
    # The messages themselves stay behind, and their names mean others at the new address.
    away: Values = {"destination": new, "message_ref": None, "sent_at": None}
    await connection.execute(update(cards).where(cards.c.destination == old).values(away))
    await _move_mutes(connection, old, new)


async def _move_deliveries(connection: AsyncConnection, old: str, new: str) -> None:
    there = deliveries.alias("there")
    known = exists().where(there.c.alert_id == deliveries.c.alert_id, there.c.destination == new)
    waiting = and_(WAITING, deliveries.c.destination == old)
    gone: Values = {
        "state": DeliveryState.FAILED.value,
        "error": f"moved to {new}, which is told of it anyway",
    }
    await connection.execute(update(deliveries).where(waiting, known).values(gone))
    await connection.execute(update(deliveries).where(waiting).values(destination=new))
    await connection.execute(update(deliveries).where(WAITING, deliveries.c.fallback == old).values(fallback=new))
    # Nobody falls back to itself.
    itself = deliveries.c.fallback == deliveries.c.destination
    await connection.execute(update(deliveries).where(WAITING, itself).values(fallback=None))


async def _merge_cards(connection: AsyncConnection, old: str, new: str) -> None:
    """Let the card that is at `new` already stand for the one at `old`, too: it is shown once more."""
    moved = cards.alias("moved")
    both = (
        await connection.execute(
            select(cards.c.card, func.max(cards.c.version, moved.c.version).label("version"))
            .select_from(cards.join(moved, cards.c.card == moved.c.card))
            .where(cards.c.destination == new, moved.c.destination == old)
        )
    ).all()
    for row in both:
        await connection.execute(
            update(cards)
            .where(cards.c.card == row.card, cards.c.destination == new)
            .values(version=row.version + 1, place=NEWEST)
        )
        await connection.execute(delete(cards).where(cards.c.card == row.card, cards.c.destination == old))


async def _move_mutes(connection: AsyncConnection, old: str, new: str) -> None:
    at_new = select(mutes.c.kind).where(mutes.c.destination == new)
    await connection.execute(delete(mutes).where(mutes.c.destination == old, mutes.c.kind.in_(at_new)))
    await connection.execute(update(mutes).where(mutes.c.destination == old).values(destination=new))


async def resend(connection: AsyncConnection, alert_id: int, at: datetime, to: Destination | None) -> Sequence[str]:
    """Queue an alert again as a message of its own, where it was told before or at `to`; return where."""
    alert = (await connection.execute(select(alerts.c.severity).where(alerts.c.id == alert_id))).first()
    if alert is None:
        return []
    again: Values = {
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "queued_at": at,
        "next_at": at,
        "expires_at": None,
        "ended_at": None,
        "error": "",
        "message_ref": None,
        "is_urgent": alert.severity in URGENT,
        "card": None,
        "card_version": None,
        "is_detail": False,
        "fold": None,
        "fold_group": None,
        "fold_number": None,
        "repeats": None,
        "diverted_to": None,
        "diverted_at": None,
    }
    condition = deliveries.c.alert_id == alert_id
    if to is not None:
        condition = and_(condition, deliveries.c.destination == str(to))
    found = await connection.execute(
        update(deliveries).where(condition).values(again).returning(deliveries.c.destination)
    )
    names = sorted(found.scalars())
    if to is not None and not names:
        fresh: Values = {"alert_id": alert_id, "destination": str(to), "loudness": Loudness.NORMAL.value}
        await connection.execute(insert(deliveries).values(again | fresh))
        names = [str(to)]
    return names
