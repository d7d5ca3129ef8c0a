"""Runs a process until it is told to stop: by a signal of the operating system, by time, or by an error."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

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
    options = ProcessOptions(terminal=TerminalUse(is_interactive=is_interactive, reads_input=is_interactive))
    with logging_to(sys.stderr, form=settings.ops.log_format, level=settings.ops.log_level, secrets=settings.secrets):
        await run_until_stopped(Process(settings, options), None)


async def run_until_stopped(
    process: Process, duration: timedelta | None, beside: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Start `process`, wait for a signal, for `duration` of real time, or for its failure, and end it in order.

    Args:
        process: Not started yet.
        duration: None is "until a signal".
        beside: Work that goes on as long as the process does.

    Raises:
        ConfigurationError: what the process failed with.
    """
    stopped = asyncio.Event()
    with _signals_set(stopped):
        await process.start()
        waits = [asyncio.create_task(stopped.wait()), asyncio.create_task(process.failure())]
        if duration is not None:
            waits.append(asyncio.create_task(asyncio.sleep(duration.total_seconds())))
        besides = [] if beside is None else [asyncio.ensure_future(beside())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            failure = waits[1].result() if waits[1].done() and not waits[1].cancelled() else None
            reason = str(failure) if failure else "told to stop" if stopped.is_set() else "its time is over"
            await process.stop(reason)
            for task in (*waits, *besides):
                task.cancel()
            await asyncio.gather(*waits, *besides, return_exceptions=True)
    if isinstance(failure, Exception):
        raise failure


@contextlib.contextmanager
def _signals_set(stopped: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
