"""Settings of several sections that belong together: modes, money, venues."""

from pathlib import Path

import pytest

from bot.settings import load_settings
from core.domain.errors import ConfigurationError


def test_live_trading_has_no_default_size() -> None:
    with pytest.raises(ConfigurationError, match=r"live trading has no default size; set trading\.size_quote"):
        load_settings(None, {}, ["trading.mode=live"], folder=Path("/nonexistent"))
    live = load_settings(None, {}, ["trading.mode=live", "trading.size_quote=25"], folder=Path("/nonexistent"))
    assert live.trading.size_quote == 25


@pytest.mark.parametrize("mode", ["testnet", "live"])
def test_accounts_are_never_traded_at_simulated_prices(mode: str) -> None:
    words = [f"trading.mode={mode}", "trading.size_quote=25", "prices.source=simulated"]
    with pytest.raises(ConfigurationError, match=rf"prices\.source.*simulated is not allowed in {mode} trading"):
        load_settings(None, {}, words, folder=Path("/nonexistent"))


def test_every_address_of_a_venue_can_be_another() -> None:
    roots = {"rest_url": "http://a:1", "stream_url": "ws://b:2", "private_stream_url": "wss://c"}
    words = [f"exchanges.bybit.{key}={value}" for key, value in roots.items()]
    bybit = load_settings(None, {}, words, folder=Path("/nonexistent")).exchanges.bybit
    assert {key: getattr(bybit, key) for key in roots} == roots
    with pytest.raises(ConfigurationError, match=r"exchanges\.bybit\.stream_url"):
        load_settings(None, {}, ["exchanges.bybit.stream_url=http://b"], folder=Path("/nonexistent"))
