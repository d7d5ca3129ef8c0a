"""What goes over the wire of a venue's server: requests, answers, sockets, counts of weight; no venue's dialect."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import WSCloseCode, web

from tests.fakes.venues.faults import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request as it came.

    Attributes:
        host: Of the Host header: which of the venue's names the client meant.
        params: Of query and body (form or JSON object), as text.
        query, body: As they came, for signatures.
    """

    at_ms: int
    method: str
    host: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    query: str
    body: str

    @property
    def key(self) -> str:
        """`POST /path`, to look handlers up and for assertions."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back; a body that is no text goes as JSON."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def encode(body: object) -> str:
    """Return JSON without blanks; Decimals as plain text, the way venues write numbers."""
    return json.dumps(body, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(f"{value!r} does not go into JSON")


def plain(value: Decimal) -> str:
    """Return a number as venues write it: no exponent, no trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_params(query: str, body: str) -> dict[str, str]:
    """Return the parameters of query and body together; a JSON body's values as text."""
    params = dict(parse_qsl(query, keep_blank_values=True))
    if body.startswith("{"):
        loaded: dict[str, Any] = json.loads(body)
        return params | {name: value if isinstance(value, str) else json.dumps(value) for name, value in loaded.items()}
    return params | dict(parse_qsl(body, keep_blank_values=True))


class SlidingCount:
    """Counts weight in a window that slides with the test's time."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._entries: deque[tuple[int, int]] = deque()
        self._sum = 0

    def add(self, weight: int, now_ms: int) -> int:
        """Count `weight` and return what is in the window now."""
        self._entries.append((now_ms, weight))
        self._sum += weight
        return self.used(now_ms)

    def used(self, now_ms: int) -> int:
        """Return what is in the window now."""
        while self._entries and self._entries[0][0] <= now_ms - self._window_ms:
            self._sum -= self._entries.popleft()[1]
        return self._sum

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._sum = 0


class VenueSocket:
    """One WebSocket connection of a client; sending never waits.

    Attributes:
        path, params, host: What the client connected to.
        heard: Every text frame it sent; `pongs` how many pongs.
        sent: Every frame sent to it (not those that were swallowed).
        topics: For the dialect: what it subscribed to, in order.
        state: For the dialect: whatever else it needs to know of this connection.
    """

    def __init__(self, ws: web.WebSocketResponse, request: Request, faults: Faults) -> None:
        self.path = request.path
        self.params = request.params
        self.host = request.host
        self.heard: list[str] = []
        self.sent: list[str] = []
        self.pongs = 0
        self.topics: dict[str, None] = {}
        self.state: dict[str, Any] = {}
        self._ws = ws
        self._faults = faults
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue()

    @property
    def is_open(self) -> bool:
        """True while it can be written to."""
        return not self._ws.closed

    def send(self, message: object) -> None:
        """Send a message (text, or something for JSON) unless sockets are silent."""
        if self._faults.are_sockets_silent or self._faults.is_black_hole:
            return
        text = message if isinstance(message, str) else encode(message)
        self.sent.append(text)
        self._waiting.put_nowait(text)

    def end(self) -> None:
        """Close it politely once everything sent so far is written."""
        self._waiting.put_nowait(None)

    async def pump(self) -> None:
        """Write what waits to be written, until `end`."""
        while True:
            text = await self._waiting.get()
            try:
                if text is None:
                    await self._ws.close(code=WSCloseCode.OK)
                    return
                await self._ws.send_str(text)
            except ConnectionError:
                return
            finally:
                self._waiting.task_done()

    async def flush(self) -> None:
        """Wait until everything sent so far is written."""
        await self._waiting.join()

    async def ping(self) -> None:
        """Send a ping frame."""
        await self._ws.ping()

    async def pong(self, payload: bytes) -> None:
        """Answer a ping frame of the client, unless sockets are silent."""
        if not (self._faults.are_sockets_silent or self._faults.is_black_hole):
            await self._ws.pong(payload)

    async def close(self, code: int = WSCloseCode.GOING_AWAY, reason: str = "") -> None:
        """Close it politely."""
        await self._ws.close(code=code, message=reason.encode())

    def cut(self) -> None:
        """Cut the connection without a word."""
        transport = self._ws._req.transport if self._ws._req is not None else None
        if transport is not None:
            transport.abort()
