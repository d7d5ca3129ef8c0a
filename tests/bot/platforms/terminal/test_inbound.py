"""A person at the terminal, from the keys to the answer."""

import asyncio
import io
import os
import re
from pathlib import Path

import pytest

from bot.platforms.terminal.exports import Exports
from bot.platforms.terminal.inbound import LOCAL, TerminalPlatform
from bot.platforms.terminal.screen import Screen
from core.domain.people import Role
from core.domain.replies import Reply
from handlers.invocation import Invocation, InvocationKind
from tests.builders import make_position
from tests.fakes.chat import FakeChat
from tests.fakes.clock import FakeClock
from tests.fakes.feed import eventually
from tests.fakes.scripted_dispatch import ScriptedDispatch

NOWHERE = Exports(Path("/nonexistent/exports"))


def listener() -> ScriptedDispatch:
    """Return a dispatcher that repeats what it hears, asks before it closes, and can keep silent."""

    def answer(invocation: Invocation) -> Reply | None:
        if invocation.words == "hush":
            return None
        is_question = invocation.words.startswith("/close")
        return Reply(lines=(f"heard {invocation.words}",), confirmation="ab12cd" if is_question else None)

    return ScriptedDispatch(answer)


def typed(text: str) -> io.FileIO:
    """Return an input that has `text` and then ends."""
    reading, writing = os.pipe()
    with io.FileIO(writing, "w") as writer:
        writer.write(text.encode())
    return io.FileIO(reading, "r")


async def test_each_line_is_answered_and_the_end_of_input_ends_quietly() -> None:
    dispatch, out, clock = listener(), io.StringIO(), FakeClock()
    with typed("  /status \n\n   \nhush\nwhy SOL\n") as stdin:
        platform = TerminalPlatform(
            dispatch=dispatch, clock=clock, stdin=stdin, screen=Screen(out, is_interactive=False, exports=NOWHERE)
        )
        await platform.run()
    assert [each.words for each in dispatch.heard] == ["/status", "hush", "why SOL"]
    assert out.getvalue().split("\n\n") == [
        "heard /status",
        "heard why SOL",
        "The input has ended. The bot runs on; Ctrl-C ends it.",
        "",
    ]
    first = dispatch.heard[0]
    assert (first.person, first.chat, first.kind, first.is_private) == (LOCAL, "terminal", InvocationKind.TEXT, True)
    assert first.received_at == clock.now()


async def test_a_person_sees_a_prompt() -> None:
    out = io.StringIO()
    with typed("/a\n") as stdin:
        screen = Screen(out, is_interactive=True, exports=NOWHERE, width=60)
        await TerminalPlatform(dispatch=listener(), clock=FakeClock(), stdin=stdin, screen=screen).run()
    assert out.getvalue().startswith("> ")
    assert "heard /a" in out.getvalue()


async def test_where_a_question_was_shown_is_told_after_it_was_shown() -> None:
    dispatch, out = listener(), io.StringIO()
    with typed("/close 1\n/close 2\n/status\n") as stdin:
        screen = Screen(out, is_interactive=False, exports=NOWHERE)
        await TerminalPlatform(dispatch=dispatch, clock=FakeClock(), stdin=stdin, screen=screen).run()
    assert dispatch.showings == [("ab12cd", "terminal", "")] * 2, "nothing that is written there can be changed"


async def test_a_question_that_nobody_saw_is_not_told() -> None:
    dispatch, out = listener(), io.StringIO()
    out.close()
    with typed("/close 1\n") as stdin:
        screen = Screen(out, is_interactive=False, exports=NOWHERE)
        await TerminalPlatform(dispatch=dispatch, clock=FakeClock(), stdin=stdin, screen=screen).run()
    assert dispatch.showings == []


async def test_it_can_be_cancelled_while_it_waits() -> None:
    reading, writing = os.pipe()
    with io.FileIO(reading, "r") as stdin, io.FileIO(writing, "w"):
        screen = Screen(io.StringIO(), is_interactive=False, exports=NOWHERE)
        task = asyncio.create_task(
            TerminalPlatform(dispatch=listener(), clock=FakeClock(), stdin=stdin, screen=screen).run()
        )
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_terminal_that_is_gone_ends_only_itself() -> None:
    out = io.StringIO()
    out.close()
    with typed("/a\n") as stdin:
        screen = Screen(out, is_interactive=True, exports=NOWHERE, width=60)
        await TerminalPlatform(dispatch=listener(), clock=FakeClock(), stdin=stdin, screen=screen).run()


async def test_the_real_dispatcher_answers_the_local_person() -> None:
    chat, out = FakeChat(), io.StringIO()
    chat.access._roles[(LOCAL.platform, LOCAL.id)] = Role.ADMIN
    with typed("/pause for 2h news\npositions\nwhat is up\n/close 1\n") as stdin:
        screen = Screen(out, is_interactive=False, exports=NOWHERE)
        await TerminalPlatform(dispatch=chat.dispatch, clock=chat.clock, stdin=stdin, screen=screen).run()
    text = out.getvalue()
    assert "[PAPER] * Entries are paused" in text
    assert "Everything: paused by terminal since 10:20, until 12:20 (2h left) (news)" in text
    assert "No position is open." in text
    assert "I answer commands" in text
    assert "No open position “1”" in text
    assert [row.kind for row in await chat.audit()] == ["text"] * 4


async def test_a_dangerous_act_is_asked_for_shown_and_confirmed_by_typing() -> None:
    chat, out = FakeChat(), io.StringIO()
    chat.access._roles[(LOCAL.platform, LOCAL.id)] = Role.ADMIN
    await chat.keep(positions=[make_position()])
    reading, writing = os.pipe()
    with io.FileIO(reading, "r") as stdin, io.FileIO(writing, "w") as keyboard:
        screen = Screen(out, is_interactive=False, exports=NOWHERE)
        platform = TerminalPlatform(dispatch=chat.dispatch, clock=chat.clock, stdin=stdin, screen=screen)
        task = asyncio.create_task(platform.run())
        keyboard.write(b"/close SOL\n")
        await eventually(lambda: "/confirm" in out.getvalue())
        assert chat.desk.calls == []
        question = re.search(r"/confirm \w+", out.getvalue())
        assert question is not None
        keyboard.write(f"{question[0]}\n".encode())
        await eventually(lambda: chat.desk.calls == ["close 1 1"])
        keyboard.write(b"/positions\n")
        await eventually(lambda: "No position is open." in out.getvalue())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
