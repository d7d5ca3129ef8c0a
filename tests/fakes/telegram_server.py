"""A strict Bot API server on loopback, with people to play and faults to order. What it keeps: `telegram_chats`."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

from aiohttp import web

from tests.fakes.telegram_chats import Json, Params, Shown, TelegramChats
from tests.fakes.telegram_limits import TelegramLimits, Violation
from tests.fakes.telegram_menus import DEFAULT
from tests.fakes.telegram_people import TelegramPeople
from tests.fakes.telegram_refusal import Refusal

T = TypeVar("T")
TOKEN = "123456789:AAfake-token_of-the-test-server"
PATIENCE_S = 5.0
_CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with the next `times` calls of `method` (any method if empty).

    Attributes:
        words: Only calls whose text has this pattern in it.
        status: Answered instead of doing anything, unless 0.
        loses_answer: Done, but the connection is cut instead of answering.
        holds_answer: Done, but nothing is answered until the caller hangs up.
    """

    method: str = ""
    words: str = ""
    times: int = 1
    status: int = 0
    description: str = ""
    retry_after_s: int | None = None
    delay_s: float = 0.0
    loses_answer: bool = False
    holds_answer: bool = False
    body: str | None = None


class TelegramServer(TelegramPeople):
    """`async with TelegramServer() as server:` gives a bot's whole world; `server.url` is its root.

    With `enforce_limits` whoever sends too much is refused (see `telegram_limits`), by the time that `now_s` tells.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "wavehelm_bot",
        now_s: Callable[[], float] = time.time,
        enforce_limits: bool = False,
    ) -> None:
        self.token = token
        self.username = username
        self.bot_id = int(token.partition(":")[0])
        me = {"id": self.bot_id, "is_bot": True, "first_name": "Wavehelm", "username": username}
        super().__init__(TelegramChats(me, lambda: int(now_s())))
        self._now_s = now_s
        self._limits = TelegramLimits(now_s) if enforce_limits else None
        self.calls: list[tuple[str, Params]] = []
        self.called_at_s: list[float] = []
        self.webhook = ""
        self.held = 0
        self._faults: list[Fault] = []
        self._updates: list[Json] = []
        self._update_ids = itertools.count(700_000_001)
        self._allowed: set[str] | None = None
        self._poller = 0
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._port = 0

    # --- the server itself ----------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Root of the Bot API."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self.down()
        await self._runner.cleanup()

    async def up(self) -> None:
        """Accept connections, on the same port as before."""
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()
        self._port = int(self._runner.addresses[0][1])

    async def down(self) -> None:
        """Refuse new connections and cut those that are open."""
        assert self._runner is not None
        if self._site is None:
            return
        await self._site.stop()
        self._site = None
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        self._wake()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        token, method = request.match_info["token"], request.match_info["method"]
        if token != self.token:
            is_token = re.fullmatch(r"\d+:[\w-]+", token) is not None
            return _refuse(Refusal(401, "Unauthorized") if is_token else Refusal(404, "Not Found"))
        params = await _read_params(request)
        self.calls.append((method, params))
        self.called_at_s.append(self._now_s())
        fault = self._next_fault(method, str(params.get("text", "")))
        self._wake()
        await asyncio.sleep(fault.delay_s)
        if fault.body is not None:
            return web.Response(text=fault.body, content_type="application/json")
        try:
            if fault.status:
                raise _ordered(fault)
            result = await self._carry_out(method, params)
        except Refusal as refusal:
            return _refuse(refusal)
        self._wake()
        if fault.holds_answer:
            await self._hold(request)
        if fault.loses_answer and request.transport is not None:
            request.transport.abort()
        return web.json_response({"ok": True, "result": result})

    async def _carry_out(self, method: str, params: Params) -> object:
        if method == "getUpdates":
            return await self._get_updates(params)
        if method == "deleteWebhook":
            self.webhook = ""
            return True
        if method not in self.state.methods:
            raise Refusal(404, "Not Found: method not found")
        if self._limits is not None:
            self._limits.check(method, params)
        return self.state.methods[method](params)

    # --- polling --------------------------------------------------------------------------------------------------

    async def _get_updates(self, params: Params) -> list[Json]:
        if self.webhook:
            raise Refusal(409, _WEBHOOK)
        offset, limit = int(params.get("offset", 0)), int(params.get("limit", 100))
        if params.get("allowed_updates"):
            self._allowed = set(json.loads(str(params["allowed_updates"])))
        if offset < 0:
            offset = self._updates[offset:][0]["update_id"] if self._updates else 0
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        self._poller += 1
        self._wake()
        return await self._wait_for_updates(self._poller, limit, float(params.get("timeout", 0)))

    async def _wait_for_updates(self, poller: int, limit: int, timeout_s: float) -> list[Json]:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while not self._updates and loop.time() < end_s and self._site is not None:
            await self._wait_for_change(end_s - loop.time())
            if poller != self._poller:
                raise Refusal(409, _CONFLICT)
        return self._updates[:limit]

    def push(self, kind: str, content: Json) -> None:
        """Queue an update as it is."""
        if self._allowed is None or kind in self._allowed:
            self._updates.append({"update_id": next(self._update_ids), kind: content})
            self._wake()

    @property
    def unconfirmed(self) -> int:
        """How many updates the bot has not acknowledged."""
        return len(self._updates)

    # --- what a phone shows ---------------------------------------------------------------------------------------

    def messages(self, chat: int) -> list[Shown]:
        """Return the bot's messages in `chat`, oldest first."""
        return [message for message in self.state.shown.values() if message.chat_id == chat]

    @property
    def menu(self) -> list[tuple[str, str]]:
        """The default command menu as (command, description)."""
        return self.menu_of(DEFAULT)

    def menu_of(self, scope: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the menu that was set for a scope (as the API names it), as (command, description)."""
        return self.state.menus.shown(scope)

    @property
    def violations(self) -> list[Violation]:
        """The calls that were above a limit."""
        return [] if self._limits is None else self._limits.violations

    def is_answered(self, query_id: str) -> bool:
        """True when the bot has acknowledged a press."""
        return query_id in self.state.toasts

    def count(self, method: str) -> int:
        """Return how often the bot called `method`."""
        return sum(name == method for name, _ in self.calls)

    async def wait_for(self, condition: Callable[[], T], timeout_s: float = PATIENCE_S) -> T:
        """Wait until `condition` returns something true, and return that.

        Raises:
            TimeoutError: it did not within `timeout_s` real seconds.
        """
        async with asyncio.timeout(timeout_s):
            while not (result := condition()):
                await self._wait_for_change(0.05)
        return result

    async def wait_for_messages(self, chat: int, count: int = 1, timeout_s: float = PATIENCE_S) -> list[Shown]:
        """Wait until `chat` shows `count` messages of the bot, and return all."""
        await self.wait_for(lambda: len(self.messages(chat)) >= count, timeout_s)
        return self.messages(chat)

    # --- faults ---------------------------------------------------------------------------------------------------

    def order(self, fault: Fault) -> None:
        """Let something go wrong; several faults wait for their calls in the order given."""
        self._faults.append(fault)

    def relent(self) -> None:
        """Take back what was ordered and has not happened yet."""
        self._faults.clear()

    async def _hold(self, request: web.Request) -> None:
        self.held += 1
        while request.transport is not None:
            await self._wait_for_change(0.005)
        self.held -= 1

    def _next_fault(self, method: str, text: str) -> Fault:
        for index, fault in enumerate(self._faults):
            if fault.method in {"", method} and re.search(fault.words, text):
                if fault.times > 1:
                    self._faults[index] = replace(fault, times=fault.times - 1)
                else:
                    del self._faults[index]
                return fault
        return Fault()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _wait_for_change(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return


async def _read_params(request: web.Request) -> dict[str, Any]:
    params: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        params |= await request.json()
        return params
    for name, value in (await request.post()).items():
        params[name] = (value.filename, value.file.read()) if isinstance(value, web.FileField) else value
    return params


def _ordered(fault: Fault) -> Refusal:
    if fault.status == 429:
        wait_s = fault.retry_after_s or 1
        return Refusal(429, f"Too Many Requests: retry after {wait_s}", {"retry_after": wait_s})
    return Refusal(fault.status, fault.description or "Internal Server Error")


def _refuse(refusal: Refusal) -> web.Response:
    body: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return web.json_response(body, status=refusal.status)
