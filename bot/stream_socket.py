"""One WebSocket connection to a venue, kept up without end. What its frames mean is not read here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException
from websockets.uri import parse_uri

from bot.backoff import Backoff
from core.domain.errors import ConfigurationError, RetryLater
from core.ports.edges import Clock

TakeFrame = Callable[[bytes, datetime], None]
"""Takes a frame and when it was received; must not raise, or the stream crashes."""
AskText = Callable[[], Awaitable[str]]
AskTexts = Callable[[], Awaitable[Sequence[str]]]

_FRAMES_AT_A_STRETCH = 32
_BEATS = 3
_REASON_LENGTH = 200
_TOO_MANY = frozenset({403, 418, 429})
"""How venues answer the handshake of an address that asked too much; asking on makes it last longer."""
_BANNED_WAIT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """How one connection is kept.

    Attributes:
        silence: A connection without frame or pong for so long is reopened.
        ping_message: What the venue wants for a ping; None is the ping of the protocol.
        ping_every: How often to ask for a sign of life.
        messages_per_s: More than that are never sent to the venue; those beyond wait.
        max_frame_bytes: A longer frame ends the connection.
        connect_timeout: For the address, the handshake and the hello together.
    """

    silence: timedelta = timedelta(seconds=30)
    ping_message: str | None = None
    ping_every: timedelta = timedelta(seconds=15)
    messages_per_s: int = 5
    max_frame_bytes: int = 1024 * 1024
    connect_timeout: timedelta = timedelta(seconds=10)
    send_timeout: timedelta = timedelta(seconds=5)
    close_timeout: timedelta = timedelta(seconds=1)
    backoff_first: timedelta = timedelta(seconds=1)
    backoff_max: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """Where a stream stands.

    Attributes:
        since_at: Since when it is connected, or not; None before the first attempt.
        reconnections: Attempts after the first one.
        problem: Why the last connection ended, or none came about.
    """

    is_connected: bool = False
    since_at: datetime | None = None
    last_frame_at: datetime | None = None
    frames: int = 0
    reconnections: int = 0
    problem: str = ""


class StreamSocket:
    """One connection at a time, as long as `run` runs; to close it, cancel `run`.

    `url` is asked anew for each attempt and `hello` for what to send first on each connection, for both may carry keys
    that expire; either may raise `RetryLater`. `take` gets every frame. `opened` is called when the hello is sent,
    `closed` when that connection is gone.
    """

    def __init__(
        self,
        name: str,
        *,
        url: AskText,
        take: TakeFrame,
        clock: Clock,
        random: Random,
        settings: StreamSettings,
        hello: AskTexts | None = None,
        opened: Callable[[], None] | None = None,
        closed: Callable[[], None] | None = None,
    ) -> None:
        self._name = name
        self._url = url
        self._take = take
        self._clock = clock
        self._random = random
        self._settings = settings
        self._hello = hello
        self._on_opened = opened
        self._on_closed = closed
        self._gap = timedelta(seconds=1) / settings.messages_per_s
        self._send_from_at: datetime | None = None
        self._sending = asyncio.Lock()
        self._socket: ClientConnection | None = None
        self._signs = 0
        self._frames = 0
        self._attempts = 0
        self._since_at: datetime | None = None
        self._opened_at: datetime | None = None
        self._last_frame_at: datetime | None = None
        self._dropped = ""
        self._problem = ""
        self._logger = logging.getLogger(__name__)

    @property
    def status(self) -> StreamStatus:
        """Where the stream stands now."""
        return StreamStatus(
            is_connected=self._socket is not None,
            since_at=self._since_at,
            last_frame_at=self._last_frame_at,
            frames=self._frames,
            reconnections=max(0, self._attempts - 1),
            problem=self._problem,
        )

    async def run(self) -> None:
        """Keep the connection up; never ends by itself.

        Raises:
            ConfigurationError: the address is no WebSocket address, or `url` or `hello` says that a person is needed.
        """
        settings = self._settings
        backoff = Backoff(settings.backoff_first, settings.backoff_max, self._random)
        self._since_at = self._clock.now()
        while True:
            self._attempts += 1
            self._dropped = ""
            try:
                await self._converse()
            except RetryLater as error:
                wait = max(error.wait, backoff.next_wait(self._note_end(str(error))))
            except InvalidStatus as error:
                wait = backoff.next_wait(self._note_end(str(error)))
                if error.response.status_code in _TOO_MANY:
                    wait = max(wait, _BANNED_WAIT)
            except (OSError, TimeoutError, WebSocketException) as error:
                wait = backoff.next_wait(self._note_end(self._dropped or _in_words(error)))
            await self._clock.sleep(wait)

    async def send(self, message: str) -> bool:
        """Send a message as soon as the venue's limit allows.

        Returns:
            False if there is no connection, or the one it was meant for has ended meanwhile.
        """
        socket = self._socket
        return socket is not None and await self._send(socket, message)

    def drop(self, reason: str) -> None:
        """End the present connection, if there is one, so that a new one is made."""
        if self._socket is not None:
            self._dropped = reason
            # No handshake: whoever is to be left does not answer, or not soon enough.
            self._socket.transport.abort()

    async def _converse(self) -> None:
        """Connect and read until the connection is of no use any more; always ends with an exception."""
        connection = await self._connect()
        async with connection as socket:
            if self._hello is not None:
                async with asyncio.timeout(self._settings.connect_timeout.total_seconds()):
                    for message in await self._hello():
                        await self._send(socket, message)
            self._socket = socket
            self._opened_at = self._since_at = self._clock.now()
            self._logger.info("stream_up", extra={"stream": self._name, "attempt": self._attempts})
            if self._on_opened is not None:
                self._on_opened()
            keeper = asyncio.create_task(self._keep_alive(socket))
            try:
                await self._read(socket)
            finally:
                keeper.cancel()
                await asyncio.gather(keeper, return_exceptions=True)
                self._socket, self._since_at = None, self._clock.now()
                if self._on_closed is not None:
                    self._on_closed()

    async def _connect(self) -> ClientConnection:
        settings = self._settings
        # The library's own log shows frames and addresses, keys among them: it gets a logger that leads nowhere.
        nowhere = logging.Logger("websockets", logging.CRITICAL)  # noqa: LOG001 - the shared one may be set to debug
        nowhere.addHandler(logging.NullHandler())
        async with asyncio.timeout(settings.connect_timeout.total_seconds()):
            url = await self._url()
            check_address(self._name, url)
            return await connect(
                url,
                open_timeout=None,
                close_timeout=settings.close_timeout.total_seconds(),
                ping_interval=None,  # asked by our own clock, and a busy line is not closed for a late pong
                compression=None,  # inflating costs more time than the bytes saved
                max_size=settings.max_frame_bytes,
                logger=nowhere,
            )

    async def _read(self, socket: ClientConnection) -> None:
        stretch = 0
        while True:
            frame = await socket.recv(decode=False)
            self._last_frame_at = now = self._clock.now()
            self._frames += 1
            self._signs += 1
            self._take(frame, now)
            stretch += 1
            if stretch >= _FRAMES_AT_A_STRETCH:
                # What waits in the library is handed out without a pause; the others want their turn in a flood.
                stretch = 0
                await asyncio.sleep(0)

    async def _keep_alive(self, socket: ClientConnection) -> None:
        """Ask for signs of life and end the connection when there are none.

        Beats are counted, not times compared, so that a clock that is set while we sleep is no silence.
        """
        beat = min(self._settings.ping_every, self._settings.silence / _BEATS)
        pings_due = silent = timedelta(0)
        while True:
            seen = self._signs
            await self._clock.sleep(beat)
            silent = silent + beat if self._signs == seen else timedelta(0)
            if silent >= self._settings.silence:
                self.drop(f"silent for {silent.total_seconds():.0f} s")
                return
            pings_due += beat
            if pings_due >= self._settings.ping_every:
                pings_due = timedelta(0)
                await self._ping(socket)

    async def _ping(self, socket: ClientConnection) -> None:
        if self._settings.ping_message is not None:
            await self._send(socket, self._settings.ping_message)
            return
        try:
            async with asyncio.timeout(self._settings.send_timeout.total_seconds()):
                pong = asyncio.ensure_future(await socket.ping())
        except (OSError, TimeoutError, WebSocketException):
            return  # The reader hears of it, or the silence is noticed.
        pong.add_done_callback(self._hear_pong)

    def _hear_pong(self, pong: asyncio.Future[float]) -> None:
        if not pong.cancelled() and pong.exception() is None:
            self._signs += 1

    async def _send(self, socket: ClientConnection, message: str) -> bool:
        async with self._sending:
            if self._send_from_at is not None:
                await self._clock.sleep_until(self._send_from_at)
            try:
                async with asyncio.timeout(self._settings.send_timeout.total_seconds()):
                    await socket.send(message, text=True)
            except ConnectionClosed:
                return False
            except TimeoutError:
                socket.transport.abort()
                return False
            self._send_from_at = self._clock.now() + self._gap
            return True

    def _note_end(self, problem: str) -> timedelta:
        """Note why the attempt ended; return how long its connection lived."""
        now = self._clock.now()
        lived = timedelta(0) if self._opened_at is None else now - self._opened_at
        self._opened_at, self._problem = None, problem[:_REASON_LENGTH]
        extra = {"stream": self._name, "reason": self._problem, "lived_s": lived.total_seconds()}
        self._logger.info("stream_down", extra=extra)
        return lived


def check_address(name: str, url: str) -> None:
    """Raise `ConfigurationError` if `url` is no WebSocket address."""
    try:
        parse_uri(url)
    except (InvalidURI, ValueError) as error:
        # The address is not repeated: listen keys are part of it.
        raise ConfigurationError(f"the stream address of {name} is no WebSocket address: wss://host") from error


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
