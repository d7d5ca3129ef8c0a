"""From words to an answer: parse, authorise, run or ask first, answer, audit; what a command does is its own matter."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.market import TradingMode
from core.domain.people import Role
from core.domain.replies import Reply
from handlers import refusals, texts
from handlers.access import Access, Decision, Denial
from handlers.arguments import split_words
from handlers.audit_trail import AuditTrail
from handlers.confirming.approvals import Approvals, ApprovalSettings
from handlers.confirming.consent import Consent
from handlers.confirming.copies import Copies, CopyWork
from handlers.confirming.questions import Confirmations
from handlers.invocation import Command, Invocation, InvocationKind
from handlers.limits import RateLimit
from handlers.registry import RESERVED, Registry
from handlers.results import CUT_OFF, Outcome, Result
from handlers.runs import Runs, new_incident
from handlers.services import Services

LONGEST_WORDS = 2000
LATE_AFTER = timedelta(minutes=5)
"""A chat hands over what was said while the bot was down; what was meant for that moment is not done in another."""

REFUSAL_WINDOW = timedelta(hours=1)
RATE_WINDOW = timedelta(minutes=1)
REFRESH = "refresh"
"""The `message` of a home that is shown anew by itself; nobody asked, so it is not on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """Words taken apart; `command` is None when the first word is none of ours, `verb` is set for an answer."""

    word: str
    command: Command | None
    verb: str
    arguments: tuple[str, ...]
    is_plain: bool

    @property
    def acts(self) -> bool:
        return bool(self.verb) or (self.command is not None and self.command.acts)


class Dispatcher:
    """Answers everything that a platform hears; implements `Dispatch`. Never raises but to be cancelled.

    Args:
        confirmations: Where questions are kept; `Services.questions` counts them.
        approvals: What acts that raise risk need.
        copies: Shows questions, and what became of them, where nobody has just pressed.
        per_minute: How many invocations of one person are answered in any minute; what acts is counted apart, so that
            a person who looked too often can still pause.
        copy_timeout_s: How long showing one copy may take.
        incident: Names a failure in the apology and in the log.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        access: Access,
        services: Services,
        confirmations: Confirmations,
        approvals: ApprovalSettings,
        copies: Copies,
        per_minute: int = 20,
        copy_timeout_s: float = 10,
        incident: Callable[[], str] = new_incident,
        log: logging.Logger | None = None,
    ) -> None:
        log = log or logging.getLogger(__name__)
        self._registry = registry
        self._access = access
        self._clock = services.clock
        self._mode = services.mode
        self._runs = Runs(registry=registry, access=access, services=services, incident=incident, log=log)
        self._consent = Consent(
            confirmations=confirmations,
            approvals=Approvals(approvals),
            access=access,
            runs=self._runs,
            work=CopyWork(copies=copies, clock=services.clock, log=log, timeout_s=copy_timeout_s),
            clock=services.clock,
            news=asyncio.Event(),
        )
        self._trail = AuditTrail(services.units, log)
        self._rate = RateLimit(per_minute, RATE_WINDOW)
        self._rate_notices = RateLimit(1, RATE_WINDOW)
        self._refusals = RateLimit(1, REFUSAL_WINDOW)

    async def __call__(self, invocation: Invocation) -> Reply | None:
        """Return the answer to what was said, or None to stay silent; every command leaves an audit row."""
        heard = self._hear(invocation)
        if heard is None:
            return None
        now = self._clock.now()
        decision = self._access.decide(invocation, heard.command)
        result = self._cut_off(invocation, heard)
        try:
            result = self._limited(invocation, heard, decision, now) or await self._judge(invocation, heard, decision)
        finally:
            if not (invocation.kind is InvocationKind.HOME and invocation.message == REFRESH):
                may_hold_code = heard.command is None
                await self._trail.record(invocation, decision.role, result, now, may_hold_code=may_hold_code)
        return self._marked(result.reply, decision.role)

    def shown(self, confirmation: str, destination: str, message_ref: str) -> None:
        """Note which message shows a question; see `Dispatch.shown`."""
        self._consent.shown(confirmation, destination, message_ref)

    async def watch(self) -> None:
        """Let questions expire and bring their messages to the last state; the app runs this until the end."""
        await self._consent.watch()

    def _marked(self, reply: Reply | None, role: Role) -> Reply | None:
        """Put the mode on whatever a desk that is not paper answers; strangers learn nothing of it."""
        if reply is None or reply.banner is not None or self._mode is TradingMode.PAPER or role is Role.NOBODY:
            return reply
        return replace(reply, banner=texts.banner(self._mode))

    def _hear(self, invocation: Invocation) -> _Heard | None:
        """Return the words taken apart, or None for talk that is not meant for us."""
        words = split_words(invocation.words[:LONGEST_WORDS])
        first = words[0] if words else ""
        command = self._registry.find(first)
        is_talk = invocation.kind in {InvocationKind.TEXT, InvocationKind.EDIT} and not first.startswith("/")
        if is_talk and command is None and not invocation.is_private:
            return None
        bare = first.lower().removeprefix("/")
        verb = bare if bare in RESERVED else ""
        return _Heard(word=first, command=command, verb=verb, arguments=words[1:], is_plain=is_talk)

    def _cut_off(self, invocation: Invocation, heard: _Heard) -> Result:
        """Return what is on record if this is cancelled before it comes to an end."""
        subject = self._consent.subject(invocation, heard.arguments) if heard.verb else ""
        return replace(CUT_OFF, after=f"{CUT_OFF.after}; {subject}") if subject else CUT_OFF

    def _limited(self, invocation: Invocation, heard: _Heard, decision: Decision, now: datetime) -> Result | None:
        """Return what strangers, and people who ask too much, are answered; None if neither is the case."""
        person = invocation.person
        key = f"{person.platform}:{person.id}"
        if decision.denial is Denial.UNLISTED:
            is_told = self._refusals.take(key, now)
            return Result(reply=refusals.unlisted(person) if is_told else None, outcome=Outcome.REFUSED)
        rate_key = f"{key} acts" if heard.acts and decision.is_allowed else key
        is_counted = invocation.kind is not InvocationKind.HOME
        if is_counted and not self._rate.take(rate_key, now):
            wait, is_told = self._rate.wait(rate_key, now), self._rate_notices.take(rate_key, now)
            reply = refusals.throttled(self._rate.times, wait) if is_told else None
            return Result(reply=reply, outcome=Outcome.THROTTLED)
        if len(invocation.words) > LONGEST_WORDS:
            return Result(reply=refusals.too_long(LONGEST_WORDS), outcome=Outcome.REFUSED)
        return None

    async def _judge(self, invocation: Invocation, heard: _Heard, decision: Decision) -> Result:
        """Run the command, or ask before it, if there is one and it may run."""
        command = heard.command
        if heard.verb:
            return await self._consent.answer(invocation, heard.verb, heard.arguments)
        if command is None:
            return self._unknown(heard, decision.role)
        refusal = self._refusal(invocation, command, decision)
        if refusal is not None:
            return Result(reply=refusal, outcome=Outcome.REFUSED)
        request = self._runs.request(invocation, heard.arguments)
        if command.is_danger:
            return await self._consent.ask(command, request)
        return await self._runs.run(command, request)

    def _refusal(self, invocation: Invocation, command: Command, decision: Decision) -> Reply | None:
        """Return why `command` is not run, or None."""
        if decision.denial is not None:
            return refusals.denied(decision, command)
        if invocation.kind is InvocationKind.EDIT and command.acts:
            return refusals.edited(command)
        age = self._clock.now() - invocation.received_at
        if command.acts and not command.works_late and age > LATE_AFTER:
            return refusals.late(command, age)
        return None

    def _unknown(self, heard: _Heard, role: Role) -> Result:
        if heard.is_plain or not heard.word.removeprefix("/"):
            return Result(reply=refusals.plain_words(), outcome=Outcome.UNKNOWN_COMMAND)
        guess = self._registry.suggest(heard.word, self._registry.open_to(role))
        return Result(reply=refusals.unknown_command(heard.word, guess), outcome=Outcome.UNKNOWN_COMMAND)
