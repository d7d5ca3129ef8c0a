"""Pauses, the audit, roles given in chat and the stop list as rows."""

from core.domain.pauses import Pause
from core.domain.people import AuditEntry, Grant, Person, Role, StopListing
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
        "person_name": _storable(entry.person.name),
        "chat": entry.chat,
        "kind": entry.kind,
        "words": _storable(entry.words),
        "role": entry.role.name.lower(),
        "outcome": entry.outcome,
        "before": None if entry.before is None else _storable(entry.before),
        "after": None if entry.after is None else _storable(entry.after),
    }


def _storable(text: str) -> str:
    """Return `text` without halves of characters, which no database takes: nobody writes what leaves no record."""
    return text.encode(errors="replace").decode()


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


def row_of_grant(grant: Grant) -> Values:
    """Return the row of a grant."""
    return {
        "platform": grant.platform,
        "person_id": grant.person_id,
        "role": grant.role.name.lower(),
        "author": grant.author,
        "at": grant.at,
    }


def grant_of(row: AnyRow) -> Grant:
    """Return the grant of a row."""
    return Grant(
        platform=row.platform, person_id=row.person_id, role=Role.named(row.role), author=row.author, at=row.at
    )


def row_of_listing(listing: StopListing) -> Values:
    """Return the row of a stop listing that is in force."""
    return {
        "symbol": listing.symbol,
        "reason": listing.reason,
        "author": listing.author,
        "created_at": listing.created_at,
        "until_at": listing.until_at,
    }


def listing_of(row: AnyRow) -> StopListing:
    """Return the stop listing of a row."""
    return StopListing(
        symbol=row.symbol, reason=row.reason, author=row.author, created_at=row.created_at, until_at=row.until_at
    )
