"""Asking before an act, and every way in which the asker's own answer does and does not count."""

import asyncio
from datetime import timedelta

import pytest

from core.domain.errors import NotPossible
from core.domain.people import Grant, Person, Role
from core.domain.replies import Button, Reply, Tone
from handlers.confirming.questions import LIFETIME
from handlers.invocation import InvocationKind
from tests.builders import NOW
from tests.fakes.chat import ADA, CHAT, EVE, OLE, VIC, commands_of, text_of
from tests.handlers.confirming.safe import ROOM, Safe, asked, chat_with, watching


@pytest.fixture
def safe() -> Safe:
    return Safe()


# --- the question ---


async def test_the_question_has_the_preview_and_two_presses(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    token = question.confirmation
    assert (question.title, question.banner, question.tone) == ("Open?", "PAPER", Tone.WARNING)
    assert question.lines == ("In it: gold.",)
    assert question.footer == "now · Nothing happens unless it is confirmed within 2m."
    confirm = Button(label="Confirm", command=f"/confirm {token}", is_danger=True)
    assert question.buttons == ((confirm, Button(label="Cancel", command=f"/cancel {token}")),)
    assert safe.opened == []
    assert chat.services.questions() == 1
    assert [row.outcome for row in await chat.audit()] == ["asked"]


async def test_what_needs_no_question_is_answered(safe: Safe) -> None:
    chat = chat_with(safe)
    assert "Open what?" in text_of(await chat.say("/open ?"))
    safe.content = None
    reply = await chat.say("/open")
    assert (reply.lines, reply.confirmation) == (("The safe is empty.",), None)
    assert [row.outcome for row in await chat.audit()] == ["failed", "answered"]
    assert chat.services.questions() == 0


async def test_edited_and_late_words_do_not_even_ask(safe: Safe) -> None:
    chat = chat_with(safe)
    for reply in (
        await chat.hear("/open", kind=InvocationKind.EDIT),
        await chat.hear("/open", age=timedelta(minutes=6)),
    ):
        assert reply is not None
        assert reply.confirmation is None


# --- who, where, how ---


async def test_the_press_of_the_asker_does_it_and_replaces_the_question(safe: Safe) -> None:
    chat = chat_with(safe)
    reply = await chat.press(await asked(chat), by=OLE)
    assert reply is not None
    assert safe.opened == ["safe 1 by Ole as OPERATOR"]
    assert (reply.lines, reply.footer, reply.replaces) == (("It is open.",), "safe · confirmed by Ole", True)
    row = (await chat.audit())[-1]
    assert (row.person, row.kind, row.outcome, row.before) == (OLE, "button", "answered", "shut")
    assert row.after == "open; /open 'safe 1' asked by telegram:2 (Ole), confirmed by telegram:2 (Ole)"


async def test_a_question_is_answered_once(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    await chat.press(question, by=OLE)
    again = await chat.press(question, by=OLE)
    assert again is not None
    assert "was confirmed already by Ole" in text_of(again)
    assert (again.is_private, again.replaces, len(safe.opened)) == (True, False, 1)
    assert (await chat.audit())[-1].outcome == "refused"


async def test_of_two_presses_at_once_one_counts(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    safe.gate.clear()
    presses = [asyncio.create_task(chat.press(question, by=OLE)) for _ in range(2)]
    await chat.clock.settle()
    assert [press.done() for press in presses] == [False, True]
    assert "is being carried out" in text_of(presses[1].result() or Reply())
    safe.gate.set()
    await asyncio.gather(*presses)
    assert len(safe.opened) == 1


@pytest.mark.parametrize("by", [ADA, VIC, Person(platform="slack", id="2", name="Ole")])
@pytest.mark.parametrize("verb", ["confirm", "cancel"])
async def test_nobody_else_can_answer(safe: Safe, by: Person, verb: str) -> None:
    chat = chat_with(safe)
    chat.access.apply(Grant(platform="slack", person_id="2", role=Role.ADMIN, author="test", at=NOW))
    question = await asked(chat)
    reply = await chat.press(question, verb, by=by)
    assert reply is not None
    assert "Ole was asked, not you" in text_of(reply)
    assert reply.is_private
    assert (safe.opened, chat.services.questions()) == ([], 1)
    assert (await chat.audit())[-1].outcome == "refused"


async def test_a_stranger_is_refused_as_ever(safe: Safe) -> None:
    chat = chat_with(safe)
    reply = await chat.press(await asked(chat), by=EVE)
    assert "not on the list" in text_of(reply or Reply())
    assert safe.opened == []


@pytest.mark.parametrize(("where", "message"), [(CHAT, "m2"), ("telegram:-1002", "m1"), ("slack:C1", "m1"), (CHAT, "")])
async def test_only_the_message_itself_can_be_pressed(safe: Safe, where: str, message: str) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    reply = await chat.press(question, by=OLE, chat=where, message=message)
    assert "not the message that asks it" in text_of(reply or Reply())
    assert safe.opened == []


async def test_a_press_is_refused_where_no_message_is_known(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await chat.say("/open", by=OLE)
    assert "not the message" in text_of(await chat.press(question, by=OLE) or Reply())
    assert safe.opened == []
    chat.show(question)
    await chat.press(question, by=OLE)
    assert len(safe.opened) == 1


async def test_a_topic_is_part_of_its_chat(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    await chat.press(question, by=OLE, chat=f"{CHAT}/5")
    assert len(safe.opened) == 1


@pytest.mark.parametrize("words", ["/confirm {}", "confirm {}", "/CONFIRM {}"])
async def test_it_can_be_typed_where_it_was_asked(safe: Safe, words: str) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    said = words.format((question.confirmation or "").upper())
    elsewhere = await chat.hear(said, by=OLE, chat="telegram:2", is_private=True)
    assert "asked elsewhere" in text_of(elsewhere or Reply())
    edited = await chat.hear(said, by=OLE, kind=InvocationKind.EDIT, is_private=True)
    assert "An edited message" in text_of(edited or Reply())
    assert safe.opened == []
    reply = await chat.say(said, by=OLE)
    assert (reply.lines, reply.replaces) == (("It is open.",), False)


@pytest.mark.parametrize("words", ["/confirm", "/cancel", "/confirm 0123456789", "/confirm \N{SNOWMAN}", "/cancel x"])
async def test_forged_answers_are_refused_and_on_record(safe: Safe, words: str) -> None:
    chat = chat_with(safe)
    await asked(chat)
    reply = await chat.hear(words, by=OLE, kind=InvocationKind.BUTTON, message="m1")
    assert reply is not None
    assert reply.is_private
    row = (await chat.audit())[-1]
    assert (row.words, row.outcome, safe.opened) == (words, "refused", [])


async def test_talk_in_a_group_is_no_answer(safe: Safe) -> None:
    chat = chat_with(safe)
    assert await chat.hear("confirm that please", kind=InvocationKind.TEXT) is None
    assert await chat.audit() == []


async def test_cancelling_does_nothing_and_says_so(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    reply = await chat.press(question, "cancel", by=OLE)
    assert reply is not None
    assert text_of(reply) == "Open?\nCancelled by Ole; nothing was done.\n"
    assert (reply.replaces, reply.buttons, reply.banner) == (True, (), "PAPER")
    assert "was cancelled by Ole" in text_of(await chat.press(question, by=OLE) or Reply())
    assert safe.opened == []
    assert [row.outcome for row in await chat.audit()] == ["asked", "cancelled", "refused"]


async def test_answers_count_as_acting_for_the_rate(safe: Safe) -> None:
    chat = chat_with(safe, per_minute=2)
    question = await asked(chat)
    for _ in range(3):
        await chat.hear("/nonsense", by=OLE)
    await chat.press(question, by=OLE)
    assert len(safe.opened) == 1


@pytest.mark.parametrize("verb", ["confirm", "cancel"])
async def test_a_place_that_cannot_be_changed_hears_the_end_once(safe: Safe, verb: str) -> None:
    """The answer is there already where it was typed; other places and other ends are told."""
    chat = chat_with(safe)
    async with watching(chat):
        question = await chat.say("/open", by=OLE)
        chat.show(question, message="")
        chat.show(question, chat=ROOM, message="")
        await chat.say(f"/{verb} {question.confirmation}", by=OLE)
        await chat.clock.settle()
        assert list(chat.copies.shown) == [(ROOM, "")]
        question = await chat.say("/open", by=OLE)
        chat.show(question, message="")
        await chat.clock.advance(LIFETIME)
        await chat.clock.settle()
    assert "Nobody confirmed this" in text_of(chat.copies.shown[CHAT, ""])


# --- time and state ---


async def test_silence_denies_and_every_message_says_so(safe: Safe) -> None:
    chat = chat_with(safe)
    async with watching(chat):
        question = await asked(chat)
        await chat.clock.advance(LIFETIME - timedelta(seconds=1))
        assert chat.copies.shown == {}
        await chat.clock.advance(timedelta(seconds=1))
        await chat.clock.settle()
    shown = chat.copies.shown[CHAT, "m1"]
    assert text_of(shown) == "Open?\nNobody confirmed this within 2m, so nothing was done.\n"
    assert commands_of(shown) == []
    assert "has expired" in text_of(await chat.press(question, by=OLE) or Reply())
    assert (safe.opened, chat.services.questions()) == ([], 0)


async def test_a_press_after_the_time_is_late_even_if_nobody_watches(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    await chat.clock.advance(LIFETIME)
    assert "has expired" in text_of(await chat.press(question, by=OLE) or Reply())
    assert safe.opened == []


async def test_a_question_that_is_shown_after_its_end_is_brought_to_it(safe: Safe) -> None:
    chat = chat_with(safe)
    async with watching(chat):
        question = await chat.say("/open", by=OLE)
        await chat.say(f"/cancel {question.confirmation}", by=OLE)
        chat.show(question, message="late")
        await chat.clock.settle()
    assert "Cancelled by Ole" in text_of(chat.copies.shown[CHAT, "late"])


async def test_what_changed_meanwhile_is_refused_and_shown_anew(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    safe.content = "silver"
    again = await chat.press(question, by=OLE)
    assert again is not None
    assert again.lines == (
        "This has changed since you were asked, so nothing was done. Look at it again.",
        "In it: silver.",
    )
    assert again.replaces
    assert again.confirmation not in {None, question.confirmation}
    assert (safe.opened, (await chat.audit())[-1].outcome) == ([], "refused")
    assert "asked anew" in text_of(await chat.press(question, by=OLE) or Reply())
    await chat.press(again, by=OLE)
    assert len(safe.opened) == 1


async def test_a_new_question_lives_its_own_time(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    await chat.clock.advance(LIFETIME / 2)
    safe.content = "silver"
    again = await chat.press(question, by=OLE)
    assert again is not None
    await chat.clock.advance(LIFETIME * 3 / 4)
    await chat.press(again, by=OLE)
    assert len(safe.opened) == 1


async def test_what_cannot_be_done_any_more_is_said(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    safe.content = None
    reply = await chat.press(question, by=OLE)
    assert reply is not None
    assert reply.lines == ("This has changed since you were asked, so nothing was done.", "The safe is empty.")
    assert (reply.replaces, safe.opened, (await chat.audit())[-1].outcome) == (True, [], "refused")


async def test_who_lost_the_role_meanwhile_cannot_confirm(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    chat.access.apply(Grant(platform="telegram", person_id="2", role=Role.VIEWER, author="test", at=NOW))
    reply = await chat.press(question, by=OLE)
    assert "needs the role operator; you are viewer" in text_of(reply or Reply())
    assert safe.opened == []


async def test_a_failure_takes_the_place_of_the_question_and_is_on_record(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    safe.trouble = NotPossible("the lock is stuck")
    reply = await chat.press(question, by=OLE)
    assert reply is not None
    assert "The lock is stuck." in text_of(reply)
    assert (reply.replaces, reply.is_private) == (True, False)
    row = (await chat.audit())[-1]
    assert row.outcome == "failed"
    assert row.after == "/open 'safe 1' asked by telegram:2 (Ole), confirmed by telegram:2 (Ole)"


async def test_an_act_that_is_cut_off_is_on_record_and_its_messages_say_so(safe: Safe) -> None:
    chat = chat_with(safe)
    question = await asked(chat)
    chat.show(question, chat=ROOM, message="m7")
    safe.gate.clear()
    press = asyncio.create_task(chat.press(question, by=OLE))
    await chat.clock.settle()
    press.cancel()
    with pytest.raises(asyncio.CancelledError):
        await press
    row = (await chat.audit())[-1]
    assert row.outcome == "failed"
    assert (row.after or "").startswith("cut off while it ran; /open 'safe 1' asked by telegram:2 (Ole), confirmed by")
    async with watching(chat):
        await chat.clock.settle()
    assert "cut off on its way" in text_of(chat.copies.shown[ROOM, "m7"])
