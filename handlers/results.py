"""What came of an invocation, on its way to the asker and to the audit; how it came about belongs to others."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.replies import Reply


class Outcome(StrEnum):
    """What came of an invocation, as the audit has it."""

    ANSWERED = "answered"
    ASKED = "asked"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    FAILED = "failed"
    THROTTLED = "throttled"
    UNKNOWN_COMMAND = "unknown_command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What is answered (None: silence) and what is put on record."""

    reply: Reply | None
    outcome: Outcome
    before: str | None = None
    after: str | None = None


CUT_OFF = Result(reply=None, outcome=Outcome.FAILED, after="cut off while it ran")
"""What stands on record of work that was cancelled before anything came of it."""
