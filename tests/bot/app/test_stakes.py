"""Whose keys are needed, and what of them may be shown."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.app.stakes import key_marks, live_keys, live_started, refuse_missing_keys
from bot.settings import Settings, load_settings
from core.domain.errors import ConfigurationError
from core.domain.market import Balance
from core.domain.money import Money
from core.trading.releasing import Releasing
from tests.builders import money
from tests.fakes.clock import START_AT, FakeClock
from tests.fakes.units import MemoryUnits

KEYS = {
    name: name.lower() * 3 for name in ("BINANCE_API_KEY", "BINANCE_API_SECRET", "BYBIT_API_KEY", "BYBIT_API_SECRET")
}
LIVE = ("trading.mode=live", "trading.size_quote=50", "trading.leverage=3")


def settings_of(*words: str, **environment: str) -> Settings:
    return load_settings(None, environment, words, folder=Path("/nonexistent"))


def test_paper_needs_no_keys_and_is_not_live() -> None:
    refuse_missing_keys(settings_of())
    assert live_keys(settings_of(**KEYS)) is None
    assert live_keys(settings_of("trading.mode=testnet", **KEYS)) is None


@pytest.mark.parametrize("missing", KEYS)
def test_each_key_that_is_missing_is_named(missing: str) -> None:
    known = {name: value for name, value in KEYS.items() if name != missing}
    with pytest.raises(ConfigurationError) as refusal:
        refuse_missing_keys(settings_of("trading.mode=testnet", **known))
    assert [name for name in KEYS if f"{name} is not set" in str(refusal.value)] == [missing]
    assert not any(value in str(refusal.value) for value in KEYS.values())


def test_an_exchange_that_is_off_needs_none() -> None:
    of_binance = {name: KEYS[name] for name in list(KEYS)[:2]}
    with pytest.raises(ConfigurationError, match="BYBIT_API_KEY"):
        refuse_missing_keys(settings_of(*LIVE, **of_binance))
    refuse_missing_keys(settings_of(*LIVE, "exchanges.bybit.enabled=false", **of_binance))


def test_marks_tell_keys_apart_and_give_nothing_away() -> None:
    marks = key_marks(settings_of(**KEYS))
    assert list(marks) == ["binance", "bybit"]
    changed = key_marks(settings_of(**KEYS | {"BYBIT_API_KEY": "another"}))
    assert (marks["binance"] == changed["binance"], marks["bybit"] == changed["bybit"]) == (True, False)
    assert all(len(mark) == 8 and mark not in "".join(KEYS.values()) for mark in marks.values())


async def test_a_start_is_live_only_with_money_at_stake_and_says_who_released_it() -> None:
    units, clock = MemoryUnits(), FakeClock()

    async def balances() -> dict[str, Balance]:
        return {"binance": Balance(total=Money(Decimal(7)), free=Money(Decimal(5)))}

    assert await live_started(settings_of(**KEYS), units, clock, balances) is None
    settings = settings_of(*LIVE, **KEYS)
    held = await live_started(settings, units, clock, balances)
    assert held is not None
    assert (held.exchanges, held.size_quote, held.leverage) == (("binance", "bybit"), money(50), 3)
    assert held.balances == (("binance", money(7), money(5)),)
    assert held.released_by is None
    await Releasing(units=units, clock=clock, live_keys=live_keys(settings)).give(author="ann")
    released = await live_started(settings, units, clock, balances)
    assert released is not None
    assert (released.released_by, released.released_at) == ("ann", START_AT)
    other = await live_started(settings_of(*LIVE, **KEYS | {"BYBIT_API_KEY": "another"}), units, clock, balances)
    assert other is not None
    assert other.released_by is None
