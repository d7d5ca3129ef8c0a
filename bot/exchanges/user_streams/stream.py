"""One venue's account stream: keeps it up, and hands its hints out, each once however often it was told."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from random import Random

from bot.exchanges.user_streams.dialect import Heard, UserStreamDialect
from bot.stream_socket import StreamSettings, StreamSocket, StreamStatus
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.orders import VenueNotice
from core.ports.edges import Clock

_REFUSED_WAIT = timedelta(minutes=1)
_LOG = logging.getLogger(__name__)


class UserStream:
    """`run` keeps the connection up and must be kept running; `notices` only hands out.

    Whenever the venue begins to tell everything, after a start or a gap, a notice without a symbol is given.
    """

    def __init__(self, exchange: str, dialect: UserStreamDialect, *, clock: Clock, random: Random) -> None:
        self._exchange = exchange
        self._dialect = dialect
        self._clock = clock
        self._waiting: dict[VenueNotice, None] = {}
        self._has_news = asyncio.Event()
        self._replies: asyncio.Queue[str] = asyncio.Queue()
        self._socket = StreamSocket(
            f"{exchange} account",
            url=dialect.url,
            take=self._take,
            clock=clock,
            random=random,
            settings=StreamSettings(ping_message=dialect.ping_message),
            hello=dialect.greeting,
            opened=self._opened,
        )

    @property
    def status(self) -> StreamStatus:
        """Where the connection stands."""
        return self._socket.status

    async def run(self) -> None:
        """Keep the connection up; never ends. Keys that are refused are tried again now and then."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._connect())
            tasks.create_task(self._answer())
            tasks.create_task(self._renew())

    async def notices(self) -> AsyncIterator[VenueNotice]:
        """Yield what may have changed, oldest first, without end; one consumer."""
        while True:
            await self._has_news.wait()
            while self._waiting:
                notice = next(iter(self._waiting))
                del self._waiting[notice]
                yield notice
            self._has_news.clear()

    async def _connect(self) -> None:
        while True:
            try:
                await self._socket.run()
            except ConfigurationError as error:
                # Orders are refused for the same cause, and that is told; hints can wait until it is mended.
                _LOG.warning("account_stream_refused", extra={"exchange": self._exchange, "error": str(error)})
            await self._clock.sleep(_REFUSED_WAIT)

    async def _answer(self) -> None:
        while True:
            await self._socket.send(await self._replies.get())

    async def _renew(self) -> None:
        every = self._dialect.renew_every
        while every is not None:
            await self._clock.sleep(every)
            try:
                await self._dialect.renew()
            except (RetryLater, ConfigurationError) as error:
                self._socket.drop(f"not renewed: {error}")

    def _opened(self) -> None:
        if self._dialect.is_ready_at_once:
            self._put(VenueNotice(exchange=self._exchange, symbol=None))

    def _take(self, frame: bytes, received_at: datetime) -> None:  # noqa: ARG002 - the shape of every stream
        self._follow(self._dialect.read(frame))

    def _follow(self, heard: Heard) -> None:
        for hint in heard.hints:
            self._put(VenueNotice(exchange=self._exchange, symbol=hint.symbol, client_order_id=hint.client_order_id))
        if heard.is_ready:
            self._put(VenueNotice(exchange=self._exchange, symbol=None))
        if heard.reply is not None:
            self._replies.put_nowait(heard.reply)
        if heard.ended is not None:
            self._socket.drop(heard.ended)

    def _put(self, notice: VenueNotice) -> None:
        self._waiting[notice] = None
        self._has_news.set()
