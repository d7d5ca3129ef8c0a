"""Reads what a fold has come to, by counting in the database: a fold of thousands costs no more memory than a dozen."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.delivery import DIGEST_LENGTH, Alert, Destination, Digest, FoldReason, Loudness
from core.domain.events import Severity
from storage.mappers.events import alert_of
from storage.repositories.alerts import ALERT_COLUMNS
from storage.rows import AnyRow
from storage.tables import FOLDED, alerts, deliveries, events

LOUDNESSES = tuple(Loudness)
"""From the quietest to the loudest."""

SEVERITY = case({severity.name.lower(): severity.value for severity in Severity}, value=alerts.c.severity, else_=0)
LOUDNESS = case({loudness.value: index for index, loudness in enumerate(LOUDNESSES)}, value=deliveries.c.loudness)


def in_fold(destination: str, reason: str, group: str) -> ColumnElement[bool]:
    """Return the condition of waiting for one fold."""
    return and_(
        FOLDED, deliveries.c.destination == destination, deliveries.c.fold == reason, deliveries.c.fold_group == group
    )


async def read_digest(connection: AsyncConnection, row: AnyRow) -> Digest:
    """Return the digest of the fold that the delivery of `row` waits for."""
    condition = in_fold(row.destination, row.fold, row.fold_group)
    kinds = (
        await connection.execute(
            select(
                alerts.c.kind,
                func.count().label("total"),
                func.min(alerts.c.created_at).label("first_at"),
                func.max(alerts.c.created_at).label("last_at"),
                func.max(deliveries.c.fold_number).label("last_id"),
                func.max(deliveries.c.attempts).label("attempts"),
                func.max(LOUDNESS).label("loudness"),
                func.count(deliveries.c.diverted_at).label("elsewhere"),
            )
            .select_from(deliveries.join(alerts))
            .where(condition)
            .group_by(alerts.c.kind)
            .order_by(func.count().desc(), alerts.c.kind)
        )
    ).all()
    return Digest(
        destination=Destination.parse(row.destination),
        reason=FoldReason(row.fold),
        group=row.fold_group,
        loudness=LOUDNESSES[max(kind.loudness for kind in kinds)],
        count=sum(kind.total for kind in kinds),
        kinds={kind.kind: kind.total for kind in kinds},
        first_at=min(kind.first_at for kind in kinds),
        last_at=max(kind.last_at for kind in kinds),
        alerts=await _foremost(connection, condition),
        last_id=max(kind.last_id for kind in kinds),
        elsewhere=sum(kind.elsewhere for kind in kinds),
        attempts=max(kind.attempts for kind in kinds),
    )


async def _foremost(connection: AsyncConnection, condition: ColumnElement[bool]) -> tuple[Alert, ...]:
    """Return the newest of the most severe."""
    # The texts of all are not read for a dozen of them.
    ids: Sequence[int] = (
        (
            await connection.execute(
                select(alerts.c.id)
                .select_from(deliveries.join(alerts))
                .where(condition)
                .order_by(SEVERITY.desc(), alerts.c.id.desc())
                .limit(DIGEST_LENGTH)
            )
        )
        .scalars()
        .all()
    )
    found = await connection.execute(
        select(*ALERT_COLUMNS)
        .select_from(alerts.join(events))
        .where(alerts.c.id.in_(ids))
        .order_by(SEVERITY.desc(), alerts.c.id.desc())
    )
    return tuple(alert_of(row) for row in found)
