"""One connection to the signal server: how it is opened, and whether it still lives. What is said is not read here."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI

from core.domain.errors import ConfigurationError

_FRAMES_WAITING = 4
_CLOSE_TIMEOUT_S = 1.0
_SEND_TIMEOUT_S = 5.0
_TOO_BIG = 1009


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """How the signal server is reached (section `feed`).

    Attributes:
        silence: A connection without frame or pong for so long is reopened (of real time: the network knows no other).
        max_frame_bytes: A longer frame is not read.
        connect_timeout, auth_timeout: For the handshake, and from there until the server lets us in.
        lost_after: How long an outage is kept quiet about.
        auth_retry: Wait after our token was refused.
        backoff_first, backoff_max: Waits after any other failure.
    """

    url: str
    silence: timedelta = timedelta(seconds=90)
    max_frame_bytes: int = 8 * 1024 * 1024
    connect_timeout: timedelta = timedelta(seconds=10)
    auth_timeout: timedelta = timedelta(seconds=30)
    lost_after: timedelta = timedelta(seconds=60)
    auth_retry: timedelta = timedelta(minutes=5)
    backoff_first: timedelta = timedelta(seconds=1)
    backoff_max: timedelta = timedelta(seconds=60)


class RefusedError(Exception):
    """The server does not want our token; trying again soon is of no use."""


class DroppedError(Exception):
    """The connection is of no use any more; the text says why."""


async def open_connection(settings: FeedSettings) -> ClientConnection:
    """Connect to the server.

    Raises:
        ConfigurationError: the address is no WebSocket address.
        RefusedError: the server wants nobody like us.
        OSError, TimeoutError, WebSocketException: it cannot be had now.
    """
    # The library's own log shows frames, our token among them: it gets a logger that leads nowhere.
    nowhere = logging.Logger("websockets", logging.CRITICAL)  # noqa: LOG001 - the shared one may be set to debug
    nowhere.addHandler(logging.NullHandler())
    try:
        return await connect(
            settings.url,
            open_timeout=settings.connect_timeout.total_seconds(),
            close_timeout=_CLOSE_TIMEOUT_S,
            ping_interval=None,  # its pings would close a connection that brings frames but no pongs
            compression=None,  # windows are small; inflating hostile ones costs more than it saves
            max_size=settings.max_frame_bytes,
            max_queue=_FRAMES_WAITING,
            logger=nowhere,
        )
    except (InvalidURI, ValueError) as error:
        # The address is not repeated: people put tokens into it.
        raise ConfigurationError("feed.url is no WebSocket address: ws://host:port or wss://host/path") from error
    except InvalidStatus as error:
        if error.response.status_code in {401, 403}:
            raise RefusedError(f"the signal server refuses us: HTTP {error.response.status_code}") from error
        raise


def is_oversized(error: Exception) -> bool:
    """Return whether the connection ended because we would not read so long a frame."""
    return isinstance(error, ConnectionClosed) and error.sent is not None and error.sent.code == _TOO_BIG


class Life:
    """When the connection last gave a sign of life.

    A pong of the WebSocket layer counts, but not for ever: a server whose program hangs behind a living socket leaves
    our pings of the protocol unanswered, and is given twice as long.
    """

    def __init__(self, settings: FeedSettings) -> None:
        self._loop = asyncio.get_running_loop()
        self._silence_s = settings.silence.total_seconds()
        self._let_in_by_s = self._loop.time() + settings.auth_timeout.total_seconds()
        self._sign_s = self._frame_s = self._loop.time()
        self.has_pong = False

    def beat_s(self, *, is_open: bool) -> float:
        """Return how long to wait for a frame before looking after the connection."""
        beat_s = self._silence_s / 3
        return beat_s if is_open else max(0.0, min(beat_s, self._let_in_by_s - self._loop.time()))

    def hear_frame(self) -> None:
        """Note a frame; to be called once it is dealt with, so that a busy consumer is not taken for a dead server."""
        self._sign_s = self._frame_s = self._loop.time()

    def check(self, *, is_open: bool) -> None:
        """Raise `DroppedError` if the connection is dead."""
        now_s = self._loop.time()
        if not is_open and now_s >= self._let_in_by_s:
            raise DroppedError("the signal server did not let us in in time")
        if now_s - self._sign_s >= self._silence_s or now_s - self._frame_s >= 2 * self._silence_s:
            raise DroppedError(f"the signal server has been silent for {self._silence_s:.0f} s")

    async def ask(self, socket: ClientConnection, *, is_open: bool) -> None:
        """Ask for a sign of life; on the layer of the protocol only once the server has let us in."""
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            pong = asyncio.ensure_future(await socket.ping())
        pong.add_done_callback(self._hear_pong)
        if is_open:
            await send(socket, {"type": "ping"})

    def _hear_pong(self, pong: asyncio.Future[float]) -> None:
        if not pong.cancelled() and pong.exception() is None:
            self._sign_s = self._loop.time()
            self.has_pong = True


async def send(socket: ClientConnection, message: Mapping[str, str]) -> None:
    """Send one message of the protocol, as a text frame."""
    async with asyncio.timeout(_SEND_TIMEOUT_S):
        await socket.send(msgspec.json.encode(message), text=True)
