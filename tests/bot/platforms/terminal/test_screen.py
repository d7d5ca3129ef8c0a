"""The screen that answers and alerts share."""

import asyncio
import contextlib
import io
import os
from datetime import timedelta
from pathlib import Path

import pytest

from bot.platforms.terminal.exports import Exports
from bot.platforms.terminal.screen import PROMPT, Screen
from core.domain.errors import RetryLater, Undeliverable
from core.domain.replies import File, Reply

HELLO = Reply(lines=("Hello.",))
NOWHERE = Exports(Path("/nonexistent/exports"))
CSV = File(name="signals.csv", content=b"id\r\n1\r\n", media_type="text/csv", summary="1 signal")


async def test_without_a_person_it_is_plain_text() -> None:
    out = io.StringIO()
    screen = Screen(out, is_interactive=False, exports=NOWHERE)
    await screen.ask()
    await screen.show(HELLO)
    assert out.getvalue() == "Hello.\n\n"


async def test_a_prompt_that_waits_is_moved_below_an_alert() -> None:
    out = io.StringIO()
    screen = Screen(out, is_interactive=True, exports=NOWHERE, width=40)
    await screen.ask()
    await screen.show(HELLO)
    assert "Hello." in out.getvalue()
    assert out.getvalue().startswith(f"{PROMPT}\n")
    assert out.getvalue().endswith(f"\n{PROMPT}")


async def test_an_answer_to_a_line_needs_no_second_prompt() -> None:
    out = io.StringIO()
    screen = Screen(out, is_interactive=True, exports=NOWHERE, width=40)
    await screen.ask()
    await screen.answered()
    await screen.show(HELLO)
    assert out.getvalue().count(PROMPT) == 1


async def test_replies_never_mix() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading, "rb") as reader:
        screen = Screen(stream, is_interactive=False, exports=NOWHERE)
        await asyncio.gather(*(screen.show(Reply(lines=(letter * 600,))) for letter in "abc"))
        stream.close()
        assert reader.read().split() == [letter.encode() * 600 for letter in "abc"]


async def test_a_screen_that_takes_nothing_does_not_stop_the_loop() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading, "rb"):
        os.set_blocking(writing, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writing, b"x" * 4096)
        os.set_blocking(writing, True)
        screen = Screen(stream, is_interactive=False, exports=NOWHERE, patience=timedelta(milliseconds=20))
        with pytest.raises(RetryLater):
            await screen.show(HELLO)


async def test_a_screen_that_is_gone_is_told_as_undeliverable() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream, pytest.raises(Undeliverable):
        await Screen(stream, is_interactive=False, exports=NOWHERE).show(HELLO)
    out = io.StringIO()
    out.close()
    with pytest.raises(Undeliverable):
        await Screen(out, is_interactive=False, exports=NOWHERE).show(HELLO)


async def test_each_message_has_a_name_of_its_own() -> None:
    screen = Screen(io.StringIO(), is_interactive=False, exports=NOWHERE)
    names = await asyncio.gather(*(screen.show(HELLO) for _ in range(3)))
    assert len(set(names)) == 3


@pytest.mark.parametrize("is_interactive", [True, False])
async def test_a_file_is_kept_and_its_place_is_told(tmp_path: Path, is_interactive: bool) -> None:
    out = io.StringIO()
    screen = Screen(out, is_interactive=is_interactive, exports=Exports(tmp_path / "exports"), width=400)
    await screen.show(Reply(title="Signals", file=CSV))
    kept = tmp_path / "exports" / "signals.csv"
    assert f"File signals.csv: 1 signal, kept as {kept}" in out.getvalue()
    assert kept.read_bytes() == CSV.content


async def test_a_file_that_cannot_be_kept_is_told_and_the_words_are_shown(tmp_path: Path) -> None:
    out = io.StringIO()
    (tmp_path / "exports").write_text("a file is in the way")
    screen = Screen(out, is_interactive=False, exports=Exports(tmp_path / "exports"))
    await screen.show(Reply(title="Signals", file=CSV))
    assert out.getvalue() == "Signals\nFile signals.csv: 1 signal, it could not be kept: File exists\n\n"
