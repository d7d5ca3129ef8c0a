"""Questions as they are kept: bounded, single use, gone with the process."""

from datetime import timedelta

from core.domain.people import Role
from core.domain.replies import Reply
from handlers.confirming.approvals import Need
from handlers.confirming.questions import LIFETIME, Confirmations, Ending, Entry, new_token
from handlers.invocation import Answer, Command, Invocation, InvocationKind, Preview, Request
from tests.builders import NOW, make_person
from tests.fakes.clock import FakeClock


async def run(request: Request) -> Answer:
    raise NotImplementedError


COMMAND = Command(name="act", summary="Acts", run=run, role=Role.OPERATOR)


def put(kept: Confirmations) -> Entry:
    asked = Invocation(
        person=make_person(),
        chat="telegram:1",
        kind=InvocationKind.COMMAND,
        words="/act",
        is_private=True,
        received_at=NOW,
    )
    preview = Preview(reply=Reply(), words="/act", state="")
    return kept.ask(command=COMMAND, asked=asked, preview=preview, need=Need.ASKER)


def test_tokens_differ_and_fit_a_button() -> None:
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert all(token.isalnum() and len(token) == 10 for token in tokens)


async def test_a_question_waits_for_its_time() -> None:
    clock = FakeClock(NOW)
    kept = Confirmations(clock=clock)
    entry = put(kept)
    assert (kept.waiting(), kept.overdue(), kept.next_expiry()) == (1, [], NOW + LIFETIME)
    await clock.advance(LIFETIME - timedelta(microseconds=1))
    assert kept.waiting() == 1
    await clock.advance(timedelta(microseconds=1))
    assert (kept.waiting(), kept.overdue()) == (0, [entry])


def test_what_has_ended_is_known_but_open_no_more() -> None:
    kept = Confirmations(clock=FakeClock(NOW))
    entry = put(kept)
    kept.end(entry, Ending.DONE, make_person())
    assert (kept.waiting(), kept.overdue(), kept.next_expiry()) == (0, [], None)
    assert kept.find(entry.question.token) is entry
    assert entry.ending is Ending.DONE


def test_too_many_questions_push_out_the_oldest() -> None:
    kept = Confirmations(clock=FakeClock(NOW), most=3)
    entries = [put(kept) for _ in range(4)]
    assert kept.overdue() == entries[:1]
    for entry in entries:
        kept.end(entry, Ending.EXPIRED)
    assert [kept.find(entry.question.token) for entry in entries] == [None, *entries[1:]]


def test_names_can_be_given() -> None:
    names = iter(["one", "two"])
    kept = Confirmations(clock=FakeClock(NOW), token=lambda: next(names))
    assert [put(kept).question.token, put(kept).question.token] == ["one", "two"]
    assert kept.find("three") is None
