"""One socket to Slack, from its opening to its end; when to open the next is decided in `platform`."""

import asyncio
from collections.abc import Callable

from aiohttp import ClientWSTimeout, WSMsgType
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.platforms.slack.web import SlackWeb

_HEARTBEAT_S = 10
_CLOSE_S = 2


class SlackSocket(SocketModeClient):
    """The library's client, kept to one socket.

    The library reconnects by its own rules: it tries one used-up address for ever, notices a cut line only by its next
    ping, and never says that a token was refused. Here every end, announced or not, only sets `ended`.
    """

    def __init__(self, *, app_token: str, url: str, web: SlackWeb) -> None:
        super().__init__(app_token=app_token, logger=web.logger, web_client=web.anonymous(), ping_interval=_HEARTBEAT_S)
        self.wss_uri = url
        self.ended = asyncio.Event()

    async def connect(self) -> None:
        """Open the socket; what stops it is raised as it comes."""
        if self.wss_uri is None:
            raise ValueError("a socket needs its address")
        self.current_session = await self.aiohttp_client_session.ws_connect(
            self.wss_uri,
            heartbeat=self.ping_interval,
            proxy=self.proxy,
            timeout=ClientWSTimeout(ws_close=_CLOSE_S),
        )
        self.message_receiver = asyncio.ensure_future(self.receive_messages())

    async def receive_messages(self) -> None:
        """Pass every message on until the socket ends, in whatever way."""
        session = self.current_session
        if session is None:
            raise ValueError("nothing can be received before `connect`")
        try:
            async for message in session:
                if message.type is WSMsgType.TEXT:
                    await self.enqueue_message(message.data)
        finally:
            self.ended.set()

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: ARG002 - the library's signature
        """Say that this socket is at its end; the library calls this when Slack announces it."""
        self.ended.set()

    async def close(self) -> None:
        """Close the socket and wait for the tasks around it."""
        await super().close()  # type: ignore[no-untyped-call]
        tasks = [task for task in (self.message_processor, self.message_receiver) if task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        self.ended.set()


class SlackSocketHandler(AsyncSocketModeHandler):
    """Bolt's handler around such a socket; calls `on_acknowledged` whenever Slack has been told that we heard."""

    client: SlackSocket

    def __init__(self, app: AsyncApp, client: SlackSocket, on_acknowledged: Callable[[], None]) -> None:
        # Not the parent's: that one makes a client of its own.
        self.app = app
        self.app_token = client.app_token
        self.client = client
        self._on_acknowledged = on_acknowledged
        client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Let Bolt read one request and acknowledge it."""
        try:
            await super().handle(client, req)
        finally:
            # Also when the line broke meanwhile: a person pressed, and Slack may not tell us again.
            self._on_acknowledged()

    async def connect_async(self) -> None:
        """Open the socket."""
        await self.client.connect()

    async def close_async(self) -> None:
        """Close the socket and wait for the tasks around it."""
        await self.client.close()
