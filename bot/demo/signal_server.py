"""A signal server of our own that speaks the real one's protocol. What it tells comes from `signal_script`."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bot.demo.signal_faults import Row, SignalFaults
from core.ports.edges import Clock

_WINDOW = timedelta(minutes=30)
_QUERY_INTERVAL_S = 3
_AUTH_TIMEOUT_S = 30.0


class SimulatedSignalServer:
    """Holds the recent window of signals and broadcasts it whole on every change.

    Attributes:
        faults: Switches, to be turned at any time.
        accepted: Connections since the start.
        received: Types of the messages that came in, oldest first; for tests.
    """

    def __init__(
        self,
        *,
        token: str,
        clock: Clock,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: SignalFaults | None = None,
    ) -> None:
        self._token = token
        self._clock = clock
        self._host = host
        self._port = port
        self.faults = faults or SignalFaults()
        self.accepted = 0
        self.received: list[str] = []
        self._window: list[tuple[datetime, Row]] = []
        self._clients: set[ServerConnection] = set()
        self._server: Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on; the system's choice if 0 was asked for."""
        return self._port

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"ws://{self._host}:{self._port}"

    @property
    def clients(self) -> int:
        """How many clients are let in now."""
        return len(self._clients)

    async def start(self) -> None:
        """Listen; after a `close` on the same port again."""
        self._server = await serve(
            self._serve, self._host, self._port, ping_interval=None, close_timeout=1, compression=None
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def close(self) -> None:
        """Drop everybody and listen no more."""
        server, self._server = self._server, None
        if server is not None:
            self.drop()
            server.close()
            await server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def publish(self, rows: Sequence[Row]) -> None:
        """Add `rows` to the window and broadcast it; rows older than half an hour leave it."""
        now = self._clock.now()
        self._window = [(at, row) for at, row in self._window if now - at < _WINDOW]
        self._window += [(now, row) for row in rows]
        for _ in range(self.faults.broadcasts):
            await self.send_all(*self._frames())

    async def send_all(self, *frames: str | bytes) -> None:
        """Send frames as they are to everybody who is let in."""
        for client in tuple(self._clients):
            with suppress(ConnectionClosed):
                await self._send(client, *frames)

    def drop(self) -> None:
        """Cut every connection without a word."""
        for connection in self._server.connections if self._server else ():
            connection.transport.abort()

    def freeze(self) -> None:
        """Read nothing more from whoever is connected now: not even pings of the socket are answered."""
        for connection in self._server.connections if self._server else ():
            connection.transport.pause_reading()

    def _frames(self) -> list[str]:
        return self.faults.frames((row for _, row in self._window), self._clock.now().replace(tzinfo=None).isoformat())

    async def _send(self, client: ServerConnection, *frames: str | bytes) -> None:
        if self.faults.is_hung:
            return
        for frame in frames:
            if self.faults.delay_s:
                await asyncio.sleep(self.faults.delay_s)
            await client.send(frame)

    async def _serve(self, client: ServerConnection) -> None:
        self.accepted += 1
        with suppress(ConnectionClosed, TimeoutError):
            if not await self._let_in(client):
                return
            self._clients.add(client)
            try:
                if self._window:
                    await self._send(client, *self._frames())
                await self._converse(client)
            finally:
                self._clients.discard(client)

    async def _let_in(self, client: ServerConnection) -> bool:
        if self.faults.asks_no_auth:
            return True
        await self._send(client, json.dumps({"type": "auth_required", "message": "send your token"}))
        async with asyncio.timeout(_AUTH_TIMEOUT_S):
            message = _read(await client.recv())
        self.received.append(str(message.get("type")))
        if self.faults.refuses_auth or message.get("type") != "auth" or message.get("token") != self._token:
            await self._send(client, json.dumps({"type": "auth_failed", "message": "invalid token"}))
            return False
        welcome = {"type": "auth_success", "query_interval": _QUERY_INTERVAL_S, "signal_window": _WINDOW.seconds // 60}
        await self._send(client, json.dumps(welcome))
        return True

    async def _converse(self, client: ServerConnection) -> None:
        async for data in client:
            message = _read(data)
            kind = str(message.get("type"))
            self.received.append(kind)
            if kind == "get_signals":
                await self._send(client, *self._frames())
            else:
                await self._send(client, json.dumps(self._answer(kind)))

    def _answer(self, kind: str) -> dict[str, Any]:
        if kind == "ping":
            return {"type": "pong"}
        if kind == "get_stats":
            return {"type": "stats", "data": {"signals": len(self._window), "clients": len(self._clients)}}
        return {"type": "error", "message": f"unknown message type: {kind[:40]}"}


def _read(data: str | bytes) -> dict[str, Any]:
    try:
        message = json.loads(data)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
