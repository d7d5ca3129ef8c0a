"""Asks before a dangerous act and carries it out when it is confirmed; keeping questions belongs to `confirmations`."""

import asyncio
from dataclasses import dataclass, replace
from functools import partial

from core.domain.people import Person
from core.domain.replies import Reply, Tone
from core.ports.edges import Clock
from handlers import refusals
from handlers.access import Access
from handlers.arguments import split_words
from handlers.confirming import sentences as says
from handlers.confirming.approvals import Approvals, Need
from handlers.confirming.copies import CopyWork, Place, same_chat
from handlers.confirming.one_time_codes import CodeCheck
from handlers.confirming.questions import Confirmations, Ending, Entry
from handlers.invocation import Command, Invocation, InvocationKind, Preview, Request
from handlers.results import CUT_OFF, Outcome, Result
from handlers.runs import Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The way of a question; every check before it is taken happens without waiting, so it is taken once."""

    confirmations: Confirmations
    approvals: Approvals
    access: Access
    runs: Runs
    work: CopyWork
    clock: Clock
    news: asyncio.Event

    async def ask(self, command: Command, request: Request) -> Result:
        """Return the question that stands before `command`, or what is answered instead of it.

        What asks for no confirmation in these words is done at once.
        """
        preview = await self.runs.preview(command, request)
        if isinstance(preview, Result):
            return preview
        if preview is None:
            return await self.runs.run(command, request)
        need = self.approvals.need(command, request.invocation.person)
        if need is Need.NOBODY_CAN:
            return _refused(f"/{command.name} {says.CODELESS}")
        entry, reply = self._put(command, request.invocation, preview, need)
        if need.takes_other:
            self._send_copies(entry, reply)
        return Result(reply=reply, outcome=Outcome.ASKED)

    async def answer(self, invocation: Invocation, verb: str, words: tuple[str, ...]) -> Result:
        """Return what comes of `/confirm` and `/cancel`, typed or pressed; `words` are the token and perhaps a code."""
        if not words:
            return _refused(says.WHICH)
        entry = self._find(words)
        if entry is None:
            return _refused(says.UNKNOWN)
        problem = self._problem(entry, invocation)
        if problem is not None:
            return _refused(problem)
        if verb == says.CANCEL:
            return self._cancel(entry, invocation)
        return self._objection(entry, invocation, "".join(words[1:])) or await self._confirm(entry, invocation)

    def subject(self, invocation: Invocation, words: tuple[str, ...]) -> str:
        """Return which act an answer is about, for the record; empty if none."""
        entry = self._find(words)
        return says.record(entry.question, invocation.person) if entry else ""

    def shown(self, token: str, destination: str, message_ref: str) -> None:
        """Note a message that shows a question; one that is over by then is brought to its last state."""
        place = Place(destination=destination, message_ref=message_ref)
        entry, final = self.confirmations.find(token), None
        while entry is not None:
            entry.places.add(place)
            final = entry.final or final
            successor = entry.final.confirmation if entry.final else None
            entry = self.confirmations.find(successor) if successor else None
        if final is not None:
            self.work.edit(place, final)

    async def watch(self) -> None:
        """Bring every message of a question to its last state, and let questions expire; runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.work.run())
            group.create_task(self._watch_time())

    async def _watch_time(self) -> None:
        while True:
            next_at = self.confirmations.next_expiry()
            if next_at is None:
                self.news.clear()
                await self.news.wait()
                continue
            await self.clock.sleep_until(next_at)
            self._expire()

    def _find(self, words: tuple[str, ...]) -> Entry | None:
        return self.confirmations.find(words[0].lower()) if words else None

    def _put(self, command: Command, asked: Invocation, preview: Preview, need: Need) -> tuple[Entry, Reply]:
        if preview.role is not None:
            command = replace(command, role=max(command.role, preview.role))
        entry = self.confirmations.ask(command=command, asked=asked, preview=preview, need=need)
        self._expire()
        self.news.set()
        return entry, says.question(entry.question, self.confirmations.lifetime)

    def _send_copies(self, entry: Entry, reply: Reply) -> None:
        question = entry.question
        for destination in map(str, self.approvals.settings.to):
            if not same_chat(destination, question.asked.chat):
                then = partial(self.shown, question.token, destination)
                self.work.send(destination, says.copy(reply, question), then)

    def _problem(self, entry: Entry, invocation: Invocation) -> str | None:
        """Return what is wrong with the time, the place or the manner of an answer, whoever gives it."""
        self._expire()
        if entry.ending is not None:
            return says.over(entry)
        if invocation.kind in {InvocationKind.EDIT, InvocationKind.HOME}:
            return says.EDITED
        if invocation.kind is InvocationKind.BUTTON or invocation.message:
            is_there = any(place.is_at(invocation.chat, invocation.message) for place in entry.places)
            return None if is_there else says.NOT_THERE
        chats = {entry.question.asked.chat, *(place.destination for place in entry.places)}
        return None if any(same_chat(chat, invocation.chat) for chat in chats) else says.ELSEWHERE

    def _cancel(self, entry: Entry, invocation: Invocation) -> Result:
        question, person = entry.question, invocation.person
        is_judge = question.need.takes_other and self.access.decide(invocation, question.command).is_allowed
        if not _is_same(person, question.asker) and not is_judge:
            return _refused(says.not_yours(question))
        self.confirmations.end(entry, Ending.CANCELLED, person)
        result = Result(reply=says.cancelled(question, person), outcome=Outcome.CANCELLED)
        return self._settled(entry, invocation, result)

    def _objection(self, entry: Entry, invocation: Invocation, code: str) -> Result | None:
        """Return why this person's confirmation does not count, or None; a right code is used up here."""
        question, person = entry.question, invocation.person
        is_asker = _is_same(person, question.asker)
        if not is_asker and not question.need.takes_other:
            return _refused(says.not_yours(question))
        decision = self.access.decide(invocation, question.command)
        if not decision.is_allowed:
            return Result(reply=refusals.denied(decision, question.command), outcome=Outcome.REFUSED)
        if not self.access.decide(question.asked, question.command).is_allowed:
            self.confirmations.end(entry, Ending.CANCELLED)
            reply = says.ended(question, says.lost_right(question))
            return self._settled(entry, invocation, Result(reply=reply, outcome=Outcome.REFUSED))
        if not is_asker or question.need is Need.ASKER:
            return None
        check = None
        if code and question.need.takes_code:
            check = self.approvals.codes.check(person, code, self.clock.now())
        return None if check is CodeCheck.RIGHT else _refused(says.objection(question, check))

    async def _confirm(self, entry: Entry, invocation: Invocation) -> Result:
        """Take the question, look again at what it rests on, and do it if that is still the same."""
        question = entry.question
        self.confirmations.end(entry, Ending.RUNNING, invocation.person)
        result = replace(CUT_OFF, reply=says.cut_off(question))
        try:
            result = await self._carry_out(entry, invocation)
        finally:
            if entry.ending is Ending.RUNNING:
                entry.ending = Ending.DONE
            settled = self._settled(entry, invocation, result)
        return settled

    async def _carry_out(self, entry: Entry, invocation: Invocation) -> Result:
        question, by = entry.question, invocation.person
        words = question.preview.words
        request = self.runs.request(replace(question.asked, words=words), split_words(words)[1:])
        preview = await self.runs.preview(question.command, request)
        if isinstance(preview, Result):
            entry.ending = Ending.CHANGED
            return _not_any_more(preview)
        if preview is not None and preview.state != question.preview.state:
            entry.ending = Ending.CHANGED
            return self._ask_anew(entry, preview)
        result = await self.runs.run(question.command, request)
        record = "; ".join(part for part in (result.after, says.record(question, by)) if part)
        reply = says.done(result.reply, question, by) if result.reply else None
        return replace(result, reply=reply, after=record)

    def _ask_anew(self, entry: Entry, preview: Preview) -> Result:
        """Ask the same again with what it is now, in the same messages."""
        old = entry.question
        successor, _ = self._put(old.command, old.asked, preview, old.need)
        successor.places |= entry.places
        reply = says.question(successor.question, self.confirmations.lifetime, first=says.STALE)
        return Result(reply=reply, outcome=Outcome.REFUSED)

    def _settled(self, entry: Entry, invocation: Invocation, result: Result) -> Result:
        """Bring all messages of a question to its end; the pressed one is replaced by the answer itself."""
        entry.final = result.reply
        if result.reply is None:
            return result
        for place in sorted(entry.places):
            # What cannot be changed would only say once more what the answer says there.
            is_told = same_chat(place.destination, invocation.chat) and not place.message_ref
            if not is_told and not place.is_at(invocation.chat, invocation.message):
                self.work.edit(place, result.reply)
        return replace(result, reply=replace(result.reply, replaces=bool(invocation.message), is_private=False))

    def _expire(self) -> None:
        for entry in self.confirmations.overdue():
            self.confirmations.end(entry, Ending.EXPIRED)
            entry.final = says.expired(entry.question, self.confirmations.lifetime)
            for place in sorted(entry.places):
                self.work.edit(place, entry.final)


def _refused(line: str) -> Result:
    return Result(reply=Reply(lines=(line,), tone=Tone.NOTICE, is_private=True), outcome=Outcome.REFUSED)


def _not_any_more(result: Result) -> Result:
    """Return an answer that came instead of the preview, as what a confirmation led to."""
    if result.reply is None or result.outcome is not Outcome.ANSWERED:
        return result
    reply = replace(result.reply, lines=(says.CHANGED, *result.reply.lines))
    return replace(result, reply=reply, outcome=Outcome.REFUSED)


def _is_same(one: Person, other: Person) -> bool:
    return (one.platform, one.id) == (other.platform, other.id)
