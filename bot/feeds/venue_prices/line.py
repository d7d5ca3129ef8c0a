"""One connection to a price stream and the symbols asked for on it. What prices are worth is the board's business."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from bot.feeds.venue_prices.board import Board
from bot.feeds.venue_prices.dialect import SHUTDOWN, Heard, VenueStream
from bot.feeds.venue_prices.settings import StreamedPriceSettings
from bot.stream_socket import StreamSettings, StreamSocket, StreamStatus
from core.ports.edges import Clock

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Request:
    symbols: tuple[str, ...]
    sent_at: datetime


class Line:
    """Asks for its symbols on every new connection, and again for what is refused or not answered.

    A venue may refuse a whole request for one of its symbols: then each half of it is asked for on its own, until the
    culprit stands alone.
    """

    def __init__(
        self,
        name: str,
        *,
        stream: VenueStream,
        board: Board,
        clock: Clock,
        random: Random,
        settings: StreamedPriceSettings,
    ) -> None:
        self._name = name
        self._stream = stream
        self._board = board
        self._clock = clock
        self._settings = settings
        self._wanted: dict[str, None] = {}
        self._to_ask: dict[str, None] = {}
        self._halves: deque[tuple[str, ...]] = deque()
        self._to_leave: dict[str, None] = {}
        self._asked: set[str] = set()
        self._refused: dict[str, datetime] = {}
        self._requests: dict[int, _Request] = {}
        self._number = 0
        self._has_work = asyncio.Event()
        self._has_symbols = asyncio.Event()
        self._heard: Counter[str] = Counter()
        self._price_at = clock.now()
        self._socket = StreamSocket(
            name,
            url=self._url,
            take=self._take,
            opened=self._opened,
            closed=self._closed,
            clock=clock,
            random=random,
            settings=StreamSettings(
                ping_message=stream.ping_message,
                messages_per_s=stream.messages_per_s,
                connect_timeout=settings.connect_timeout,
                backoff_first=settings.backoff_first,
                backoff_max=settings.backoff_max,
            ),
        )

    @property
    def status(self) -> StreamStatus:
        """Where its connection stands."""
        return self._socket.status

    @property
    def heard(self) -> Mapping[str, int]:
        """How many frames of each kind came since the start."""
        return self._heard

    @property
    def symbols(self) -> Iterable[str]:
        """What is to be followed here."""
        return self._wanted.keys()

    @property
    def refused(self) -> Iterable[str]:
        """What the venue's stream does not want to tell."""
        return self._refused.keys()

    @property
    def room(self) -> int:
        """How many more symbols it may take."""
        return self._stream.symbols_per_connection - len(self._wanted)

    async def run(self) -> None:
        """Keep the connection and its subscriptions up, from the first symbol on; never ends."""
        await self._has_symbols.wait()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._socket.run())
            tasks.create_task(self._ask())

    def add(self, symbols: Iterable[str]) -> None:
        """Follow `symbols` as well."""
        for symbol in symbols:
            if symbol not in self._wanted:
                self._wanted[symbol] = self._to_ask[symbol] = None
                self._has_symbols.set()
        self._has_work.set()

    def remove(self, symbols: Iterable[str]) -> None:
        """Follow `symbols` no longer."""
        for symbol in symbols:
            self._wanted.pop(symbol, None)
            self._to_ask.pop(symbol, None)
            self._refused.pop(symbol, None)
            if symbol in self._asked:
                self._asked.discard(symbol)
                self._to_leave[symbol] = None
        self._has_work.set()

    def renew(self, symbols: Iterable[str]) -> None:
        """Take the subscription to `symbols` back and ask for it anew."""
        for symbol in symbols:
            if symbol not in self._wanted:
                continue
            if symbol in self._asked:
                # Venues answer a second subscription with nothing or a refusal; only a new one begins anew.
                self._to_leave[symbol] = None
            self._refused.pop(symbol, None)
            self._to_ask[symbol] = None
        self._has_work.set()

    def tend(self, now: datetime) -> None:
        """Ask again for what was not answered or was refused long ago; leave a connection that brings no prices."""
        late_from = now - self._settings.answer_within
        for number, request in list(self._requests.items()):
            if request.sent_at <= late_from:
                del self._requests[number]
                self._again(symbol for symbol in request.symbols if not self._board.has_since(symbol, request.sent_at))
        retry_from = now - self._settings.retry_refused
        self._again([symbol for symbol, refused_at in self._refused.items() if refused_at <= retry_from])
        if self._asked and self.status.is_connected and self._price_at <= now - self._settings.silence:
            self._socket.drop(f"no price for {self._settings.silence.total_seconds():.0f} s")

    def _again(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._refused.pop(symbol, None)
            if symbol in self._wanted:
                self._to_ask[symbol] = None
                self._has_work.set()

    async def _url(self) -> str:
        return self._stream.url

    def _opened(self) -> None:
        self._to_leave.clear()
        # What was refused waits for its time: it would spoil the requests of the others.
        self._to_ask = {symbol: None for symbol in self._wanted if symbol not in self._refused}
        self._price_at = self._clock.now()
        self._has_work.set()

    def _closed(self) -> None:
        self._asked.clear()
        self._requests.clear()
        self._halves.clear()
        self._board.disconnect(self._wanted)

    def _take(self, frame: bytes, at: datetime) -> None:
        heard = self._stream.decode(frame)
        self._heard[heard.kind] += 1
        if heard.symbol:
            self._price_at = at
            self._board.take(heard, at)
        elif heard.request:
            self._take_answer(heard)
        elif heard is SHUTDOWN:
            self._socket.drop("the venue shuts its server down")

    def _take_answer(self, heard: Heard) -> None:
        request = self._requests.pop(heard.request, None)
        if request is None or heard.refusal is None:
            return
        symbols = request.symbols
        if len(symbols) > 1:
            middle = len(symbols) // 2
            self._halves.extend((symbols[:middle], symbols[middle:]))
            self._has_work.set()
        elif not heard.is_standing:
            self._asked.discard(symbols[0])
            self._refused[symbols[0]] = self._clock.now()
            extra = {"stream": self._name, "symbol": symbols[0], "reason": heard.refusal[:200]}
            _log.warning("price_stream_refused", extra=extra)

    async def _ask(self) -> None:
        """Send what is to be sent, as fast as the venue takes it."""
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            while self.status.is_connected and (message := self._next_message()) is not None:
                await self._socket.send(message)

    def _next_message(self) -> str | None:
        limit = self._stream.symbols_per_request
        if self._to_leave:
            leaving = _first(self._to_leave, limit)
            self._asked.difference_update(leaving)
            self._number += 1
            return self._stream.unsubscribe(self._number, leaving)
        while self._halves:
            if asking := tuple(symbol for symbol in self._halves.popleft() if symbol in self._wanted):
                return self._subscribe(asking)
        return self._subscribe(_first(self._to_ask, limit)) if self._to_ask else None

    def _subscribe(self, symbols: Sequence[str]) -> str:
        self._number += 1
        self._requests[self._number] = _Request(tuple(symbols), self._clock.now())
        self._asked.update(symbols)
        return self._stream.subscribe(self._number, symbols)


def _first(symbols: dict[str, None], most: int) -> tuple[str, ...]:
    """Take the first `most` of `symbols` out."""
    taken = tuple(symbols)[:most]
    for symbol in taken:
        del symbols[symbol]
    return taken
