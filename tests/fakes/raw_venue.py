"""A local HTTP server that answers as it is told, body for body. It knows nothing of any venue."""

import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import web

Hold = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    fields: dict[str, str]
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer. `hold` is awaited before it is given; `cut` closes the connection without one."""

    body: object = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hold: Hold | None = None
    cut: bool = False


class RawVenue:
    """Answers each path with what was put there last, after what was queued for it."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.root = ""
        self._always: dict[str, Told | Callable[[], Told]] = {}
        self._next: dict[str, deque[Told]] = defaultdict(deque)

    def always(self, path: str, told: Told | Callable[[], Told]) -> None:
        self._always[path] = told

    def once(self, path: str, told: Told) -> None:
        self._next[path].append(told)

    def paths(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.seen]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        form = dict(parse_qsl(body)) if "form" in request.content_type else {}
        seen = Seen(
            method=request.method,
            path=request.path,
            fields={**request.query, **form},
            headers=dict(request.headers),
            body=body,
        )
        self.seen.append(seen)
        waiting = self._next[request.path]
        told = (
            waiting.popleft() if waiting else self._always.get(request.path, Told(status=404, body="<html>no</html>"))
        )
        if callable(told):
            told = told()
        if told.hold is not None:
            await told.hold()
        if told.cut:
            assert request.transport is not None
            request.transport.close()
        text = told.body if isinstance(told.body, str) else json.dumps(told.body)
        return web.Response(status=told.status, text=text, headers=told.headers, content_type="application/json")


@asynccontextmanager
async def raw_venue() -> AsyncIterator[RawVenue]:
    """Run a server on a free port of this machine."""
    venue = RawVenue()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", venue.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    venue.root = f"http://{host}:{port}"
    try:
        yield venue
    finally:
        await runner.cleanup()
