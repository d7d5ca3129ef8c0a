"""Runs a process until it is told to stop: by a signal of the operating system, by time, or by an error."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

from bot.app.chat import TerminalUse
from bot.app.process import Process, ProcessOptions
from bot.settings import Settings
from bot.telemetry.logs import logging_to


async def run_forever(settings: Settings) -> None:
    """Run the bot until SIGTERM or Ctrl-C.

    Raises:
        WavehelmError: it cannot start, or cannot go on without a person.
    """
    is_interactive = sys.stdin.isatty() and sys.stdout.isatty()
    terminal = TerminalUse(is_interactive=is_interactive, reads_input=is_interactive)
    ops = settings.ops
    with logging_to(sys.stderr, form=ops.log_format, level=ops.log_level, secrets=settings.secrets) as log:
        options = ProcessOptions(terminal=terminal, logs=log.lines)
        await run_until_stopped(Process(settings, options), None)


async def run_until_stopped(
    process: Process, duration: timedelta | None, beside: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Start `process`, wait for a signal, for `duration` of real time, or for its failure, and end it in order.

    Args:
        process: Not started yet.
        duration: None is "until a signal".
        beside: Work that goes on as long as the process does; when it ends or fails, the process ends, too.

    Raises:
        WavehelmError: what the process failed with.
    """
    stopped = asyncio.Event()

    def stop() -> None:
        # A start may be long: it goes on with the wave that the process before it died in.
        process.halt()
        stopped.set()

    with _signals_set(stop):
        await process.start()
        told = asyncio.create_task(stopped.wait())
        failing = asyncio.create_task(process.failure())
        besides = [] if beside is None else [asyncio.ensure_future(beside())]
        waits: set[asyncio.Future[Any]] = {told, failing, *besides}
        failure = None
        try:
            await asyncio.wait(
                waits,
                timeout=None if duration is None else duration.total_seconds(),
                return_when=asyncio.FIRST_COMPLETED,
            )
            failure = failing.result() if failing.done() else None
        finally:
            reason = str(failure) if failure else "told to stop" if stopped.is_set() else "its time is over"
            await process.stop(reason)
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
    for wait in besides:
        if not wait.cancelled():
            wait.result()
    if failure is not None:
        raise failure


@contextlib.contextmanager
def _signals_set(act: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
