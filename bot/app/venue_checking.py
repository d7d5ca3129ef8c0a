"""`wavehelm check` of one exchange: what the venue tells, and whether its prices stream. The table is in `checking`."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

from bot.app.venues import PULSE, access_of, stream_of
from bot.clock import SystemClock
from bot.exchanges.access import VenueAccess
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.rest.client import VenueClient
from bot.exchanges.venue_probe import VenueFindings, probe
from bot.feeds.venue_prices.settings import StreamedPriceSettings
from bot.feeds.venue_prices.streamed import StreamedPrices
from bot.settings import Settings
from bot.settings.schema import VenueSettings
from core.domain.errors import RetryLater
from core.domain.market import TradingMode
from core.ports.edges import Clock

_PATIENCE = timedelta(seconds=20)
_FIRST_PRICE = timedelta(seconds=8)
_LOOK_EVERY = timedelta(milliseconds=50)
_ANSWERS = frozenset({"answer", "pong"})
"""Frames that are no prices. A mark price is one: on a test net nobody may trade for minutes."""


async def check_venue(
    settings: Settings, venue: VenueSettings, *, first_price: timedelta = _FIRST_PRICE
) -> VenueFindings:
    """Return what is found at an exchange; with keys its account is looked at, too, whatever the mode.

    Args:
        settings: All of them.
        venue: Those of the exchange.
        first_price: How long its stream may take to bring a price.

    Raises:
        RetryLater: it is away.
        ConfigurationError: it refuses the keys, or us.
    """
    clock = SystemClock()
    access = access_of(venue, is_testnet=settings.trading.mode is TradingMode.TESTNET, with_keys=True)
    # Half a pair of keys signs nothing.
    access = access if access.has_keys else replace(access, api_key=None, api_secret=None)
    client = VenueClient(access, clock=clock)
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            found = await probe(client, VenueMarket(client, clock=clock))
    except TimeoutError:
        raise RetryLater(f"{access.profile.title} does not answer", _PATIENCE) from None
    finally:
        await client.close()
    found.fine.append(await _hear_price(access, clock, first_price))
    return found


async def _hear_price(access: VenueAccess, clock: Clock, first_price: timedelta) -> str:
    """Wait for any price from the stream alone."""
    name = access.profile.name
    prices = StreamedPrices(clock, {name: stream_of(access)}, StreamedPriceSettings(), random=Random(), quotes={})
    prices.watch(name, {PULSE})
    running = asyncio.create_task(prices.run())
    try:
        async with asyncio.timeout(first_price.total_seconds()):
            while not prices.status[name].frames.keys() - _ANSWERS:
                await clock.sleep(_LOOK_EVERY)
    except TimeoutError:
        problem = next((each.problem for each in prices.status[name].connections if each.problem), "no price comes")
        raise RetryLater(f"the price stream of {access.profile.title}: {problem}", _PATIENCE) from None
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return "prices stream"
