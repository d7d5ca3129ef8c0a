"""Pauses and the audit as rows."""

from core.domain.pauses import Pause
from core.domain.people import AuditEntry, Person, Role
from storage.rows import AnyRow, Values


def row_of_pause(pause: Pause) -> Values:
    """Return the row of a pause, without its id."""
    return {
        "scope": pause.scope,
        "reason": pause.reason,
        "author": pause.author,
        "created_at": pause.created_at,
        "until_at": pause.until_at,
        "ended_at": pause.ended_at,
        "ended_by": pause.ended_by,
    }


def pause_of(row: AnyRow) -> Pause:
    """Return the pause of a row."""
    return Pause(
        id=row.id,
        scope=row.scope,
        reason=row.reason,
        author=row.author,
        created_at=row.created_at,
        until_at=row.until_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )


def row_of_audit(entry: AuditEntry) -> Values:
    """Return the row of an audit entry, without its links."""
    return {
        "at": entry.at,
        "platform": entry.person.platform,
        "person_id": entry.person.id,
        "person_name": entry.person.name,
        "chat": entry.chat,
        "kind": entry.kind,
        "words": entry.words,
        "role": entry.role.name.lower(),
        "outcome": entry.outcome,
        "before": entry.before,
        "after": entry.after,
    }


def audit_of(row: AnyRow) -> AuditEntry:
    """Return the audit entry of a row."""
    return AuditEntry(
        at=row.at,
        person=Person(platform=row.platform, id=row.person_id, name=row.person_name),
        chat=row.chat,
        kind=row.kind,
        words=row.words,
        role=Role.named(row.role),
        outcome=row.outcome,
        before=row.before,
        after=row.after,
    )
