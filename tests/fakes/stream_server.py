"""A WebSocket server on this machine that does as a test tells it. No venue is imitated here."""

from collections.abc import Callable, Iterable
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Answer = Callable[[ServerConnection, str], Iterable[str]]


class StreamServer:
    """Remembers who came and what they said; `answer` says what they are told."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _, __: ()
        self.refusal: HTTPStatus | None = None
        self.is_deaf = False
        self.paths: list[str] = []
        self.received: list[str] = []
        self.connections: list[ServerConnection] = []
        self._server: Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}"

    @property
    def open(self) -> list[ServerConnection]:
        """The connections that stand."""
        return [connection for connection in self.connections if connection.close_code is None]

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await serve(
            self._converse,
            "127.0.0.1",
            self._port,
            process_request=self._receive,
            ping_interval=None,
            close_timeout=0.1,
            compression=None,
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Cut every connection and listen no more."""
        if self._server is not None:
            self.cut()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def cut(self) -> None:
        """Cut every connection without a word."""
        for connection in self.open:
            connection.transport.abort()

    async def tell(self, *frames: str | bytes) -> None:
        """Send `frames` on every connection that stands, as text."""
        for connection in self.open:
            for frame in frames:
                await connection.send(frame, text=True)

    def _receive(self, _: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        return None if self.refusal is None else Response(self.refusal, "no", request.headers.__class__())

    async def _converse(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        try:
            while True:
                if self.is_deaf:
                    await connection.wait_closed()
                message = str(await connection.recv())
                self.received.append(message)
                for frame in self.answer(connection, message):
                    await connection.send(frame)
        except ConnectionClosed:
            return

    async def __aenter__(self) -> "StreamServer":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
