"""A person at the terminal, from the keys to the answer."""

import asyncio
import io
import os

import pytest

from bot.platforms.terminal.inbound import LOCAL, TerminalPlatform
from bot.platforms.terminal.screen import Screen
from core.domain.people import Role
from core.domain.replies import Reply
from handlers.invocation import Invocation, InvocationKind
from tests.fakes.chat import FakeChat
from tests.fakes.clock import FakeClock


class Listener:
    """A dispatcher that repeats what it hears."""

    def __init__(self) -> None:
        self.heard: list[Invocation] = []

    async def __call__(self, invocation: Invocation) -> Reply | None:
        self.heard.append(invocation)
        return None if invocation.words == "hush" else Reply(lines=(f"heard {invocation.words}",))


def typed(text: str) -> io.FileIO:
    """Return an input that has `text` and then ends."""
    reading, writing = os.pipe()
    with io.FileIO(writing, "w") as writer:
        writer.write(text.encode())
    return io.FileIO(reading, "r")


async def test_each_line_is_answered_and_the_end_of_input_ends_quietly() -> None:
    listener, out, clock = Listener(), io.StringIO(), FakeClock()
    with typed("  /status \n\n   \nhush\nwhy SOL\n") as stdin:
        platform = TerminalPlatform(
            dispatch=listener, clock=clock, stdin=stdin, screen=Screen(out, is_interactive=False)
        )
        await platform.run()
    assert [each.words for each in listener.heard] == ["/status", "hush", "why SOL"]
    assert out.getvalue().split("\n\n") == [
        "heard /status",
        "heard why SOL",
        "The input has ended. The bot runs on; Ctrl-C ends it.",
        "",
    ]
    first = listener.heard[0]
    assert (first.person, first.chat, first.kind, first.is_private) == (LOCAL, "terminal", InvocationKind.TEXT, True)
    assert first.received_at == clock.now()


async def test_a_person_sees_a_prompt() -> None:
    out = io.StringIO()
    with typed("/a\n") as stdin:
        screen = Screen(out, is_interactive=True, width=60)
        await TerminalPlatform(dispatch=Listener(), clock=FakeClock(), stdin=stdin, screen=screen).run()
    assert out.getvalue().startswith("> ")
    assert "heard /a" in out.getvalue()


async def test_it_can_be_cancelled_while_it_waits() -> None:
    reading, writing = os.pipe()
    with io.FileIO(reading, "r") as stdin, io.FileIO(writing, "w"):
        screen = Screen(io.StringIO(), is_interactive=False)
        task = asyncio.create_task(
            TerminalPlatform(dispatch=Listener(), clock=FakeClock(), stdin=stdin, screen=screen).run()
        )
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_terminal_that_is_gone_ends_only_itself() -> None:
    out = io.StringIO()
    out.close()
    with typed("/a\n") as stdin:
        screen = Screen(out, is_interactive=True, width=60)
        await TerminalPlatform(dispatch=Listener(), clock=FakeClock(), stdin=stdin, screen=screen).run()


async def test_the_real_dispatcher_answers_the_local_person() -> None:
    chat, out = FakeChat(), io.StringIO()
    chat.access._roles[(LOCAL.platform, LOCAL.id)] = Role.ADMIN
    with typed("/pause for 2h news\npositions\nwhat is up\n/close 1\n") as stdin:
        screen = Screen(out, is_interactive=False)
        await TerminalPlatform(dispatch=chat.dispatch, clock=chat.clock, stdin=stdin, screen=screen).run()
    text = out.getvalue()
    assert "[PAPER] * Entries are paused" in text
    assert "Everything: paused by terminal since 10:20, until 12:20 (2h left) (news)" in text
    assert "No position is open." in text
    assert "I answer commands" in text
    assert "Usage: /close" in text
    assert [row.kind for row in await chat.audit()] == ["text"] * 4
