"""What must wait at a destination because of what is stored: mutes and repeats; quiet hours belong to the router."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.delivery import GROUP_WINDOW, Destination, FoldReason, Hold, Target
from core.domain.events import Event, Severity
from storage.tables import REPEATED, deliveries, mutes


def repeats_of(event: Event) -> str | None:
    """Return what the repeats of `event` have in common, None if it is told by itself however often it happens."""
    return f"{event.kind}:{event.group}" if event.group else None


async def holds_of(connection: AsyncConnection, event: Event, targets: Sequence[Target]) -> dict[Destination, Hold]:
    """Return the hold of each target that must wait; of several the one that ends last."""
    muted = await _muted(connection, event, targets)
    opened = await _opened(connection, event, targets)
    holds = {}
    for target in targets:
        candidates = [target.hold] if target.hold is not None else []
        if (until_at := muted.get(str(target.destination))) is not None:
            candidates.append(Hold(reason=FoldReason.MUTED, until_at=until_at, group=event.kind))
        if (opened_at := opened.get(str(target.destination))) is not None:
            group = repeats_of(event) or ""
            candidates.append(Hold(reason=FoldReason.GROUP, until_at=opened_at + GROUP_WINDOW, group=group))
        if candidates:
            holds[target.destination] = max(candidates, key=lambda hold: hold.until_at)
    return holds


async def _muted(connection: AsyncConnection, event: Event, targets: Sequence[Target]) -> dict[str, datetime]:
    """Return until when the kind of `event` is muted, by destination."""
    if event.severity >= Severity.CRITICAL:
        return {}
    found = await connection.execute(
        select(mutes.c.destination, mutes.c.until_at).where(
            mutes.c.kind == event.kind, mutes.c.destination.in_(_names(targets)), mutes.c.until_at > event.at
        )
    )
    return {row.destination: row.until_at for row in found}


async def _opened(connection: AsyncConnection, event: Event, targets: Sequence[Target]) -> dict[str, datetime]:
    """Return when the window that holds repeats of `event` was opened by one that was told, by destination."""
    repeats = repeats_of(event)
    if repeats is None:
        return {}
    found = await connection.execute(
        select(deliveries.c.destination, func.max(deliveries.c.queued_at).label("opened_at"))
        .where(
            REPEATED,
            deliveries.c.destination.in_(_names(targets)),
            deliveries.c.repeats == repeats,
            deliveries.c.queued_at > event.at - GROUP_WINDOW,
            deliveries.c.queued_at <= event.at,
            or_(deliveries.c.fold.is_(None), deliveries.c.fold != FoldReason.GROUP.value),
        )
        .group_by(deliveries.c.destination)
    )
    return {row.destination: row.opened_at for row in found}


def _names(targets: Sequence[Target]) -> list[str]:
    return [str(target.destination) for target in targets]
