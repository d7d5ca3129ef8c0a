"""The one screen that answers and alerts share; what they say is decided elsewhere."""

import asyncio
import io
import itertools
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TextIO

from rich.console import Console

from bot.platforms.terminal.exports import Exports
from bot.platforms.terminal.format import to_plain, to_rich
from bot.platforms.terminal.streams import write_text
from core.domain.errors import RetryLater, Undeliverable
from core.domain.replies import Reply

PROMPT = "> "
_WAIT = timedelta(seconds=5)


class Screen:
    """Shows one document at a time, with colours where a person watches.

    Args:
        exports: Where files that come with documents are kept.
        width: Columns; None asks the terminal each time.
        patience: How long a screen that takes no text (stopped, or piped into something slow) is waited for.
    """

    def __init__(
        self,
        stdout: TextIO,
        *,
        is_interactive: bool,
        exports: Exports,
        width: int | None = None,
        patience: timedelta = timedelta(seconds=5),
    ) -> None:
        self._stdout = stdout
        self._is_interactive = is_interactive
        self._exports = exports
        self._width = width
        self._patience = patience
        self._lock = asyncio.Lock()
        self._has_prompt = False
        self._numbers = itertools.count(1)

    async def show(self, reply: Reply) -> str:
        """Show `reply` below what is there, keep the file that it brings, and return the name of the message.

        A prompt that waits is moved below it.

        Raises:
            RetryLater: nobody takes the text at present.
            Undeliverable: the terminal is gone.
        """
        told = await self._with_file_kept(reply)
        async with self._lock:
            if self._is_interactive:
                text = ("\n" if self._has_prompt else "") + self._coloured(told) + "\n"
                await self._write(text + PROMPT if self._has_prompt else text)
            else:
                await self._write(f"{to_plain(told)}\n\n")
        return f"terminal-{next(self._numbers)}"

    async def ask(self) -> None:
        """Show the prompt, where a person watches.

        Raises:
            RetryLater: nobody takes the text at present.
            Undeliverable: the terminal is gone.
        """
        async with self._lock:
            if self._is_interactive:
                await self._write(PROMPT)
                self._has_prompt = True

    async def answered(self) -> None:
        """Note that a person has ended the line of the prompt."""
        async with self._lock:
            self._has_prompt = False

    async def _with_file_kept(self, reply: Reply) -> Reply:
        """Return `reply` with the path of its file in the file's place."""
        if reply.file is None:
            return reply
        try:
            place = f"kept as {await self._exports.save(reply.file)}"
        except OSError as error:
            place = f"it could not be kept: {error.strerror or error}"
        return replace(reply, file=replace(reply.file, summary=f"{reply.file.summary}, {place}"))

    def _coloured(self, reply: Reply) -> str:
        # Into memory first: rich ends the whole process when its own file breaks.
        memory = io.StringIO()
        width = self._width or shutil.get_terminal_size().columns
        console = Console(file=memory, force_terminal=True, width=width, highlight=False, markup=False, emoji=False)
        console.print(to_rich(reply))
        return memory.getvalue()

    async def _write(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await write_text(self._stdout, text)
        except TimeoutError as error:
            raise RetryLater("the terminal takes no text", _WAIT) from error
        except (OSError, ValueError) as error:
            raise Undeliverable("the terminal is gone") from error
