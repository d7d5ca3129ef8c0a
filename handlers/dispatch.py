"""From words to an answer: parse, authorise, run, answer, audit; what a command does belongs to its own module."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.errors import NotPossible, OutcomeUnknown, RetryLater
from core.domain.people import AuditEntry, Role
from core.domain.replies import Reply
from handlers import refusals
from handlers.access import Access, Decision, Denial
from handlers.arguments import split_words
from handlers.invocation import Answer, Command, Invocation, InvocationKind, Request, UsageError
from handlers.limits import RateLimit
from handlers.registry import Registry
from handlers.services import Services

LONGEST_WORDS = 2000
AUDITED_WORDS = 500
LATE_AFTER = timedelta(minutes=5)
"""A chat hands over what was said while the bot was down; what was meant for that moment is not done in another."""

REFUSAL_WINDOW = timedelta(hours=1)
RATE_WINDOW = timedelta(minutes=1)


class Outcome(StrEnum):
    """What came of an invocation, as the audit has it."""

    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"
    THROTTLED = "throttled"
    UNKNOWN_COMMAND = "unknown_command"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """Words taken apart; `command` is None when the first word is none of ours."""

    word: str
    command: Command | None
    arguments: tuple[str, ...]
    is_plain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What is answered and what is put on record."""

    reply: Reply | None
    outcome: Outcome
    before: str | None = None
    after: str | None = None


def new_incident() -> str:
    """Return a short number by which a person's report is found in the log."""
    return secrets.token_hex(3)


class Dispatcher:
    """Answers everything that a platform hears; `Dispatch` in shape. Never raises but to be cancelled.

    Args:
        per_minute: How many invocations of one person are answered in any minute; what acts is counted apart, so that
            a person who looked too often can still pause.
        incident: Names a failure in the apology and in the log.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        access: Access,
        services: Services,
        per_minute: int = 20,
        incident: Callable[[], str] = new_incident,
        log: logging.Logger | None = None,
    ) -> None:
        self._registry = registry
        self._access = access
        self._services = services
        self._incident = incident
        self._log = log or logging.getLogger(__name__)
        self._rate = RateLimit(per_minute, RATE_WINDOW)
        self._rate_notices = RateLimit(1, RATE_WINDOW)
        self._refusals = RateLimit(1, REFUSAL_WINDOW)

    async def __call__(self, invocation: Invocation) -> Reply | None:
        """Return the answer to what was said, or None to stay silent; every command leaves an audit row."""
        heard = self._hear(invocation)
        if heard is None:
            return None
        now = self._services.clock.now()
        decision = self._access.decide(invocation, heard.command)
        result = self._limited(invocation, heard, decision, now) or await self._judge(invocation, heard, decision)
        await self._record(invocation, decision.role, result, now)
        return result.reply

    def _hear(self, invocation: Invocation) -> _Heard | None:
        """Return the words taken apart, or None for talk that is not meant for us."""
        words = split_words(invocation.words[:LONGEST_WORDS])
        first = words[0] if words else ""
        command = self._registry.find(first)
        is_talk = invocation.kind in {InvocationKind.TEXT, InvocationKind.EDIT} and not first.startswith("/")
        if is_talk and command is None and not invocation.is_private:
            return None
        return _Heard(word=first, command=command, arguments=words[1:], is_plain=is_talk)

    def _limited(self, invocation: Invocation, heard: _Heard, decision: Decision, now: datetime) -> _Result | None:
        """Return what strangers, and people who ask too much, are answered; None if neither is the case."""
        person = invocation.person
        key = f"{person.platform}:{person.id}"
        if decision.denial is Denial.UNLISTED:
            is_told = self._refusals.take(key, now)
            return _Result(reply=refusals.unlisted(person) if is_told else None, outcome=Outcome.REFUSED)
        rate_key = f"{key} acts" if heard.command and heard.command.acts and decision.is_allowed else key
        if not self._rate.take(rate_key, now):
            wait, is_told = self._rate.wait(rate_key, now), self._rate_notices.take(rate_key, now)
            reply = refusals.throttled(self._rate.times, wait) if is_told else None
            return _Result(reply=reply, outcome=Outcome.THROTTLED)
        if len(invocation.words) > LONGEST_WORDS:
            return _Result(reply=refusals.too_long(LONGEST_WORDS), outcome=Outcome.REFUSED)
        return None

    async def _judge(self, invocation: Invocation, heard: _Heard, decision: Decision) -> _Result:
        """Run the command if there is one and it may run."""
        command = heard.command
        if command is None:
            return self._unknown(heard, decision.role)
        if decision.denial is not None:
            return _Result(reply=refusals.denied(decision, command), outcome=Outcome.REFUSED)
        if invocation.kind is InvocationKind.EDIT and command.acts:
            return _Result(reply=refusals.edited(command), outcome=Outcome.REFUSED)
        age = self._services.clock.now() - invocation.received_at
        if command.acts and not command.works_late and age > LATE_AFTER:
            return _Result(reply=refusals.late(command, age), outcome=Outcome.REFUSED)
        request = Request(
            invocation=invocation,
            role=decision.role,
            arguments=heard.arguments,
            services=self._services,
            commands=self._allowed(invocation, decision.role),
        )
        return await self._run(command, request)

    def _unknown(self, heard: _Heard, role: Role) -> _Result:
        if heard.is_plain or not heard.word.removeprefix("/"):
            return _Result(reply=refusals.plain_words(), outcome=Outcome.UNKNOWN_COMMAND)
        guess = self._registry.suggest(heard.word, self._registry.open_to(role))
        return _Result(reply=refusals.unknown_command(heard.word, guess), outcome=Outcome.UNKNOWN_COMMAND)

    async def _run(self, command: Command, request: Request) -> _Result:
        """Run the command; whatever goes wrong in it becomes a sentence, and only cancellation passes."""
        try:
            answer: Answer = await command.run(request)
        except UsageError as error:
            reply = refusals.misused(command, str(error))
        except RetryLater as error:
            reply = refusals.later(command, str(error), error.wait)
        except NotPossible as error:
            reply = refusals.not_possible(command, str(error))
        except OutcomeUnknown as error:
            reply = refusals.unknown_outcome(command, str(error))
        except Exception:  # noqa: BLE001 - a command's fault must not end the platform that heard it
            reply = self._apology(command, request.invocation)
        else:
            return _Result(reply=answer.reply, outcome=Outcome.ANSWERED, before=answer.before, after=answer.after)
        return _Result(reply=reply, outcome=Outcome.FAILED)

    def _allowed(self, invocation: Invocation, role: Role) -> tuple[Command, ...]:
        """Return what may be run by this person in this chat."""
        open_to = self._registry.open_to(role)
        return tuple(command for command in open_to if self._access.decide(invocation, command).is_allowed)

    def _apology(self, command: Command, invocation: Invocation) -> Reply:
        incident = self._incident()
        person = invocation.person
        fields = {"incident": incident, "command": command.name, "platform": person.platform, "person": person.id}
        self._log.exception("command_failed", extra=fields)
        return refusals.failed(command, incident)

    async def _record(self, invocation: Invocation, role: Role, result: _Result, at: datetime) -> None:
        """Append the audit row; a record that cannot be kept is logged, and the answer still goes out."""
        entry = AuditEntry(
            at=at,
            person=invocation.person,
            chat=invocation.chat,
            kind=invocation.kind.value,
            words=invocation.words[:AUDITED_WORDS],
            role=role,
            outcome=result.outcome.value,
            before=result.before,
            after=result.after,
        )
        try:
            async with self._services.units.writing() as unit:
                await unit.audit.add(entry)
        except Exception:  # noqa: BLE001 - what was done is done; the person must hear of it
            self._log.exception("audit_failed", extra={"outcome": entry.outcome, "platform": entry.person.platform})
