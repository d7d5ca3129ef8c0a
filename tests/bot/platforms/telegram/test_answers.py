"""Answers as people see them: new messages, messages replaced in place, questions whose place is told."""

from dataclasses import replace

import pytest

from core.domain.replies import Button, File, Picker, Reply
from handlers.invocation import Invocation, InvocationKind
from tests.bot.platforms.telegram.conftest import Answered, Running, Stage
from tests.fakes.telegram_chats import Shown
from tests.fakes.telegram_server import Fault

ANN, BEN, GROUP = 1001, 1002, -100777
QUESTION = Reply(
    lines=("Close SOL?",),
    buttons=((Button(label="Confirm", command="/confirm t1"), Button(label="Cancel", command="/cancel t1")),),
    confirmation="t1",
)
DONE = Reply(lines=("SOL is closed.",), replaces=True)


@pytest.fixture(autouse=True)
def asks_and_acts(stage: Stage) -> None:
    async def handle(invocation: Invocation) -> Reply:
        return DONE if invocation.kind is InvocationKind.BUTTON else QUESTION

    stage.dispatch.handler = handle


async def ask(stage: Stage, chat: int | None = None, topic: int | None = None) -> Shown:
    stage.server.say(ANN, chat, "/close SOL", **({} if topic is None else {"topic": topic}))
    [shown] = await stage.server.wait_for_messages(chat or ANN)
    return shown


async def test_the_place_of_a_question_is_told(stage: Stage, running: Running) -> None:
    stage.server.add_chat(GROUP, topics=(5,))
    async with running(stage.platform):
        shown = await ask(stage, GROUP, topic=5)
        await stage.server.wait_for(lambda: stage.dispatch.questions)
    assert stage.dispatch.questions == [("t1", f"telegram:{GROUP}/5", f"{GROUP}/{shown.message_id}")]


async def test_the_answer_to_a_press_replaces_the_question(stage: Stage, running: Running) -> None:
    async with running(stage.platform):
        shown = await ask(stage)
        stage.server.press(ANN, shown, "Confirm")
        await stage.clock.run_until(lambda: shown.edits == 1)
    assert stage.dispatch.heard[1].message == f"{ANN}/{shown.message_id}"
    assert stage.dispatch.heard[0].message == ""
    assert (shown.text, shown.buttons) == ("SOL is closed.", [])
    assert stage.server.messages(ANN) == [shown]


async def test_a_question_shown_anew_in_its_place_is_told_again(stage: Stage, running: Running) -> None:
    async def again(invocation: Invocation) -> Reply:
        is_press = invocation.kind is InvocationKind.BUTTON
        return (
            replace(QUESTION, lines=("It moved. Close SOL?",), confirmation="t2", replaces=True)
            if is_press
            else QUESTION
        )

    stage.dispatch.handler = again
    async with running(stage.platform):
        shown = await ask(stage)
        stage.server.press(ANN, shown, "Confirm")
        await stage.clock.run_until(lambda: len(stage.dispatch.questions) == 2)
    assert stage.dispatch.questions[1] == ("t2", f"telegram:{ANN}", f"{ANN}/{shown.message_id}")
    assert shown.text == "It moved. Close SOL?"


@pytest.mark.parametrize("loss", ["deleted", "too old", "refused"])
async def test_an_answer_that_cannot_replace_comes_as_a_new_message(
    stage: Stage, running: Running, answered: Answered, loss: str
) -> None:
    async with running(stage.platform):
        shown = await ask(stage)
        stage.server.press(ANN, shown, "Confirm")
        if loss == "deleted":
            stage.server.delete(shown)
        elif loss == "too old":
            shown.date_s -= 49 * 3600
        else:
            refusal = Fault(method="editMessageText", status=400, description="Bad Request: whatever", times=2)
            stage.server.order(refusal)
        last = (await answered(ANN, 1 if loss == "deleted" else 2))[-1]
    assert last.text == "SOL is closed."


async def test_trouble_does_not_lose_a_replacement(stage: Stage, running: Running) -> None:
    async with running(stage.platform):
        shown = await ask(stage)
        stage.server.order(Fault(method="editMessageText", status=502))
        stage.server.order(Fault(method="editMessageText", status=429, retry_after_s=17))
        stage.server.order(Fault(method="editMessageText", loses_answer=True))
        stage.server.press(ANN, shown, "Confirm")
        await stage.clock.run_until(lambda: stage.server.count("editMessageText") == 4)
    assert (shown.text, shown.edits) == ("SOL is closed.", 1)
    assert len(stage.server.messages(ANN)) == 1


async def test_a_long_replacement_goes_on_below(stage: Stage, running: Running, answered: Answered) -> None:
    async def tell(invocation: Invocation) -> Reply:
        if invocation.kind is InvocationKind.BUTTON:
            return Reply(lines=tuple(f"{number} " + "x" * 3000 for number in range(3)), replaces=True)
        return QUESTION

    stage.dispatch.handler = tell
    async with running(stage.platform):
        shown = await ask(stage)
        stage.server.press(ANN, shown, "Confirm")
        messages = await answered(ANN, 3)
    assert [(message.text[0], message.edits) for message in messages] == [("0", 1), ("1", 0), ("2", 0)]


async def test_what_replaces_nothing_is_a_new_message(stage: Stage, running: Running, answered: Answered) -> None:
    async def tell(_: Invocation) -> Reply:
        return DONE

    stage.dispatch.handler = tell
    async with running(stage.platform):
        asked = stage.server.say(ANN, None, "/close SOL")
        [shown] = await answered(ANN, 1)
    assert (shown.text, shown.reply_to) == ("SOL is closed.", asked)


async def test_an_answer_follows_a_chat_that_moved(stage: Stage, running: Running, answered: Answered) -> None:
    stage.server.add_chat(-5, "group")
    async with running(stage.platform):
        stage.server.say(ANN, -5, "/close SOL")
        stage.server.migrate(-5, -1005)
        [shown] = await answered(-1005, 1)
        await stage.server.wait_for(lambda: stage.dispatch.questions)
    assert stage.dispatch.questions == [("t1", "telegram:-1005", f"-1005/{shown.message_id}")]


async def test_a_picker_is_pressed(stage: Stage, running: Running, answered: Answered) -> None:
    async def pick(invocation: Invocation) -> Reply:
        if invocation.kind is InvocationKind.BUTTON:
            return Reply(lines=(f"did {invocation.words}",))
        options = tuple(Button(label=f"SYM{number}", command=f"/close {number}") for number in range(100))
        return Reply(picker=Picker(prompt="Which position?", options=options))

    stage.dispatch.handler = pick
    async with running(stage.platform):
        shown = await ask(stage)
        stage.server.press(BEN, shown, "SYM99")
        last = (await answered(ANN, 2))[-1]
    assert shown.text == "Which position?"
    assert [len(row) for row in shown.buttons] == [2] * 50
    assert last.text == "did /close 99"


async def test_an_export_arrives_as_a_file(stage: Stage, running: Running, answered: Answered) -> None:
    async def export(_: Invocation) -> Reply:
        file = File(name="signals.csv", content=b"a\n", media_type="text/csv", summary="1 row")
        return Reply(title="Export", file=file, replaces=True)

    stage.dispatch.handler = export
    async with running(stage.platform):
        stage.server.say(ANN, None, "/export signals")
        [first] = await answered(ANN, 1)
    assert (first.text, first.file) == ("Export", ("signals.csv", b"a\n"))
