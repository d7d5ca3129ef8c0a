"""The running process's own door for `wavehelm do`: a Unix socket that only its user may open (mode 0600).

Whoever may open it is trusted as much as the terminal; what the words may do is still decided by the dispatcher.
"""

import asyncio
import contextlib
import getpass
import json
from collections.abc import Callable
from pathlib import Path

from core.domain.errors import Unreachable
from core.domain.people import Person
from core.domain.replies import Reply
from core.ports.edges import Clock
from handlers.invocation import Dispatch, Invocation, InvocationKind

LOCAL = "local"
"""The one person behind the socket, as roles are listed for it."""

_LONGEST_LINE = 65_536
_ANSWER_TIMEOUT_S = 60


class ControlSocket:
    """Answers one command a connection."""

    def __init__(self, path: Path, *, dispatch: Dispatch, render: Callable[[Reply], str], clock: Clock) -> None:
        self._path = path
        self._dispatch = dispatch
        self._render = render
        self._clock = clock

    async def run(self) -> None:
        """Listen until cancelled; a socket file that a dead process left is replaced."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._serve, path=self._path, limit=_LONGEST_LINE)
        self._path.chmod(0o600)
        try:
            async with server:
                await server.serve_forever()
        finally:
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError, TimeoutError):
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                asked = json.loads(await reader.readline())
                reply = await self._dispatch(self._invocation(asked))
                text = "" if reply is None else self._render(reply)
                writer.write(json.dumps({"text": text}).encode() + b"\n")
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def _invocation(self, asked: object) -> Invocation:
        if not isinstance(asked, dict):
            raise ValueError("a request is an object with words")  # noqa: TRY004 - one error for one mistake
        return Invocation(
            person=Person(platform="socket", id=LOCAL, name=str(asked.get("user", ""))[:40]),
            chat="socket",
            kind=InvocationKind.SOCKET,
            words=str(asked.get("words", "")),
            is_private=True,
            received_at=self._clock.now(),
        )


async def ask(path: Path, words: str) -> str:
    """Send `words` to the process that listens at `path` and return its answer.

    Raises:
        Unreachable: no process listens there.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_LINE * 16)
    except (FileNotFoundError, ConnectionError) as error:
        raise Unreachable(f"no running wavehelm listens at {path}: start one with `wavehelm run`") from error
    try:
        writer.write(json.dumps({"words": words, "user": getpass.getuser()}).encode() + b"\n")
        await writer.drain()
        answer = await reader.readline()
    finally:
        writer.close()
    if not answer:
        raise Unreachable(f"the process at {path} closed the connection without an answer")
    return str(json.loads(answer)["text"])
