"""Lines from a stream and text to one, without ever blocking the loop and without a thread; words mean nothing here."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Protocol, TextIO

from core.ports.edges import Clock

LONGEST_LINE = 65_536
_CHUNK = 256
"""Bytes that a terminal takes at once when it says that it takes any."""

_BACKGROUND_PAUSE = timedelta(seconds=1)


class Readable(Protocol):
    """What has a file descriptor, as sys.stdin does."""

    def fileno(self) -> int:
        """Return the descriptor."""
        ...


async def read_lines(stream: Readable, clock: Clock) -> AsyncGenerator[str, None]:
    """Yield lines without their end until the stream ends; what follows the last line break is a line, too.

    A line longer than `LONGEST_LINE` bytes is cut. Bytes that are no UTF-8 become replacement characters.
    """
    descriptor = stream.fileno()
    waiting = b""
    while True:
        await _wait_readable(descriptor, clock)
        try:
            chunk = os.read(descriptor, LONGEST_LINE)
        except BlockingIOError:
            continue
        except OSError:
            # The terminal is gone: that is the end of what it says.
            chunk = b""
        if not chunk:
            break
        *lines, waiting = (waiting + chunk).split(b"\n")
        for line in lines:
            yield _text(line)
        waiting = waiting[:LONGEST_LINE]
    if waiting:
        yield _text(waiting)


async def write_text(stream: TextIO, text: str) -> None:
    """Write all of `text`; waits, without blocking, while nobody takes it.

    Raises:
        OSError: the other end is gone.
        ValueError: the stream is closed.
    """
    encoding = stream.encoding or "utf-8"
    data = text.encode(encoding, "replace")
    try:
        descriptor = stream.fileno()
    except OSError:
        # A stream in memory.
        stream.write(data.decode(encoding))
        return
    stream.flush()
    while data:
        await _wait_for(descriptor, asyncio.get_running_loop().add_writer, asyncio.get_running_loop().remove_writer)
        try:
            written = os.write(descriptor, data[:_CHUNK])
        except BlockingIOError:
            continue
        data = data[written:]


async def _wait_readable(descriptor: int, clock: Clock) -> None:
    """Wait until reading would not block; a process in the background must not read, or the system stops it."""
    loop = asyncio.get_running_loop()
    while True:
        await _wait_for(descriptor, loop.add_reader, loop.remove_reader)
        if _is_ours(descriptor):
            return
        await clock.sleep(_BACKGROUND_PAUSE)


async def _wait_for(
    descriptor: int, add: Callable[[int, Callable[[], None]], None], remove: Callable[[int], object]
) -> None:
    """Wait until `descriptor` is ready; plain files always are, and cannot be watched."""
    ready = asyncio.Event()
    try:
        add(descriptor, ready.set)
    except PermissionError:
        return
    try:
        await ready.wait()
    finally:
        remove(descriptor)


def _is_ours(descriptor: int) -> bool:
    """Return False only for a terminal whose foreground belongs to another job."""
    if not os.isatty(descriptor):
        return True
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True


def _text(line: bytes) -> str:
    return line[:LONGEST_LINE].decode("utf-8", "replace").removesuffix("\r")
