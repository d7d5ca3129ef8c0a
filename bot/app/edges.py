"""Builds the edges that settings ask for: prices, exchanges, the feed. What real venues need is in `venues`."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from bot.app.venues import Listener, RealVenues, build_venues
from bot.exchanges.paper.exchange import PaperExchange
from bot.exchanges.paper.faults import PaperFaults
from bot.exchanges.paper.ledger import PaperLedger
from bot.exchanges.paper.market import PaperCosts, PaperVenue
from bot.exchanges.paper.prices import PaperPrices
from bot.exchanges.paper.simulated_venue import SimulatedVenue
from bot.feeds.prices_simulated import SimulatedPrices
from bot.feeds.signal_connection import FeedSettings
from bot.feeds.signal_outage import FeedListener
from bot.feeds.signal_socket import SignalSocket
from bot.feeds.simulated_market import SimulatedMarket
from bot.settings import Settings
from core.domain.market import ExchangeRef, MarketFacts, TradingMode
from core.domain.money import Price
from core.domain.tiers import tier_of
from core.ports.edges import Clock, Exchange, PriceSource
from handlers.services import HealthItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Prices and the exchanges that trade at them.

    Attributes:
        real: The venues behind them; None where everything is simulated.
    """

    prices: PriceSource
    exchanges: Mapping[str, Exchange]
    real: RealVenues | None = None

    def health(self) -> Sequence[HealthItem]:
        """Return how the prices come in, where they come from outside."""
        return () if self.real is None else self.real.health()


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """How the simulated market is."""

    volatility: float = 1.0
    interval: timedelta = timedelta(seconds=1)
    faults: PaperFaults | None = None


async def open_chosen_market(
    settings: Settings,
    opened: AsyncExitStack,
    *,
    clock: Clock,
    ledger: PaperLedger,
    listener: Listener,
    simulation: Simulation,
) -> Market:
    """Open the exchanges of the chosen mode and what gives their prices.

    Nothing is asked of a real venue here: one that is away keeps nobody from starting.

    Args:
        settings: Which exchanges, in which mode, at which prices.
        opened: Closes what was opened, also when the start fails half-way.
        clock: The time of all of it.
        ledger: Where paper exchanges keep their orders.
        listener: Is told how the venues treat our calls.
        simulation: How prices are made where they are simulated, and what breaks.

    Raises:
        ConfigurationError: an address of a venue cannot be used.
    """
    if settings.prices.is_simulated:
        made, market = simulated_prices(settings, clock, volatility=simulation.volatility, interval=simulation.interval)
        venues = {ref.name: simulated_venue(ref.name, market, clock) for ref in refs_of(settings)}
        return await open_market(
            settings, clock=clock, prices=made, venues=venues, ledger=ledger, faults=simulation.faults
        )
    real = build_venues(settings, clock=clock, listener=listener)
    opened.push_async_callback(real.close)
    if settings.trading.mode is not TradingMode.PAPER:
        return Market(prices=real.prices, exchanges=real.accounts(listener=listener), real=real)
    paper = await open_market(
        settings,
        clock=clock,
        prices=real.prices,
        venues=real.paper_venues,
        ledger=ledger,
        faults=simulation.faults,
    )
    return replace(paper, real=real)


def refs_of(settings: Settings) -> tuple[ExchangeRef, ...]:
    """Return the exchanges that are traded, in the order of their ids."""
    return tuple(venue.ref for venue in settings.exchanges.enabled)


def simulated_prices(
    settings: Settings, clock: Clock, *, volatility: float, interval: timedelta
) -> tuple[SimulatedPrices, SimulatedMarket]:
    """Return the simulated market and its prices."""
    market = SimulatedMarket(settings.prices.seed, volatility)
    return SimulatedPrices(clock=clock, market=market, interval=interval), market


def simulated_venue(name: str, market: SimulatedMarket, clock: Clock) -> SimulatedVenue:
    """Return the venue `name` of the simulated market, which lists any symbol."""

    def facts(symbol: str) -> MarketFacts:
        return market.facts(name, symbol, clock.now())

    return SimulatedVenue(reference_price=market.base_price, facts=facts)


def replayed_venue(name: str, prices: PriceSource, clock: Clock, stale_after: timedelta) -> SimulatedVenue:
    """Return the venue `name` of a replay: any symbol, a price only while its candles go on, no other facts."""

    def price_of(symbol: str) -> Price | None:
        tick = prices.latest(name, symbol)
        return None if tick is None or clock.now() - tick.received_at > stale_after else tick.price

    return SimulatedVenue(reference_price=price_of, facts=lambda symbol: MarketFacts(price=price_of(symbol)))


async def open_market(
    settings: Settings,
    *,
    clock: Clock,
    prices: PriceSource,
    venues: Mapping[str, PaperVenue],
    ledger: PaperLedger,
    faults: PaperFaults | None,
) -> Market:
    """Open the paper exchanges over `prices`; each takes up where its ledger left off."""
    costs = PaperCosts(fee=settings.paper.fee, slippages=settings.paper.slippage)
    exchanges = {
        ref.name: PaperExchange(
            name=ref.name,
            clock=clock,
            prices=prices,
            venue=venues[ref.name],
            ledger=ledger,
            tier_of=lambda symbol: tier_of(symbol, settings.tiers.coins),
            start_quote=settings.paper.start_quote,
            costs=costs,
            faults=faults,
        )
        for ref in refs_of(settings)
    }
    for exchange in exchanges.values():
        await exchange.open()
    return Market(prices=PaperPrices(prices, exchanges.values()), exchanges=exchanges)


def signal_socket(
    settings: Settings, refs: Sequence[ExchangeRef], clock: Clock, listener: FeedListener
) -> SignalSocket:
    """Return the connection to the signal server."""
    feed = settings.feed
    return SignalSocket(
        FeedSettings(
            url=feed.url,
            silence=feed.silence,
            max_frame_bytes=feed.max_frame_bytes,
            connect_timeout=feed.connect_timeout,
            auth_timeout=feed.auth_timeout,
            lost_after=feed.lost_after,
            auth_retry=feed.auth_retry,
            backoff_first=feed.backoff_first,
            backoff_max=feed.backoff_max,
        ),
        token=None if feed.token is None else feed.token.reveal(),
        exchange_ids=frozenset(ref.id for ref in refs),
        clock=clock,
        listener=listener,
        random=Random(),
    )
