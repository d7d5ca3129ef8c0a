"""Wires what venues tell of our accounts as it happens: one stream a venue, in its own dialect."""

from collections.abc import Callable, Mapping
from random import Random

from bot.exchanges.rest.client import VenueClient
from bot.exchanges.user_streams.binance import BinanceUserStream
from bot.exchanges.user_streams.bybit import BybitUserStream
from bot.exchanges.user_streams.dialect import UserStreamDialect
from bot.exchanges.user_streams.stream import UserStream
from core.ports.edges import Clock

_DIALECTS: Mapping[str, Callable[[VenueClient, Clock], UserStreamDialect]] = {
    "binance": BinanceUserStream,
    "bybit": BybitUserStream,
}


def account_news(client: VenueClient, clock: Clock) -> UserStream:
    """Return the stream of the account that `client` has the keys of; it must be kept running."""
    dialect = _DIALECTS[client.name](client, clock)
    return UserStream(client.name, dialect, clock=clock, random=Random())
