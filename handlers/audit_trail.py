"""Puts on record who asked what and what came of it, whatever happens; reading it back belongs to `/audit`."""

import asyncio
import logging
import re
from datetime import datetime

from core.domain.people import AuditEntry, Role
from core.ports.storage import Units
from handlers.invocation import Invocation
from handlers.registry import RESERVED
from handlers.results import Result

AUDITED_WORDS = 500
PATIENCE_S = 30
"""A shutdown waits for a row at most so long."""

_MASK = "******"
_CODE = re.compile(r"(?<![0-9A-Za-z])\d{3}[ -]?\d{3}(?![0-9A-Za-z])")


def masked(words: str, *, may_hold_code: bool) -> str:
    """Return `words` as they are put on record: cut, and without anything that looks like a one-time code."""
    kept = words[:AUDITED_WORDS]
    if not may_hold_code:
        return kept
    first, *rest = kept.split()[:3] or [""]
    if first.lower().removeprefix("/") in RESERVED and len(rest) > 1:
        return f"{first} {rest[0]} {_MASK}"
    return _CODE.sub(_MASK, kept)


class AuditTrail:
    """Appends the rows of the audit."""

    def __init__(self, units: Units, log: logging.Logger) -> None:
        self._units = units
        self._log = log

    async def record(
        self, invocation: Invocation, role: Role, result: Result, at: datetime, *, may_hold_code: bool
    ) -> None:
        """Append the row of an invocation; a record that cannot be kept is logged, and the answer still goes out.

        Who is cancelled here leaves only when the row is written.
        """
        entry = AuditEntry(
            at=at,
            person=invocation.person,
            chat=invocation.chat,
            kind=invocation.kind.value,
            words=masked(invocation.words, may_hold_code=may_hold_code),
            role=role,
            outcome=result.outcome.value,
            before=result.before,
            after=result.after,
        )
        writing = asyncio.create_task(self._write(entry))
        cancelled: asyncio.CancelledError | None = None
        while not writing.done():
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError as error:
                cancelled = error
                if writing.cancelled():
                    break
        if cancelled is not None:
            raise cancelled

    async def _write(self, entry: AuditEntry) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S), self._units.writing() as unit:
                await unit.audit.add(entry)
        except Exception:  # noqa: BLE001 - what was done is done; the person must hear of it
            self._log.exception("audit_failed", extra={"outcome": entry.outcome, "platform": entry.person.platform})
