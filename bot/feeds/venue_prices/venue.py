"""The prices of one venue: its connections, its board, and its answers when the streams are silent. No other venue."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.feeds.venue_prices.board import Board
from bot.feeds.venue_prices.line import Line
from bot.feeds.venue_prices.quotes import AskQuotes
from bot.feeds.venue_prices.settings import StreamedPriceSettings
from bot.stream_socket import StreamStatus
from core.domain.errors import RetryLater, WavehelmError
from core.domain.market import Tick
from core.ports.edges import Clock

_LOOK_EVERY = timedelta(seconds=1)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueStatus:
    """Where the prices of one venue stand.

    Attributes:
        stale: Watched symbols without fresh price now.
        refused: Symbols that the stream does not want to tell.
        frames: Frames heard since the start, by kind.
        doubts: Prices not believed since the start, by why.
        questions, unanswered: How often prices were asked for by request, and how often in vain.
    """

    connections: tuple[StreamStatus, ...]
    watched: int
    stale: tuple[str, ...]
    refused: tuple[str, ...]
    frames: Mapping[str, int]
    doubts: Mapping[str, int]
    questions: int
    unanswered: int


class VenuePrices:
    """Follows the watched symbols of one venue."""

    def __init__(
        self,
        name: str,
        *,
        board: Board,
        new_line: Callable[[str, Board], Line],
        ask: AskQuotes | None,
        clock: Clock,
        settings: StreamedPriceSettings,
    ) -> None:
        """Keep what is needed; `new_line` makes a further connection, `ask` the venue's answer by request."""
        self._name = name
        self._board = board
        self._new_line = new_line
        self._ask = ask
        self._clock = clock
        self._settings = settings
        self._lines: list[Line] = []
        self._group: asyncio.TaskGroup | None = None
        self._questions = 0
        self._unanswered = 0
        self._is_failing = False

    @property
    def status(self) -> VenueStatus:
        """Where its prices stand now."""
        frames: Counter[str] = Counter()
        for line in self._lines:
            frames.update(line.heard)
        return VenueStatus(
            connections=tuple(line.status for line in self._lines),
            watched=self._board.watched,
            stale=tuple(self._due()),
            refused=tuple(symbol for line in self._lines for symbol in line.refused),
            frames=frames,
            doubts=self._board.doubts,
            questions=self._questions,
            unanswered=self._unanswered,
        )

    async def run(self) -> None:
        """Keep the connections up and ask where they are silent; never ends."""
        try:
            async with asyncio.TaskGroup() as self._group:
                for line in self._lines:
                    self._group.create_task(line.run())
                self._group.create_task(self._tend())
                if self._ask is not None:
                    self._group.create_task(self._fall_back(self._ask))
        finally:
            self._group = None

    def watch(self, symbols: Collection[str]) -> None:
        """Follow `symbols`; those followed already cost nothing."""
        new = self._board.watch(symbols, self._clock.now())
        while new:
            line = next((line for line in self._lines if line.room > 0), None) or self._open_line()
            room = line.room
            line.add(new[:room])
            new = new[room:]

    def unwatch(self, symbols: Collection[str]) -> None:
        """Follow `symbols` no longer, once they have not been watched again for a while."""
        self._board.leave(symbols, self._clock.now())

    def latest(self, symbol: str) -> Tick | None:
        """Return the last price believed."""
        return self._board.latest(symbol)

    def renew(self, symbols: Collection[str]) -> None:
        """Ask anew for `symbols`, by stream and by request."""
        self.watch(symbols)
        self._board.renew(symbols)
        for line in self._lines:
            line.renew(symbols)

    def _open_line(self) -> Line:
        line = self._new_line(f"{self._name} prices {len(self._lines) + 1}", self._board)
        self._lines.append(line)
        if self._group is not None:
            self._group.create_task(line.run())
        return line

    def _due(self) -> list[str]:
        down = {symbol for line in self._lines if not line.status.is_connected for symbol in line.symbols}
        return self._board.due(self._clock.now(), down)

    async def _tend(self) -> None:
        while True:
            await self._clock.sleep(_LOOK_EVERY)
            now = self._clock.now()
            gone = self._board.expire(now)
            for line in self._lines:
                if gone:
                    line.remove(gone)
                line.tend(now)

    def _note_failure(self, symbols: int, reason: str) -> None:
        """Log the first of failures in a row: a night without the venue is one line."""
        if not self._is_failing:
            _log.info("quotes_failed", extra={"exchange": self._name, "symbols": symbols, "reason": reason})
        self._is_failing = True

    async def _fall_back(self, ask: AskQuotes) -> None:
        """Ask by request for what the streams do not bring, all at once and not often."""
        while True:
            await self._clock.sleep(_LOOK_EVERY)
            due = self._due()
            if not due:
                continue
            wait = self._settings.ask_every
            self._questions += 1
            asked_at = self._clock.now()
            try:
                async with asyncio.timeout(self._settings.ask_timeout.total_seconds()):
                    quotes = await ask(due)
            except (TimeoutError, WavehelmError) as error:
                self._unanswered += 1
                if isinstance(error, RetryLater):
                    wait = max(wait, error.wait)
                self._note_failure(len(due), str(error)[:200] or "no answer in time")
            else:
                self._is_failing = False
                for symbol in due:
                    if (quote := quotes.get(symbol)) is not None:
                        self._board.take_quote(symbol, quote, asked_at)
            await self._clock.sleep(wait - _LOOK_EVERY)
