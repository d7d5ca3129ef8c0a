"""Questions, choices, shortcuts and edits, all the way round: real client, local Slack, a dispatcher that is told."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from bot.platforms.slack.platform import SlackPlatform
from core.domain.delivery import Destination, Loudness
from core.domain.replies import Button, Picker, Reply
from handlers.invocation import Invocation, InvocationKind
from tests.fakes.scripted_dispatch import ScriptedDispatch
from tests.fakes.slack_server import SlackServer

Running = Callable[[], AbstractAsyncContextManager[SlackPlatform]]

CONFIRM = (
    (
        Button(label="Confirm", command="/confirm t1", is_danger=True),
        Button(label="Cancel", command="/cancel t1"),
    ),
)


def ask_first(invocation: Invocation) -> Reply:
    """Ask before anything is done; what a press answers takes the question's place."""
    if invocation.kind is InvocationKind.BUTTON:
        return Reply(title=f"Done: {invocation.words}", replaces=True)
    return Reply(title="Close SOLUSDT?", buttons=CONFIRM, confirmation="t1")


async def test_a_question_is_asked_pressed_and_replaced(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    dispatch.answer = ask_first
    async with running():
        await slack.command("U1", "C0001", "/wave", "close SOLUSDT")
        (question,) = await slack.wait_for(lambda: slack.messages("C0001"))
        await slack.wait_for(lambda: dispatch.showings)
        await slack.press("U1", question, "Confirm")
        await slack.wait_for(lambda: question.edits)

    assert dispatch.showings == [("t1", "slack:C0001", f"C0001/{question.ts}")]
    assert dispatch.heard[1].message == f"C0001/{question.ts}"
    assert (question.words, question.buttons) == ("Done: /wave confirm t1", {})
    assert slack.messages("C0001") == [question]


async def test_a_question_that_only_one_person_sees_works_too(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    dispatch.answer = ask_first
    slack.workspace.channels["C0001"] = "not_in_channel"
    async with running():
        await slack.command("U1", "C0001", "/wave", "close SOLUSDT")
        (question,) = await slack.wait_for(lambda: slack.whispers("C0001", "U1"))
        await slack.wait_for(lambda: dispatch.showings)
        await slack.press("U1", question, "Confirm")
        await slack.wait_for(lambda: question.edits)

    ((_, destination, name),) = dispatch.showings
    assert destination == "slack:C0001"
    assert name.startswith("C0001/ephemeral:")
    assert dispatch.heard[1].message == name
    assert slack.whispers("C0001", "U1") == [question]
    assert question.words == "Done: /wave confirm t1"


async def test_a_whispered_question_is_known_by_the_same_name(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    private = Reply(title="Sure?", buttons=CONFIRM, confirmation="t1", is_private=True)
    dispatch.answer = lambda asked: private if asked.kind is InvocationKind.COMMAND else ask_first(asked)
    async with running():
        await slack.mention("U1", "C0001", "positions")
        (question,) = await slack.wait_for(lambda: slack.whispers("C0001", "U1"))
        await slack.wait_for(lambda: dispatch.showings)
        await slack.press("U1", question, "Cancel")
        await slack.wait_for(lambda: question.edits)

    assert dispatch.heard[1].message == dispatch.showings[0][2]


@pytest.mark.parametrize("channel_error", ["", "not_in_channel"])
async def test_what_is_asked_anew_in_its_place_keeps_its_name(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running, channel_error: str
) -> None:
    slack.workspace.channels["C0001"] = channel_error
    anew = Reply(title="It moved. Close now?", buttons=CONFIRM, confirmation="t2", replaces=True)
    dispatch.answer = lambda asked: anew if asked.kind is InvocationKind.BUTTON else ask_first(asked)
    async with running():
        await slack.command("U1", "C0001", "/wave", "close SOLUSDT")
        (question,) = await slack.wait_for(lambda: slack.workspace.messages)
        for count in (2, 3):
            await slack.press("U1", question, "Confirm")
            await slack.wait_for(partial(_are_told, dispatch, count))

    (name,) = {showing[2] for showing in dispatch.showings}
    assert {heard.message for heard in dispatch.heard[1:]} == {name}
    assert (question.words, question.edits) == ("It moved. Close now?", 2)


def _are_told(dispatch: ScriptedDispatch, count: int) -> bool:
    return len(dispatch.showings) == count


async def test_a_refusal_never_takes_the_place_of_what_all_see(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    refusal = Reply(title="Not your question", is_private=True, replaces=True)
    dispatch.answer = lambda asked: refusal if asked.person.id == "U2" else ask_first(asked)
    async with running():
        await slack.command("U1", "C0001", "/wave", "close SOLUSDT")
        (question,) = await slack.wait_for(lambda: slack.messages("C0001"))
        await slack.press("U2", question, "Confirm")
        (whisper,) = await slack.wait_for(lambda: slack.whispers("C0001", "U2"))

    assert whisper.words == "Not your question"
    assert "Confirm" in question.buttons


async def test_an_answer_whose_place_is_gone_is_given_all_the_same(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    dispatch.answer = ask_first
    dispatch.hold("/confirm t1")
    async with running():
        await slack.command("U1", "C0001", "/wave", "close SOLUSDT")
        (question,) = await slack.wait_for(lambda: slack.messages("C0001"))
        await slack.press("U1", question, "Confirm")
        slack.delete(question)
        dispatch.release("/confirm t1")
        (answer,) = await slack.wait_for(lambda: slack.messages("C0001"))

    assert answer.words == "Done: /wave confirm t1"


async def test_choosing_acts_like_pressing(slack: SlackServer, dispatch: ScriptedDispatch, running: Running) -> None:
    options = tuple(Button(label=f"#{number} SOLUSDT", command=f"/close {number}") for number in range(40))
    async with running() as platform:
        which = Reply(title="Close", picker=Picker(prompt="Which position?", options=options))
        name = await platform.messenger.send(Destination.parse("slack:C0001"), which, Loudness.NORMAL)
        (message,) = slack.messages("C0001")
        assert message.choices["#17 SOLUSDT"] == "/close 17"
        await slack.pick("U1", message, "#17 SOLUSDT")
        await slack.wait_for(lambda: dispatch.heard)

    (heard,) = dispatch.heard
    assert (heard.words, heard.kind, heard.message) == ("/close 17", InvocationKind.BUTTON, name)


async def test_a_shortcut_is_answered_in_private(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    dispatch.answer = ask_first
    async with running():
        await slack.shortcut("U1", "pause", repeats=2)
        (question,) = await slack.wait_for(lambda: slack.messages("DU1"))
        await slack.wait_for(lambda: dispatch.showings)
        await slack.press("U1", question, "Confirm")
        await slack.wait_for(lambda: question.edits)

    used, pressed = dispatch.heard
    assert (used.kind, used.words, used.chat, used.is_private) == (
        InvocationKind.SHORTCUT,
        "/pause",
        "slack:U1",
        True,
    )
    assert (pressed.chat, pressed.message) == ("slack:DU1", f"DU1/{question.ts}")
    assert dispatch.showings == [("t1", "slack:DU1", f"DU1/{question.ts}")]


async def test_a_refusal_of_a_shortcut_is_private_too(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    dispatch.answer = lambda _: Reply(title="No", is_private=True)
    async with running():
        await slack.shortcut("U1", "pause")
        await slack.wait_for(lambda: slack.messages("DU1"))


async def test_an_edited_command_is_answered_again(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    async with running():
        ts = await slack.direct("U1", "positons")
        await slack.edit("U1", ts, "positons", "positions", by_person=False)
        await slack.edit("U1", ts, "positons", "how are you")
        await slack.edit("U1", ts, "positons", "positions")
        await slack.wait_for(lambda: len(slack.messages("D0001")) == 2)

    assert [(heard.words, heard.kind) for heard in dispatch.heard] == [
        ("positons", InvocationKind.TEXT),
        ("positions", InvocationKind.EDIT),
    ]


async def test_everything_is_acknowledged_at_once_while_the_dispatcher_is_stuck(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    offer = Reply(title="SOLUSDT", buttons=((Button(label="Close", command="stuck"),),))
    options = tuple(Button(label=str(number), command="stuck") for number in range(9))
    picker = Reply(title="Which?", picker=Picker(prompt="Which?", options=options))
    dispatch.hold("stuck")
    dispatch.hold("/stuck")
    async with running() as platform:
        trading = Destination.parse("slack:C0001")
        for reply in (offer, picker):
            await platform.messenger.send(trading, reply, Loudness.NORMAL)
        pressed, picked = slack.messages("C0001")
        # One person's requests wait for each other; none of them waits for its acknowledgement.
        await slack.command("U1", "C0001", "/wave", "stuck")
        await slack.mention("U1", "C0001", "stuck")
        await slack.press("U1", pressed, "Close")
        await slack.pick("U1", picked, "8")
        await slack.shortcut("U1", "stuck")
        await slack.open_home("U1")
        await slack.direct("U2", "stuck")
        await slack.wait_for(lambda: len(dispatch.words) >= 2)
        assert {heard.words for heard in dispatch.ended} <= {"/home"}

    assert slack.slowest_ack_s < 3
    assert not slack.late


async def test_hostile_text_of_a_person_is_shown_and_calls_nobody(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    hostile = "<!channel> @here *b* `c` \u202egnp ```x``` &amp; " + "<!everyone>" * 900
    async with running():
        await slack.direct("U1", hostile)
        (message,) = await slack.wait_for(lambda: slack.messages("D0001"))

    assert "<" not in json.dumps([message.text, message.blocks])
