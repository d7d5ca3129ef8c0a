"""The running process's own door for `wavehelm do`: a Unix socket that only its user may open (mode 0600).

Whoever may open it is trusted as much as the terminal; what the words may do is still decided by the dispatcher.
A request is a line of JSON; so is the answer, and the bytes of a file follow it if it names one.
"""

import asyncio
import contextlib
import getpass
import json
import logging
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.domain.errors import ConfigurationError, Unreachable
from core.domain.people import Person
from core.domain.replies import Reply
from core.ports.edges import Clock
from handlers.invocation import Dispatch, Invocation, InvocationKind

LOCAL = "local"
"""The one person behind the socket, as roles are listed for it."""

CHAT = "socket"
LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; a larger file is not sent, and the answer says so."""

_LONGEST_LINE = 65_536
_LONGEST_ANSWER = 16 * _LONGEST_LINE
_ANSWER_TIMEOUT_S = 60
_NO_REQUEST = (ConnectionError, RecursionError, TimeoutError, ValueError)
"""What a caller's own fault, or its leaving, looks like; it gets no answer."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file that came with an answer."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the running process answered."""

    text: str
    file: SentFile | None = None


class ControlSocket:
    """Answers one command a connection."""

    def __init__(self, path: Path, *, dispatch: Dispatch, render: Callable[[Reply], str], clock: Clock) -> None:
        self._path = path
        self._dispatch = dispatch
        self._render = render
        self._clock = clock
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Listen until cancelled; a socket file that a dead process left is replaced.

        Where no socket can be made (the folder's file system knows none, its path is too long) the process does
        without: this is logged, and `run` returns.

        Raises:
            ConfigurationError: another process listens there.
        """
        try:
            listening = _bound(self._path)
        except OSError as error:
            _log.error("no_control_socket", extra={"path": str(self._path), "error": str(error)})
            return
        with _file_of(self._path):
            server = await asyncio.start_unix_server(self._take, sock=listening, limit=_LONGEST_LINE)
            try:
                await asyncio.Event().wait()
            finally:
                server.close()
                for task in self._answering:
                    task.cancel()
                await asyncio.gather(*self._answering, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="control socket: a command")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(*_NO_REQUEST):
                async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                    await self._answer(reader, writer)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = json.loads(await reader.readline())
        reply = await self._dispatch(self._invocation(asked))
        header, content = self._written(reply)
        if reply is not None and reply.confirmation is not None:
            # Before it is sent: whoever reads it may confirm at once. What is written here cannot be changed.
            self._dispatch.shown(reply.confirmation, CHAT, "")
        writer.write(json.dumps(header).encode() + b"\n")
        writer.write(content)
        await writer.drain()

    def _written(self, reply: Reply | None) -> tuple[dict[str, object], bytes]:
        """Return the line that answers, and the bytes that follow it."""
        if reply is None:
            return {"text": ""}, b""
        text, file = self._render(reply), reply.file
        if file is None:
            return {"text": text}, b""
        if len(file.content) > LARGEST_FILE:
            text += f"\n{file.name} is too large to come this way: {len(file.content)} bytes, {LARGEST_FILE} at most."
            return {"text": text}, b""
        return {"text": text, "file": {"name": file.name, "size": len(file.content)}}, file.content

    def _invocation(self, asked: object) -> Invocation:
        if not isinstance(asked, dict):
            raise ValueError("a request is an object with words")  # noqa: TRY004 - one error for one mistake
        return Invocation(
            person=Person(platform="socket", id=LOCAL, name=str(asked.get("user", ""))[:40]),
            chat=CHAT,
            kind=InvocationKind.SOCKET,
            words=str(asked.get("words", "")),
            is_private=True,
            received_at=self._clock.now(),
        )


def _is_listened_at(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.setblocking(False)
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            return False
        except BlockingIOError:
            return True  # so many wait there already that we would have to
    return True


def _bound(path: Path) -> socket.socket:
    """Return a socket at `path` that does not listen yet: nobody gets in before the mode is set.

    The socket of a dead process is replaced; that of a live one, and any other file, is left alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_socket():
        if _is_listened_at(path):
            raise ConfigurationError(
                f"another process listens at {path}: give each instance a database file with a name of its own"
            )
        path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(path))
        path.chmod(0o600)
    except BaseException:
        bound.close()
        raise
    return bound


@contextlib.contextmanager
def _file_of(path: Path) -> Iterator[None]:
    """Remove the file at `path` at the end, unless it is another process's by then."""
    ours = path.stat().st_ino
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if path.stat().st_ino == ours:
                path.unlink()


async def ask(path: Path, words: str) -> Told:
    """Send `words` to the process that listens at `path` and return its answer.

    Raises:
        Unreachable: no process listens there, or it does not answer.
    """
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            return await _exchange(path, json.dumps({"words": words, "user": _user()}).encode() + b"\n")
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise Unreachable(f"no running wavehelm listens at {path}: start one with `wavehelm run`") from error
    except TimeoutError as error:
        raise Unreachable(f"the process at {path} does not answer") from error
    except (ConnectionError, EOFError, KeyError, TypeError, ValueError) as error:
        raise Unreachable(f"the process at {path} closed the connection without an answer") from error
    except OSError as error:
        raise Unreachable(f"{path} cannot be opened: {error.strerror or error}") from error


async def _exchange(path: Path, request: bytes) -> Told:
    reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_ANSWER)
    try:
        writer.write(request)
        await writer.drain()
        answer = json.loads(await reader.readline())
        return Told(text=str(answer["text"]), file=await _sent_file(reader, answer.get("file")))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _sent_file(reader: asyncio.StreamReader, named: dict[str, object] | None) -> SentFile | None:
    if named is None:
        return None
    size = int(str(named["size"]))
    if not 0 <= size <= LARGEST_FILE:
        raise ValueError("no such file can come this way")
    return SentFile(name=str(named["name"]), content=await reader.readexactly(size))


def _user() -> str:
    """Return who asks; a container's user may have a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
