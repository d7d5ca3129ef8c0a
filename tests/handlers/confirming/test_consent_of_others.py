"""Acts that need more than the asker's own press: a second person, a one-time code, and the copies of the question."""

import base64
from datetime import timedelta

import pytest

from core.domain.delivery import Destination
from core.domain.errors import MessageGone, RetryLater
from core.domain.people import Grant, Person, Role
from core.domain.replies import Reply
from handlers.confirming.approvals import ApprovalSettings
from handlers.confirming.one_time_codes import code_at
from tests.builders import NOW
from tests.fakes.chat import ADA, CHAT, OLE, VIC, FakeChat, commands_of, text_of
from tests.handlers.confirming.safe import ROOM, Safe, asked, chat_with, watching

SECRET = b"12345678901234567890"
TOTP = {("telegram", "1"): base64.b32encode(SECRET).decode()}
SAM = Person(platform="slack", id="U9", name="Sam")


@pytest.fixture
def safe() -> Safe:
    return Safe()


# --- a second person ---

SECOND = ApprovalSettings(second_person=True, to=(Destination.parse(ROOM), Destination.parse(CHAT)))


def joined(safe: Safe, approvals: ApprovalSettings = SECOND) -> FakeChat:
    """Return a chat where Sam of Slack is an operator, too."""
    chat = chat_with(safe, approvals)
    chat.access.apply(Grant(platform="slack", person_id="U9", role=Role.OPERATOR, author="test", at=NOW))
    return chat


async def test_somebody_else_confirms_on_another_platform_and_both_copies_say_so(safe: Safe) -> None:
    chat = joined(safe)
    async with watching(chat):
        question = await asked(chat)
        assert "Somebody else with the role operator has to confirm this." in question.lines
        own = await chat.press(question, by=OLE)
        assert "Your own press is not enough. Somebody else" in text_of(own or Reply())
        await chat.clock.settle()
        ((place, copy),) = chat.copies.shown.items()
        assert place == (ROOM, "copy1")
        assert copy.lines[0] == "Ole asks on Telegram:"
        assert copy.confirmation == question.confirmation
        reply = await chat.press(copy, by=SAM, chat=ROOM, message="copy1")
        assert reply is not None
        assert reply.footer == "safe · asked by Ole, confirmed by Sam"
        await chat.clock.settle()
    assert safe.opened == ["safe 1 by Ole as OPERATOR"]
    assert chat.copies.shown[CHAT, "m1"].lines == ("It is open.",)
    assert chat.copies.shown[ROOM, "copy1"] == copy
    row = (await chat.audit())[-1]
    assert (row.person, row.chat) == (SAM, ROOM)
    assert row.after == "open; /open 'safe 1' asked by telegram:2 (Ole), confirmed by slack:U9 (Sam)"


async def test_others_are_not_asked_for_a_code_which_only_the_asker_has(safe: Safe) -> None:
    chat = joined(
        safe, ApprovalSettings(second_person=True, to=(Destination.parse(ROOM),), totp={("telegram", "2"): "A" * 16})
    )
    async with watching(chat):
        assert "one-time code" in text_of(await asked(chat))
        await chat.clock.settle()
        (copy,) = chat.copies.shown.values()
        assert "Somebody else with the role operator has to confirm this." in copy.lines
        assert "one-time code" not in text_of(copy)


async def test_somebody_else_needs_the_role_in_that_chat(safe: Safe) -> None:
    chat = joined(safe)
    question = await asked(chat)
    reply = await chat.press(question, by=VIC)
    assert "needs the role operator; you are viewer" in text_of(reply or Reply())
    await chat.press(question, by=ADA)
    assert len(safe.opened) == 1


async def test_the_asker_must_have_the_role_still(safe: Safe) -> None:
    chat = joined(safe)
    question = await asked(chat)
    chat.access.apply(Grant(platform="telegram", person_id="2", role=Role.NOBODY, author="test", at=NOW))
    reply = await chat.press(question, by=ADA)
    assert "Ole may not run /open any more" in text_of(reply or Reply())
    assert "was cancelled" in text_of(await chat.press(question, by=ADA) or Reply())
    assert safe.opened == []


@pytest.mark.parametrize("by", [OLE, ADA])
async def test_both_may_cancel(safe: Safe, by: Person) -> None:
    chat = joined(safe)
    question = await asked(chat)
    assert f"Cancelled by {by.name}" in text_of(await chat.press(question, "cancel", by=by) or Reply())
    await chat.press(question, by=ADA)
    assert safe.opened == []


async def test_what_changed_is_asked_anew_in_every_message(safe: Safe) -> None:
    chat = joined(safe)
    async with watching(chat):
        question = await asked(chat)
        await chat.clock.settle()
        safe.content = "silver"
        again = await chat.press(question, by=SAM, chat=ROOM, message="copy1")
        assert again is not None
        await chat.clock.settle()
        assert chat.copies.shown[CHAT, "m1"].confirmation == again.confirmation
        await chat.press(again, by=ADA)
        await chat.clock.settle()
    assert len(safe.opened) == 1
    assert chat.copies.shown[ROOM, "copy1"].lines == ("It is open.",)


# --- one-time codes ---


async def test_a_code_of_the_asker_confirms_and_is_never_on_record(
    safe: Safe, caplog: pytest.LogCaptureFixture
) -> None:
    chat = chat_with(safe, ApprovalSettings(totp=TOTP))
    code = code_at(SECRET, int(NOW.timestamp()) // 30)
    question = await asked(chat, by=ADA)
    token = question.confirmation
    assert commands_of(question) == [f"/cancel {token}"]
    assert f"To confirm, send /confirm {token} and your one-time code." in question.lines
    assert "Your own press is not enough" in text_of(await chat.press(question) or Reply())
    assert "is not right" in text_of(await chat.say(f"/confirm {token} 000000"))
    await chat.say(f"/confrim {token} {code}")
    reply = await chat.say(f"/confirm {token} {code[:3]} {code[3:]}")
    assert reply.lines == ("It is open.",)
    rows = await chat.audit()
    assert rows[-1].words == f"/confirm {token} ******"
    assert rows[-2].words == f"/confrim {token} ******"
    everything = repr(rows) + caplog.text
    assert code not in everything
    assert code[3:] not in [word for row in rows for word in row.words.split()]


async def test_a_code_counts_once(safe: Safe) -> None:
    chat = chat_with(safe, ApprovalSettings(totp=TOTP))
    code = code_at(SECRET, int(NOW.timestamp()) // 30)
    for said in ("It is open.", "was used already"):
        question = await asked(chat, by=ADA)
        assert said in text_of(await chat.say(f"/confirm {question.confirmation} {code}"))
    assert len(safe.opened) == 1


async def test_who_has_no_secret_is_told_at_once(safe: Safe) -> None:
    chat = chat_with(safe, ApprovalSettings(totp=TOTP))
    reply = await chat.say("/open", by=OLE)
    assert text_of(reply).strip() == "/open needs a one-time code, and none is set up for you. Nothing was done."
    assert (reply.confirmation, chat.services.questions()) == (None, 0)


async def test_a_code_stands_for_the_second_person(safe: Safe) -> None:
    chat = chat_with(safe, ApprovalSettings(second_person=True, totp=TOTP))
    question = await asked(chat, by=ADA)
    assert "; or send /confirm" in text_of(question)
    code = code_at(SECRET, int(NOW.timestamp()) // 30)
    await chat.say(f"/confirm {question.confirmation} {code}")
    assert len(safe.opened) == 1


async def test_a_code_does_not_help_somebody_else(safe: Safe) -> None:
    chat = chat_with(safe, ApprovalSettings(totp=TOTP))
    question = await asked(chat, by=ADA)
    code = code_at(SECRET, int(NOW.timestamp()) // 30)
    reply = await chat.say(f"/confirm {question.confirmation} {code}", by=OLE)
    assert "Ada was asked, not you" in text_of(reply)
    assert safe.opened == []


# --- copies ---


async def test_copies_are_tried_again_and_a_lost_one_hurts_nobody(safe: Safe, caplog: pytest.LogCaptureFixture) -> None:
    chat = joined(safe)
    chat.copies.trouble = {ROOM: [RetryLater("busy", timedelta(seconds=3))], CHAT: [MessageGone("deleted")]}
    async with watching(chat):
        question = await asked(chat)
        await chat.clock.advance(timedelta(seconds=3))
        assert list(chat.copies.shown) == [(ROOM, "copy1")]
        await chat.press(question, "cancel", by=SAM, chat=ROOM, message="copy1")
        await chat.clock.settle()
    assert list(chat.copies.shown) == [(ROOM, "copy1")]
    assert [record.getMessage() for record in caplog.records] == ["copy_failed"]
