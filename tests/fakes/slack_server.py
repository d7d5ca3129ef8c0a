"""A strict Slack on this machine: refuses what the real one refuses, and fails the test for late acknowledgements."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from aiohttp import WSMsgType, web

from tests.fakes import slack_payloads as payloads
from tests.fakes.slack_limits import SlackLimits, Violation
from tests.fakes.slack_people import SlackPeople
from tests.fakes.slack_workspace import SlackMessage, SlackWorkspace

_PATIENCE_S = 5.0
_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens instead of an answer. `took`: the call has its effect all the same; `words`: if these are in it."""

    method: str
    status: int = 200
    body: dict[str, Any] | str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    took: bool = False
    is_cut: bool = False
    words: str = ""


class SlackServer(SlackPeople):
    """Slack's Web API and Socket Mode for one app; `async with SlackServer() as slack`.

    Args:
        now_s: The server's clock, for its limits.
        enforce_limits: Whether what is above the limits is answered with 429; it is counted in either case.

    Attributes:
        workspace: Its channels (each with the error that writing there gives, or an empty text) and messages.
        late: What was not acknowledged in time or twice; not empty at the end fails the test.
        calls: Every Web API call: method and arguments; `called_at_s` when each came.
        slowest_ack_s: The longest that anything waited for its acknowledgement.
        opened: How many sockets were opened in all.
        lines: The client addresses that Web API calls came from, one a connection.
    """

    def __init__(
        self,
        *,
        bot_token: str = payloads.BOT_TOKEN,
        app_token: str = payloads.APP_TOKEN,
        channels: tuple[str, ...] = ("C0001", "C0002", "D0001"),
        ack_within_s: float = 3.0,
        now_s: Callable[[], float] = time.monotonic,
        enforce_limits: bool = False,
    ) -> None:
        self._ack_within_s = ack_within_s
        self.workspace = SlackWorkspace(bot_token, app_token, channels)
        self.late: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.called_at_s: list[float] = []
        self.slowest_ack_s = 0.0
        self.opened = 0
        self._now_s = now_s
        self._limits = SlackLimits(now_s)
        self._enforces_limits = enforce_limits
        self.lines: set[object] = set()
        self._faults: deque[Fault] = deque()
        self._sockets: dict[web.WebSocketResponse, web.Request] = {}
        self._pending: dict[str, asyncio.Future[None]] = {}
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.down()
        if kind is None and self.late:
            raise AssertionError(f"Slack saw: {'; '.join(self.late)}")

    @property
    def api_url(self) -> str:
        """What to set as the address of the Web API."""
        return f"http://127.0.0.1:{self._port}/api/"

    @property
    def violations(self) -> list[Violation]:
        """What was sent above the limits."""
        return self._limits.violations

    @property
    def connections(self) -> int:
        """How many sockets are open."""
        return sum(not socket.closed for socket in self._sockets)

    # What happens to Slack.

    async def up(self) -> None:
        """Start, on the same port as before if there was one."""
        app = web.Application()
        app.router.add_post("/api/{method}", self._call)
        app.router.add_get("/socket/{ticket}", self._socket)
        app.router.add_post("/respond/{number}", self._respond)
        app.router.add_post("/upload/{file}", self._upload)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def down(self) -> None:
        """Stop answering; open sockets are cut."""
        await self.cut()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def cut(self) -> None:
        """Drop every socket without a word."""
        for request in self._sockets.values():
            if request.transport is not None:
                request.transport.abort()
        self._sockets.clear()

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Announce the end of the newest socket, as Slack does every few hours."""
        await list(self._sockets)[-1].send_json(
            {"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}}
        )

    def fail(self, method: str, *, status: int = 503, times: int = 1, body: str = "upstream error") -> None:
        """Answer the next calls of `method` with `status` and a page that is no JSON."""
        self._faults.extend(Fault(method=method, status=status, body=body) for _ in range(times))

    def limit(self, method: str, *, retry_after_s: int, times: int = 1) -> None:
        """Answer the next calls of `method` with 429."""
        body = {"ok": False, "error": "ratelimited"}
        headers = {"Retry-After": str(retry_after_s)}
        self._faults.extend(Fault(method=method, status=429, body=body, headers=headers) for _ in range(times))

    def refuse(self, method: str, code: str, *, times: int = 1) -> None:
        """Refuse the next calls of `method` with the error `code`."""
        self._faults.extend(Fault(method=method, body={"ok": False, "error": code}) for _ in range(times))

    def slow(self, method: str, *, delay_s: float, words: str = "") -> None:
        """Take the next call of `method` (with `words` in it) but answer late."""
        self._faults.append(Fault(method=method, delay_s=delay_s, took=True, words=words))

    def drop_answer(self, method: str) -> None:
        """Take the next call of `method` and close the line instead of answering."""
        self._faults.append(Fault(method=method, took=True, is_cut=True))

    def relent(self) -> None:
        """Take back what was ordered and has not happened yet."""
        self._faults.clear()

    # What people see.

    def messages(self, channel: str) -> list[SlackMessage]:
        """Return what everybody in `channel` sees, oldest first."""
        return [m for m in self.workspace.messages if m.channel == channel and m.only_for is None]

    def whispers(self, channel: str, user: str) -> list[SlackMessage]:
        """Return what only `user` sees in `channel`."""
        return [m for m in self.workspace.messages if m.channel == channel and m.only_for == user]

    async def wait_for(self, look: Callable[[], _T], patience_s: float = _PATIENCE_S) -> _T:
        """Return what `look` finds as soon as it finds anything; an assertion fails if it does not in time."""
        try:
            async with asyncio.timeout(patience_s):
                while not (found := look()):  # noqa: ASYNC110 - what is looked at need not be ours to signal
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"it did not come; calls were {[method for method, _ in self.calls]}") from None
        return found

    async def wait_connected(self, count: int = 1) -> None:
        """Wait until `count` sockets in all have been opened and one is open."""
        await self.wait_for(lambda: self.opened >= count and self.connections > 0)

    # The Web API.

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        body = await _read(request)
        self._note(method, body)
        if request.transport is not None:
            self.lines.add(request.transport.get_extra_info("peername"))
        fault = self._take_fault(method, body)
        if fault is not None and not fault.took:
            return _answer(fault.status, fault.body, fault.headers)
        wait_s = self._limits.check(method, self.workspace.room(str(body.get("channel", ""))))
        if wait_s and self._enforces_limits:
            return _answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(wait_s)})
        answer = self.workspace.act(method, token, body)
        if "upload_url" in answer:
            answer["upload_url"] = f"http://127.0.0.1:{self._port}/upload/{answer['upload_url']}"
        if method == "apps.connections.open" and answer["ok"]:
            answer["url"] = f"ws://127.0.0.1:{self._port}/socket/{answer['url']}"
        if fault is not None and fault.is_cut and request.transport is not None:
            request.transport.abort()
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
        return web.json_response(answer)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self._note("response_url", body)
        fault = self._take_fault("response_url")
        if fault is not None:
            return _answer(fault.status, fault.body, fault.headers)
        problem = self.workspace.respond(request.match_info["number"], body)
        return web.Response(status=404 if problem else 200, text=problem or "ok")

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        self._note("upload", {"length": len(content)})
        fault = self._take_fault("upload")
        if fault is not None:
            return _answer(fault.status, fault.body, fault.headers)
        problem = self.workspace.files.receive(request.match_info["file"], content)
        return web.Response(status=400 if problem else 200, text=problem or f"OK - {len(content)}")

    # The socket.

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.match_info["ticket"]
        fault = self._take_fault("socket")
        if fault is not None or ticket not in self.workspace.tickets:
            return web.Response(status=fault.status if fault else 404)
        self.workspace.tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": payloads.APP}})
        self._sockets[socket] = request
        self.opened += 1
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._acknowledge(json.loads(message.data).get("envelope_id", ""))
        self._sockets.pop(socket, None)
        return socket

    def _acknowledge(self, envelope_id: str) -> None:
        waiting = self._pending.get(envelope_id)
        if waiting is None or waiting.done():
            self.late.append(f"an acknowledgement of {envelope_id!r} that nothing waits for")
        else:
            waiting.set_result(None)

    async def _tell(self, kind: str, body: dict[str, Any], repeats: int) -> None:
        await self.wait_for(lambda: self.connections > 0)
        for attempt in range(repeats):
            envelope_id = f"envelope-{next(self.workspace.numbers)}"
            waiting = self._pending[envelope_id] = asyncio.get_running_loop().create_future()
            began_s = time.monotonic()
            await list(self._sockets)[-1].send_json(payloads.envelope(kind, envelope_id, body, attempt))
            try:
                async with asyncio.timeout(self._ack_within_s):
                    await waiting
                self.slowest_ack_s = max(self.slowest_ack_s, time.monotonic() - began_s)
            except TimeoutError:
                self.late.append(f"{kind} was not acknowledged within {self._ack_within_s:g} s")
                raise AssertionError(self.late[-1]) from None

    def _note(self, method: str, body: dict[str, Any]) -> None:
        self.calls.append((method, body))
        self.called_at_s.append(self._now_s())

    def _take_fault(self, method: str, body: dict[str, Any] | None = None) -> Fault | None:
        text = str((body or {}).get("text", ""))
        fault = next((fault for fault in self._faults if fault.method == method and fault.words in text), None)
        if fault is not None:
            self._faults.remove(fault)
        return fault

    def response_url(self, channel: str, user: str, message: SlackMessage | None = None) -> str:
        """Return a new address for answers to `user` in `channel`, who pressed something in `message`."""
        return f"http://127.0.0.1:{self._port}/respond/{self.workspace.open_response(channel, user, message)}"


async def _read(request: web.Request) -> dict[str, Any]:
    if not request.can_read_body:
        return {}
    if "json" not in request.content_type:
        return dict(await request.post())
    body: dict[str, Any] = await request.json()
    return body


def _answer(status: int, body: dict[str, Any] | str, headers: dict[str, str]) -> web.Response:
    if isinstance(body, dict):
        return web.json_response(body, status=status, headers=headers)
    return web.Response(status=status, text=body, headers=headers)
