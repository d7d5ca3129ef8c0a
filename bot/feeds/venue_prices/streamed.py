"""A PriceSource over the streams of real venues. What one venue needs is `venue`'s business."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from random import Random

from bot.feeds.venue_prices.board import Board
from bot.feeds.venue_prices.dialect import VenueStream
from bot.feeds.venue_prices.line import Line
from bot.feeds.venue_prices.newest import NewestTicks
from bot.feeds.venue_prices.quotes import AskQuotes
from bot.feeds.venue_prices.settings import StreamedPriceSettings
from bot.feeds.venue_prices.venue import VenuePrices, VenueStatus
from bot.stream_socket import check_address
from core.domain.market import Tick
from core.ports.edges import Clock


class StreamedPrices:
    """Implements PriceSource; `run` keeps the connections up and must be kept running, `ticks` only hands out."""

    def __init__(
        self,
        clock: Clock,
        streams: Mapping[str, VenueStream],
        settings: StreamedPriceSettings,
        *,
        random: Random,
        quotes: Mapping[str, AskQuotes],
    ) -> None:
        """Keep what is needed; nothing is opened yet.

        Args:
            clock: Stamps what is received.
            streams: By our name of the exchange.
            settings: The same for all of them.
            random: For the jitter of reconnections.
            quotes: How prices are asked for by request where a stream is silent, by the same names.

        Raises:
            ConfigurationError: the address of a stream is no WebSocket address.
        """
        self._clock = clock
        self._random = random
        self._settings = settings
        self._newest = NewestTicks()
        self._venues: dict[str, VenuePrices] = {}
        for name, stream in streams.items():
            check_address(name, stream.url)
            self._venues[name] = self._venue(name, stream, quotes.get(name))

    @property
    def status(self) -> Mapping[str, VenueStatus]:
        """Where the prices of each venue stand."""
        return {name: venue.status for name, venue in self._venues.items()}

    async def run(self) -> None:
        """Keep the streams of all venues up; never ends."""
        async with asyncio.TaskGroup() as tasks:
            for venue in self._venues.values():
                tasks.create_task(venue.run())

    def watch(self, exchange: str, symbols: Collection[str]) -> None:
        """Follow `symbols` of `exchange` from now on; safe to repeat, and without effect where no stream is wired."""
        if exchange in self._venues:
            self._venues[exchange].watch(symbols)

    def unwatch(self, exchange: str, symbols: Collection[str]) -> None:
        """Stop following `symbols` of `exchange`; safe for symbols that are not watched."""
        if exchange in self._venues:
            self._venues[exchange].unwatch(symbols)

    def latest(self, exchange: str, symbol: str) -> Tick | None:
        """Return the last price received, or None for symbols without one or not watched."""
        return self._venues[exchange].latest(symbol) if exchange in self._venues else None

    def ticks(self) -> AsyncIterator[Tick]:
        """Yield the newest price of each watched symbol as it comes, without end; one consumer."""
        return self._newest

    async def resubscribe(self, exchange: str, symbols: Collection[str]) -> None:
        """Ask anew for `symbols`, by stream and by request; follow them if they are not followed yet."""
        if exchange in self._venues:
            self._venues[exchange].renew(symbols)

    def _venue(self, name: str, stream: VenueStream, ask: AskQuotes | None) -> VenuePrices:
        def new_line(line_name: str, board: Board) -> Line:
            return Line(
                line_name,
                stream=stream,
                board=board,
                clock=self._clock,
                random=self._random,
                settings=self._settings,
            )

        return VenuePrices(
            name,
            board=Board(name, self._newest, self._settings),
            new_line=new_line,
            ask=ask,
            clock=self._clock,
            settings=self._settings,
        )
