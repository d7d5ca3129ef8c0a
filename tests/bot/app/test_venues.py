"""Real venues as they are wired: which keys and addresses they get, and what health says of their prices."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.venues import PULSE, access_of, build_venues
from bot.clock import SystemClock
from bot.settings import Settings, load_settings
from tests.fakes.feed import eventually

KEYS = {"BINANCE_API_KEY": "k", "BINANCE_API_SECRET": "s", "BYBIT_API_KEY": "k", "BYBIT_API_SECRET": "s"}
AWAY = [
    f"exchanges.{name}.{root}"
    for name in ("binance", "bybit")
    for root in ("rest_url=http://127.0.0.1:9", "stream_url=ws://127.0.0.1:9")
]


def settings_of(*words: str, **environment: str) -> Settings:
    return load_settings(None, environment, words, folder=Path("/nonexistent"))


def test_addresses_of_the_settings_stand_in_for_the_venues_own() -> None:
    roots = ("rest_url=http://here:1", "stream_url=ws://here:2", "private_stream_url=ws://here:3")
    chosen = settings_of(*(f"exchanges.bybit.{root}" for root in roots), **KEYS).exchanges.bybit
    access = access_of(chosen, is_testnet=False, with_keys=True)
    assert (access.rest_url, access.public_stream_root) == ("http://here:1", "ws://here:2")
    assert access.private_stream_root == "ws://here:3"
    assert access.has_keys


@pytest.mark.parametrize(("mode", "has_keys", "is_testnet"), [("paper", False, False), ("testnet", True, True)])
def test_paper_never_holds_keys_and_a_test_net_is_one(mode: str, has_keys: bool, is_testnet: bool) -> None:
    venues = build_venues(settings_of(f"trading.mode={mode}", **KEYS), clock=SystemClock(), listener=None)
    for venue in venues._venues:
        assert (venue.client.access.has_keys, venue.client.access.is_testnet) == (has_keys, is_testnet)


async def test_venues_that_are_away_are_told_and_nothing_waits_for_them() -> None:
    venues = build_venues(settings_of(*AWAY), clock=SystemClock(), listener=None)
    pulse, prices = asyncio.create_task(venues.keep_pulse()), asyncio.create_task(venues.prices.run())
    try:
        await eventually(lambda: [item.is_ok for item in venues.health()] == [False, False])
        await eventually(lambda: "(" in venues.health()[0].detail)
        (item, _) = venues.health()
        assert item.name == "binance prices"
        assert item.detail.startswith("the stream is down (")
        await eventually(lambda: PULSE in venues.health()[0].detail)
        async with asyncio.timeout(timedelta(seconds=10).total_seconds()):
            await venues.warm_up()
    finally:
        for task in (pulse, prices):
            task.cancel()
        await asyncio.gather(pulse, prices, return_exceptions=True)
        await venues.close()
        await venues.close()
