"""The connection to the signal server, kept up without end. What frames mean is read in `signal_messages`."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from bot.backoff import Backoff
from bot.feeds.signal_connection import (
    DroppedError,
    FeedSettings,
    Life,
    RefusedError,
    is_oversized,
    open_connection,
    send,
)
from bot.feeds.signal_memory import Rejections, SeenSignals
from bot.feeds.signal_messages import Frame, FrameDecoder, FrameKind
from bot.feeds.signal_outage import FeedListener, OutageWatch
from core.domain.signals import SignalBatch
from core.ports.edges import Clock

_BATCHES_WAITING = 4
_REASON_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """Where the feed stands.

    Attributes:
        since_at: Since when it is connected, or not; None before the first attempt.
        reconnections: Attempts after the first one.
        rejected: Frames and rows of no use since the start, by kind.
    """

    is_connected: bool = False
    since_at: datetime | None = None
    last_frame_at: datetime | None = None
    frames: int = 0
    reconnections: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)


class SignalSocket:
    """Implements SignalSource over WebSocket; one consumer at a time, a new one takes the place of the old."""

    def __init__(
        self,
        settings: FeedSettings,
        *,
        token: str | None,
        exchange_ids: frozenset[int],
        clock: Clock,
        listener: FeedListener,
        random: Random,
    ) -> None:
        self._settings = settings
        self._token = token
        self._clock = clock
        self._random = random
        self._logger = logging.getLogger(__name__)
        self._rejections = Rejections(clock, self._logger)
        self._outage = OutageWatch(clock, settings.lost_after, listener)
        self._decoder = FrameDecoder(exchange_ids)
        self._seen = SeenSignals(clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket: ClientConnection | None = None
        self._last_signals = b""
        self._since_at: datetime | None = None
        self._last_frame_at: datetime | None = None
        self._frames = 0
        self._attempts = 0

    @property
    def status(self) -> FeedStatus:
        """Where the feed stands now."""
        return FeedStatus(
            is_connected=self._socket is not None,
            since_at=self._since_at,
            last_frame_at=self._last_frame_at,
            frames=self._frames,
            reconnections=max(0, self._attempts - 1),
            rejected=self._rejections.counts,
        )

    async def batches(self) -> AsyncGenerator[SignalBatch, None]:
        """Yield what each frame brought that this consumer has not had yet; reconnects inside, without end.

        Raises:
            ConfigurationError: the address is no WebSocket address.
        """
        await self._stop()
        # A consumer that failed may not have stored what it took: the next one gets all of it again.
        self._seen, self._last_signals = SeenSignals(self._clock), b""
        queue: asyncio.Queue[SignalBatch] = asyncio.Queue(_BATCHES_WAITING)
        tasks = self._tasks = {asyncio.create_task(self._keep_up(queue)), asyncio.create_task(self._outage.run())}
        try:
            while True:
                batch = queue.get_nowait() if not queue.empty() else await _next_batch(queue, tasks)
                if batch is None:
                    return
                yield batch
        finally:
            if self._tasks is tasks:
                await self._stop()

    async def request(self) -> None:
        """Ask the server for its current window; does nothing while the connection is down."""
        if self._socket is not None:
            with suppress(OSError, TimeoutError, WebSocketException):
                await send(self._socket, {"type": "get_signals"})

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket, self._since_at = None, self._clock.now()

    async def _keep_up(self, queue: asyncio.Queue[SignalBatch]) -> None:
        backoff = Backoff(self._settings.backoff_first, self._settings.backoff_max, self._random)
        self._since_at = self._clock.now()
        self._outage.began("not connected yet")
        while True:
            self._attempts += 1
            try:
                await self._converse(queue)
            except RefusedError as error:
                self._note_end(error)
                await self._outage.refused(self._told(error))
                wait = self._settings.auth_retry
            except (DroppedError, OSError, TimeoutError, WebSocketException) as error:
                wait = backoff.next_wait(self._note_end(error))
                self._outage.began(self._told(error))
            await self._clock.sleep(wait)

    def _note_end(self, error: Exception) -> timedelta:
        """Note that the connection has ended; return how long it was of use."""
        now = self._clock.now()
        lived = timedelta(0)
        if self._socket is not None:
            lived = now - (self._since_at or now)
            self._socket, self._since_at = None, now
        if is_oversized(error):
            self._rejections.add("oversized", f"a frame above {self._settings.max_frame_bytes} bytes")
        self._logger.info("signal_feed_down", extra={"reason": self._told(error), "lived_s": lived.total_seconds()})
        return lived

    async def _converse(self, queue: asyncio.Queue[SignalBatch]) -> None:
        """Connect and read until the connection is of no use any more; always ends with an exception."""
        connection = await open_connection(self._settings)
        async with connection as socket:
            life = Life(self._settings)
            while True:
                try:
                    async with asyncio.timeout(life.beat_s(is_open=self._socket is not None)):
                        data = await socket.recv(decode=False)
                except TimeoutError:
                    is_open = self._socket is not None
                    life.check(is_open=is_open)
                    if is_open and life.has_pong:
                        await self._outage.ended()
                    await life.ask(socket, is_open=is_open)
                    continue
                self._frames += 1
                self._last_frame_at = self._clock.now()
                await self._take(socket, data, queue)
                life.hear_frame()
                if self._socket is None:
                    life.check(is_open=False)

    async def _take(self, socket: ClientConnection, data: bytes, queue: asyncio.Queue[SignalBatch]) -> None:
        if data == self._last_signals:
            await self._opened(socket)
            await self._outage.ended()
            return
        frame = self._decoder.decode(data, self._seen.keys)
        match frame.kind:
            case FrameKind.SIGNALS | FrameKind.SIGNAL:
                await self._opened(socket)
                await self._outage.ended()
                await self._hand_over(frame.batch, queue)
                self._last_signals = data
            case FrameKind.UNKNOWN_TYPE | FrameKind.GARBAGE | FrameKind.ERROR:
                self._rejections.add(frame.kind, self._told(frame.message))
            case _:
                await self._answer(socket, frame)

    async def _answer(self, socket: ClientConnection, frame: Frame) -> None:
        match frame.kind:
            case FrameKind.AUTH_REQUIRED:
                if not self._token:
                    raise RefusedError("the signal server asks for a token and none is set (SIGNAL_WS_TOKEN)")
                await send(socket, {"type": "auth", "token": self._token})
            case FrameKind.AUTH_FAILED:
                raise RefusedError(f"the signal server refuses our token: {frame.message or 'no reason given'}")
            case FrameKind.AUTH_SUCCESS:
                await self._opened(socket)
            case FrameKind.PING:
                await send(socket, {"type": "pong"})
            case FrameKind.PONG:
                # Only an answer proves that the connection carries more than the greeting.
                if self._socket is not None:
                    await self._outage.ended()

    async def _opened(self, socket: ClientConnection) -> None:
        """Note that the server lets us in, and ask for what we have missed."""
        if self._socket is not None:
            return
        self._socket, self._since_at = socket, self._clock.now()
        self._logger.info("signal_feed_up", extra={"attempt": self._attempts})
        await send(socket, {"type": "get_signals"})
        await send(socket, {"type": "ping"})

    async def _hand_over(self, batch: SignalBatch, queue: asyncio.Queue[SignalBatch]) -> None:
        if batch.invalid:
            self._rejections.add("invalid_signal", batch.invalid[0].problem, len(batch.invalid))
        if batch.signals or batch.invalid:
            self._seen.add(batch)
            await queue.put(batch)

    def _told(self, words: object) -> str:
        """Return `words` for logs and people; a server may echo our token."""
        text = _in_words(words) if isinstance(words, OSError | WebSocketException) else str(words)
        return (text.replace(self._token, "***") if self._token else text)[:_REASON_LENGTH]


def _in_words(error: OSError | WebSocketException) -> str:
    """Return what a person makes something of: a line that does not come about is no matter of numbers and classes."""
    if isinstance(error, ConnectionRefusedError):
        return "it refuses the connection"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"


async def _next_batch(queue: asyncio.Queue[SignalBatch], tasks: set[asyncio.Task[None]]) -> SignalBatch | None:
    """Wait for a batch; None once another consumer has taken over. A task that fails fails the consumer."""
    getter = asyncio.create_task(queue.get())
    try:
        await asyncio.wait({getter, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        if getter.done():
            return getter.result()
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()
        return None
    finally:
        getter.cancel()
