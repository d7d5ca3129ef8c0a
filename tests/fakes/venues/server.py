"""A venue's server on this machine: HTTP and WebSocket, plain or under the venue's real names with TLS; no dialect.

A dialect derives from VenueServer and overrides `respond`, `opened`, `heard` and `closed`.
"""

import asyncio
import contextlib
import socket as sockets
import ssl
from collections.abc import Callable
from functools import cache
from typing import Any, Self

import aiohttp
import trustme
from aiohttp import WSMsgType, web
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.fakes.venues.faults import End, Fault, Faults
from tests.fakes.venues.wire import Answer, Request, VenueSocket, encode, read_params


@cache
def authority() -> trustme.CA:
    """Return the one authority that vouches for all venues of this process: to make keys takes its time."""
    return trustme.CA()


@cache
def certificate(hosts: tuple[str, ...]) -> trustme.LeafCert:
    """Return what a venue of those names shows."""
    return authority().issue_cert(*hosts)


class LocalNames(AbstractResolver):
    """Resolves the venue's real host names to the local TLS port, and refuses all others."""

    def __init__(self, hosts: tuple[str, ...], port: int) -> None:
        self._hosts = hosts
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: sockets.AddressFamily = sockets.AF_INET
    ) -> list[ResolveResult]:
        if host not in self._hosts:
            raise OSError(f"the test knows no host {host}")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=sockets.AF_INET,
                proto=0,
                flags=sockets.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        pass


class VenueServer:
    """The plumbing of a venue's server; `async with` starts and ends it.

    Args:
        now_ms: The test's time; the server's own is `server_ms`.
        hosts: The venue's real host names, for `is_tls`.
        is_tls: Serve TLS for `hosts` too; `session()` then gives a client session that believes to talk to them.

    Attributes:
        requests: Every HTTP request that came (WebSocket upgrades are in `upgrades`), oldest first.
        sockets: The open WebSocket connections.
        all_sockets: Those there ever were.
        certificate: Of the authority that TLS clients must trust, PEM.
    """

    def __init__(self, *, now_ms: Callable[[], int], hosts: tuple[str, ...], is_tls: bool = False) -> None:
        self.now_ms = now_ms
        self.hosts = hosts
        self.faults = Faults()
        self.requests: list[Request] = []
        self.upgrades: list[Request] = []
        self.sockets: list[VenueSocket] = []
        self.all_sockets: list[VenueSocket] = []
        self.port = 0
        self.tls_port = 0
        self.ssl_context: ssl.SSLContext | None = None
        self.certificate = b""
        self._is_tls = is_tls
        self._came = asyncio.Event()
        self._runner: web.AppRunner | None = None

    # --- for dialects to override --------------------------------------------------------------------------------

    async def respond(self, request: Request) -> Answer:
        """Act on a request and answer."""
        raise NotImplementedError

    def limit(self, request: Request) -> Answer | None:
        """Count the request; an answer here is given instead of everything else (limits of the venue)."""
        return None

    def decorate(self, request: Request, answer: Answer) -> Answer:
        """Return the answer with the headers that the venue puts on every one."""
        return answer

    async def opened(self, socket: VenueSocket) -> None:
        """A client has connected."""

    async def heard(self, socket: VenueSocket, text: str) -> None:
        """A client has sent a text frame."""

    def closed(self, socket: VenueSocket) -> None:
        """A client has gone."""

    def refuses_upgrade(self, request: Request) -> Answer | None:
        """Answer a WebSocket upgrade with this instead of taking it."""
        return None

    # --- running -------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        self.port = await self._listen(None)
        if self._is_tls:
            serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate(self.hosts).configure_cert(serving)
            self.ssl_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            authority().configure_trust(self.ssl_context)
            self.certificate = authority().cert_pem.bytes()
            self.tls_port = await self._listen(serving)
        return self

    async def _listen(self, context: ssl.SSLContext | None) -> int:
        listening = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM)
        listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        assert self._runner is not None
        await web.SockSite(self._runner, listening, ssl_context=context).start()
        return int(listening.getsockname()[1])

    async def __aexit__(self, *_: object) -> None:
        self.faults.clear()
        for socket in tuple(self.sockets):
            socket.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Plain HTTP, no slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """Plain WebSocket, no slash at the end."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def resolver(self) -> AbstractResolver:
        """Resolves the real names to this server (TLS)."""
        return LocalNames(self.hosts, self.tls_port)

    def session(self) -> aiohttp.ClientSession:
        """Return a client session that finds this server under the venue's real names; the caller closes it."""
        assert self.ssl_context is not None, "is_tls was not asked for"
        connector = aiohttp.TCPConnector(resolver=self.resolver, ssl=self.ssl_context, use_dns_cache=False)
        return aiohttp.ClientSession(connector=connector)

    def ws_options(self) -> dict[str, Any]:
        """Return keyword arguments with which `websockets.connect` reaches this server under the real names."""
        return {"host": "127.0.0.1", "port": self.tls_port, "ssl": self.ssl_context}

    def server_ms(self) -> int:
        """The server's clock."""
        return self.now_ms() + self.faults.clock_drift_ms

    def asked(self, key: str) -> list[Request]:
        """Return the requests for `POST /path`, oldest first."""
        return [request for request in self.requests if request.key == key]

    async def arrival(self, key: str, count: int = 1) -> Request:
        """Wait until so many requests for `POST /path` have come (answered or not) and return the last of these."""
        while len(self.asked(key)) < count:
            await self._came.wait()
        return self.asked(key)[count - 1]

    async def disconnect_sockets(self, *, is_polite: bool = False) -> None:
        """End every WebSocket connection: cut, or with a closing handshake."""
        for socket in tuple(self.sockets):
            if is_polite:
                await socket.close()
            else:
                socket.cut()

    # --- serving -------------------------------------------------------------------------------------------------

    async def _serve(self, incoming: web.Request) -> web.StreamResponse:
        body = (await incoming.read()).decode()
        query = incoming.rel_url.raw_query_string
        request = Request(
            at_ms=self.now_ms(),
            method=incoming.method,
            host=incoming.host,
            path=incoming.path,
            params=read_params(query, body),
            headers=dict(incoming.headers),
            query=query,
            body=body,
        )
        if incoming.headers.get("Upgrade", "").lower() == "websocket":
            return await self._serve_socket(incoming, request)
        self.requests.append(request)
        self._came.set()
        self._came = asyncio.Event()
        answer = await self._answer(request)
        if answer is None:
            return self._drop(incoming)
        answer = self.decorate(request, answer)
        if isinstance(answer.body, str):
            return web.Response(
                status=answer.status, text=answer.body, content_type="text/html", headers=answer.headers
            )
        return web.Response(
            status=answer.status, text=encode(answer.body), content_type="application/json", headers=answer.headers
        )

    def _drop(self, incoming: web.Request) -> web.Response:
        if incoming.transport is not None:
            incoming.transport.abort()
        return web.Response(status=500)

    async def _answer(self, request: Request) -> Answer | None:
        fault = self.faults.find(request.method, request.path, request.params, self.server_ms())
        if fault is None:
            return self.limit(request) or await self.respond(request)
        return await self._answer_wrong(request, fault)

    async def _answer_wrong(self, request: Request, fault: Fault) -> Answer | None:
        if fault.delay_s:
            await self.faults.sleep(fault.delay_s)
        answer = None
        if fault.is_taken or fault.end is End.TRUE:
            answer = self.limit(request) or await self.respond(request)
        if fault.late_s:
            await self.faults.sleep(fault.late_s)
        if fault.end is End.HANG:
            await self.faults.hold()
        if fault.end is End.ANSWER:
            return Answer(status=fault.status, body=fault.body, headers=fault.headers)
        return answer if fault.end is End.TRUE else None

    async def _serve_socket(self, incoming: web.Request, request: Request) -> web.StreamResponse:
        self.upgrades.append(request)
        if self.faults.is_black_hole:
            await self.faults.hold()
            return self._drop(incoming)
        if self.faults.are_sockets_refused:
            return web.Response(status=503)
        refusal = self.refuses_upgrade(request)
        if refusal is not None:
            return web.Response(status=refusal.status, text=str(refusal.body))
        ws = web.WebSocketResponse(autoping=False, max_msg_size=2**20)
        await ws.prepare(incoming)
        await self._talk(ws, VenueSocket(ws, request, self.faults))
        return ws

    async def _talk(self, ws: web.WebSocketResponse, socket: VenueSocket) -> None:
        self.sockets.append(socket)
        self.all_sockets.append(socket)
        pump = asyncio.create_task(socket.pump())
        try:
            await self.opened(socket)
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    socket.heard.append(message.data)
                    await self.heard(socket, message.data)
                elif message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                elif message.type is WSMsgType.PONG:
                    socket.pongs += 1
        finally:
            self.sockets.remove(socket)
            self.closed(socket)
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pump
