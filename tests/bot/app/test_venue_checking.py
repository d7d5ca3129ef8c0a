"""`wavehelm check` of exchanges, against servers that behave like them."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.checking import run_checks
from bot.app.venue_checking import check_venue
from bot.exchanges.venue_probe import VenueFindings
from bot.settings import load_settings
from core.domain.errors import RetryLater
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Venues:
    """The exchanges, and what is found there."""

    binance: FakeBinance
    bybit: FakeBybit
    folder: Path

    async def find(self, name: str, *, with_keys: bool = True, mode: str = "live") -> VenueFindings:
        server = self.binance if name == "binance" else self.bybit
        secrets = {f"{name.upper()}_API_KEY": server.api_key, f"{name.upper()}_API_SECRET": server.api_secret}
        words = [
            f"trading.mode={mode}",
            "trading.size_quote=50",
            f"exchanges.{name}.rest_url={server.rest_url}",
            f"exchanges.{name}.stream_url={server.stream_url}",
        ]
        settings = load_settings(None, secrets if with_keys else {}, words, folder=self.folder)
        (venue,) = [venue for venue in settings.exchanges.enabled if venue.ref.name == name]
        return await check_venue(settings, venue)


@pytest.fixture
async def venues(tmp_path: Path) -> AsyncIterator[Venues]:
    async with FakeBinance(now_ms=now_ms) as binance, FakeBybit(now_ms=now_ms) as bybit:
        bybit.list_contract("BTCUSDT", "68000")
        binance.start_pulse(0.2)
        yield Venues(binance=binance, bybit=bybit, folder=tmp_path)


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_keys_that_may_trade_and_no_more_are_fine(venues: Venues, name: str) -> None:
    found = await venues.find(name)
    assert found.faults == []
    assert found.warnings == ["the key is bound to no IP address: bind it to that of this machine"]
    for words in ("reached", "BTCUSDT at ", "the key may trade", "may not withdraw", "one-way mode", "prices stream"):
        assert words in found.text
    assert "10000.00 USDT, 10000.00 free" in found.text


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_paper_needs_no_keys(venues: Venues, name: str) -> None:
    found = await venues.find(name, with_keys=False, mode="paper")
    assert (found.faults, found.warnings) == ([], [])
    assert "no keys: prices only" in found.text
    assert "prices stream" in found.text


async def test_a_venue_that_is_away_and_one_that_warns_are_told_apart(
    venues: Venues, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    words = [
        "exchanges.bybit.rest_url=http://127.0.0.1:9",
        f"exchanges.binance.rest_url={venues.binance.rest_url}",
        f"exchanges.binance.stream_url={venues.binance.stream_url}",
        "feed.connect_timeout_s=1",
    ]
    keys = {"BINANCE_API_KEY": venues.binance.api_key, "BINANCE_API_SECRET": venues.binance.api_secret}
    settings = load_settings(None, {**keys, "SIGNAL_WS_URL": "ws://127.0.0.1:9"}, words, folder=venues.folder)
    assert await run_checks(settings) == 4
    lines = capsys.readouterr().out.splitlines()
    (binance,) = [line for line in lines if "│ binance " in line]
    (bybit,) = [line for line in lines if "│ bybit " in line]
    assert "│ WARN" in binance
    assert "bind it to that of this machine" in binance
    assert "│ AWAY" in bybit
    assert "it cannot be reached" in bybit


async def test_a_stream_that_is_away_is_told(venues: Venues, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(
        None,
        {},
        [
            f"exchanges.binance.rest_url={venues.binance.rest_url}",
            "exchanges.binance.stream_url=ws://127.0.0.1:9",
        ],
        folder=venues.folder,
    )
    with pytest.raises(RetryLater, match="the price stream of Binance"):
        await check_venue(settings, settings.exchanges.binance, first_price=timedelta(seconds=1))
