"""Wires the real venues: clients, market data, price streams, accounts. Simulated ones are wired in `edges`."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Protocol

from bot.app.account_news import account_news
from bot.exchanges.access import VenueAccess
from bot.exchanges.ccxt_futures import CcxtFutures
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.orders.restraint import RestraintListener
from bot.exchanges.paper.market import PaperVenue
from bot.exchanges.profiles import PROFILES
from bot.exchanges.rest.client import VenueClient, VenueListener
from bot.exchanges.user_streams.stream import UserStream
from bot.feeds.venue_prices.binance import BinanceStream
from bot.feeds.venue_prices.bybit import BybitStream
from bot.feeds.venue_prices.dialect import VenueStream
from bot.feeds.venue_prices.quotes import AskQuotes, Quote
from bot.feeds.venue_prices.settings import StreamedPriceSettings
from bot.feeds.venue_prices.streamed import StreamedPrices
from bot.feeds.venue_prices.venue import VenueStatus
from bot.settings import Settings
from bot.settings.schema import VenueSettings
from bot.stream_socket import StreamStatus
from core.domain.errors import RetryLater
from core.domain.market import Instruments, MarketFacts, TradingMode
from core.ports.edges import Clock
from handlers.services import HealthItem

PULSE = "BTCUSDT"
"""Followed on every venue all the time: the stream is up before the first candidate needs it, and seen to be."""

_PULSE_EVERY = timedelta(seconds=30)
_FIRST_PRICE = timedelta(seconds=6)
"""Until a coin that is hardly traded is asked for by request; shorter than what a candidate's facts may take."""

_LOOK_EVERY = timedelta(milliseconds=100)
_MOST_NAMED = 3
_STREAMS: Mapping[str, type[BinanceStream] | type[BybitStream]] = {"binance": BinanceStream, "bybit": BybitStream}


class Listener(VenueListener, RestraintListener, Protocol):
    """Is told how the venues treat our calls."""


def access_of(venue: VenueSettings, *, is_testnet: bool, with_keys: bool) -> VenueAccess:
    """Return how `venue` is reached."""
    keys = (venue.api_key, venue.api_secret) if with_keys else (None, None)
    key, secret = (None if each is None else each.reveal() for each in keys)
    return VenueAccess(
        profile=PROFILES[venue.ref.name],
        is_testnet=is_testnet,
        rest_url=venue.rest_url,
        stream_url=venue.stream_url,
        private_stream_url=venue.private_stream_url,
        api_key=key,
        api_secret=secret,
    )


def stream_of(access: VenueAccess) -> VenueStream:
    """Return how the price stream there is spoken to."""
    return _STREAMS[access.profile.name](access.public_stream_root)


@dataclass(frozen=True, slots=True, kw_only=True)
class RealVenue:
    """One venue; nothing is asked of it before it is needed."""

    client: VenueClient
    market: VenueMarket

    @property
    def name(self) -> str:
        """Our name for it."""
        return self.client.name


class RealVenues:
    """The enabled venues and their prices; `close` once at the end.

    Attributes:
        prices: `run` of these venues keeps them coming.
    """

    def __init__(self, venues: Sequence[RealVenue], prices: StreamedPrices, *, clock: Clock) -> None:
        self._venues = venues
        self._clock = clock
        self._news: dict[str, UserStream] = {}
        self.prices = prices

    @property
    def paper_venues(self) -> Mapping[str, PaperVenue]:
        """The venues as the paper exchanges copy them, by name."""
        return {venue.name: _PricedVenue(venue, self.prices, self._clock) for venue in self._venues}

    def accounts(self, *, listener: RestraintListener) -> dict[str, CcxtFutures]:
        """Return the accounts at the venues, by name; what their own streams tell becomes their reports."""
        accounts: dict[str, CcxtFutures] = {}
        for venue in self._venues:
            news = self._news[venue.name] = account_news(venue.client, self._clock)
            accounts[venue.name] = CcxtFutures(
                venue.client, venue.market, clock=self._clock, notices=news.notices, listener=listener
            )
        return accounts

    def works(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """Return what must be kept running, by name: connections, none of which ends by itself."""
        news = {f"account of {name}": stream.run for name, stream in self._news.items()}
        return {"prices": self.prices.run, "pulse": self.keep_pulse, **news}

    async def warm_up(self) -> None:
        """Read the contracts, so that the first wave does not wait for them; a venue that is away is asked later."""
        for venue in self._venues:
            with suppress(RetryLater):
                await venue.market.instruments()

    async def keep_pulse(self) -> None:
        """Keep one symbol a venue followed; never ends."""
        while True:
            for venue in self._venues:
                self.prices.watch(venue.name, {PULSE})
            await self._clock.sleep(_PULSE_EVERY)

    def health(self) -> Sequence[HealthItem]:
        """Return how the prices and the account's news of each venue come in."""
        prices = [_health_of(name, status) for name, status in self.prices.status.items()]
        return [*prices, *(_health_of_news(name, stream.status) for name, stream in self._news.items())]

    async def close(self) -> None:
        """Let go of all connections; safe to repeat."""
        async with AsyncExitStack() as closing:
            for venue in self._venues:
                closing.push_async_callback(venue.client.close)


class _PricedVenue:
    """Implements PaperVenue: what is told of a symbol comes together with its first price, which paper fills at."""

    def __init__(self, venue: RealVenue, prices: StreamedPrices, clock: Clock) -> None:
        self._venue = venue
        self._prices = prices
        self._clock = clock

    async def instruments(self) -> Instruments:
        """Return all contracts by symbol."""
        return await self._venue.market.instruments()

    async def market_facts(self, symbol: str) -> MarketFacts:
        """Return what the venue can tell of `symbol`, once its stream has told a price, or after a few seconds."""
        facts = await self._venue.market.market_facts(symbol)
        if facts.price is None:
            return facts
        give_up_at = self._clock.now() + _FIRST_PRICE
        while self._prices.latest(self._venue.name, symbol) is None and self._clock.now() < give_up_at:
            await self._clock.sleep(_LOOK_EVERY)
        return facts


def build_venues(settings: Settings, *, clock: Clock, listener: VenueListener | None) -> RealVenues:
    """Return the enabled venues; nothing is connected yet, and paper trading never sees the keys.

    Raises:
        ConfigurationError: an address cannot be used.
    """
    mode = settings.trading.mode
    found: list[RealVenue] = []
    streams: dict[str, VenueStream] = {}
    for venue in settings.exchanges.enabled:
        is_testnet, with_keys = mode is TradingMode.TESTNET, mode is not TradingMode.PAPER
        access = access_of(venue, is_testnet=is_testnet, with_keys=with_keys)
        client = VenueClient(access, clock=clock, listener=listener)
        found.append(RealVenue(client=client, market=VenueMarket(client, clock=clock)))
        streams[venue.ref.name] = stream_of(access)
    prices = StreamedPrices(
        clock,
        streams,
        StreamedPriceSettings(fresh_for=settings.prices.quiet, max_off_mark=settings.prices.max_gap),
        random=Random(),
        quotes={venue.name: _quotes_of(venue.market) for venue in found},
    )
    return RealVenues(found, prices, clock=clock)


def _quotes_of(market: VenueMarket) -> AskQuotes:
    async def ask(symbols: Collection[str]) -> Mapping[str, Quote]:
        return {
            symbol: Quote(last=quote.last, mark=quote.mark, received_at=quote.received_at)
            for symbol, quote in (await market.quotes(symbols)).items()
        }

    return ask


def _health_of(name: str, status: VenueStatus) -> HealthItem:
    down = [each for each in status.connections if not each.is_connected]
    stale = f", without a fresh price: {_named(status.stale)}" if status.stale else ""
    if down:
        why = next((f" ({each.problem})" for each in down if each.problem), "")
        return HealthItem(name=f"{name} prices", is_ok=False, detail=f"the stream is down{why}{stale}")
    return HealthItem(name=f"{name} prices", is_ok=True, detail=f"{status.watched} followed{stale}")


def _health_of_news(name: str, status: StreamStatus) -> HealthItem:
    if status.is_connected:
        return HealthItem(name=f"{name} account", is_ok=True, detail="told as it happens")
    why = f" ({status.problem})" if status.problem else ""
    return HealthItem(name=f"{name} account", is_ok=False, detail=f"the stream is down{why}; compared by request")


def _named(symbols: Sequence[str]) -> str:
    more = len(symbols) - _MOST_NAMED
    return ", ".join(symbols[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
