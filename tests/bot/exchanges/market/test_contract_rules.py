"""A venue's description of a contract becomes an instrument, with nothing lost and nothing made up."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchanges.market.contract_rules import ENDS_SOON, common_step, is_linear_perpetual, read_instrument
from bot.exchanges.market.reads import READS
from core.domain.market import Instrument
from tests.builders import money, quantity
from tests.fakes.listed_markets import binance_market, bybit_market

NOW = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)
BINANCE = READS["binance"].contracts
BYBIT = READS["bybit"].contracts


def on_binance(native: str = "SOLUSDT", now: datetime = NOW, **changes: Any) -> Instrument | None:  # noqa: ANN401
    return read_instrument(native, binance_market(native, **changes)["info"], BINANCE, now)


def on_bybit(**info: Any) -> Instrument | None:  # noqa: ANN401
    return read_instrument("SOLUSDT", bybit_market(info=info)["info"], BYBIT, NOW)


def known(instrument: Instrument | None) -> Instrument:
    assert instrument is not None
    return instrument


def test_a_contract_of_binance() -> None:
    assert on_binance() == Instrument(
        symbol="SOLUSDT",
        price_step=Decimal("0.01"),
        quantity_step=Decimal("0.01"),
        min_quantity=quantity("0.01"),
        max_quantity=quantity(5000),
        min_notional=money(5),
        max_leverage=20,
        is_trading=True,
    )


def test_a_contract_of_bybit() -> None:
    assert on_bybit() == Instrument(
        symbol="SOLUSDT",
        price_step=Decimal("0.01"),
        quantity_step=Decimal("0.1"),
        min_quantity=quantity("0.1"),
        max_quantity=quantity(5000),
        min_notional=money(5),
        max_leverage=75,
        is_trading=True,
    )


def test_the_stricter_of_two_lot_rules_counts() -> None:
    instrument = known(
        on_binance(
            filters={
                "LOT_SIZE": {"stepSize": "0.001", "minQty": "0.001", "maxQty": "1000"},
                "MARKET_LOT_SIZE": {"stepSize": "0.1", "minQty": "0.25", "maxQty": "120"},
            }
        )
    )
    assert instrument.quantity_step == Decimal("0.1")
    assert instrument.min_quantity == Decimal("0.3")  # the first multiple of the step that is enough
    assert instrument.max_quantity == 120


@pytest.mark.parametrize("step", ["0", "0.00000000", "", None, "NaN", "-1"])
def test_a_rule_that_does_not_apply_is_left_out(step: str | None) -> None:
    instrument = known(on_binance(filters={"MARKET_LOT_SIZE": {"stepSize": step, "minQty": "0", "maxQty": "0"}}))
    assert instrument.quantity_step == Decimal("0.01")
    assert instrument.min_quantity == Decimal("0.01")
    assert instrument.max_quantity == 1_000_000
    assert known(on_binance(filters={"MARKET_LOT_SIZE": None})) == instrument


def test_without_limits_the_step_is_the_least() -> None:
    # As the contract TUSDT was once seen: no least amount at all.
    instrument = known(
        on_binance("TUSDT", filters={"LOT_SIZE": {"stepSize": "1"}, "MARKET_LOT_SIZE": None, "MIN_NOTIONAL": None})
    )
    assert instrument.min_quantity == 1
    assert instrument.max_quantity is None
    assert instrument.min_notional == 5


@pytest.mark.parametrize("missing", ["LOT_SIZE", "PRICE_FILTER"])
def test_without_steps_there_is_no_instrument(missing: str) -> None:
    assert on_binance(filters={missing: None, "MARKET_LOT_SIZE": None}) is None


@pytest.mark.parametrize("info", [None, [], {}, "odd", {"filters": None}, {"filters": ["odd"]}])
def test_what_is_no_description_makes_no_instrument(info: object) -> None:
    assert read_instrument("SOLUSDT", info, BINANCE, NOW) is None


@pytest.mark.parametrize(
    "status", ["PENDING_TRADING", "PRE_DELIVERING", "DELIVERING", "DELIVERED", "PRE_SETTLE", "SETTLING", "CLOSE", None]
)
def test_binance_takes_new_positions_only_while_trading(status: str | None) -> None:
    assert not known(on_binance(info={"status": status})).is_trading


@pytest.mark.parametrize(
    "info",
    [
        {"status": "PreLaunch"},
        {"status": "Settling"},
        {"status": "Delivering"},
        {"status": "Closed"},
        {"isPreListing": True},
    ],
)
def test_bybit_takes_new_positions_only_in_listed_contracts(info: dict[str, Any]) -> None:
    assert not known(on_bybit(**info)).is_trading


@pytest.mark.parametrize(
    ("until_end", "is_trading"),
    [
        (timedelta(days=-1), False),
        (timedelta(hours=1), False),
        (ENDS_SOON, False),
        (ENDS_SOON + timedelta(hours=1), True),
    ],
)
def test_a_contract_that_ends_soon_takes_no_new_positions(until_end: timedelta, is_trading: bool) -> None:
    ends_at_ms = int((NOW + until_end).timestamp() * 1000)
    assert known(on_binance(info={"deliveryDate": ends_at_ms})).is_trading is is_trading
    assert known(on_bybit(deliveryTime=str(ends_at_ms))).is_trading is is_trading


def test_leverage_that_is_told_is_taken() -> None:
    assert known(on_bybit(leverageFilter={"maxLeverage": "12.50"})).max_leverage == 12
    assert known(on_bybit(leverageFilter={})).max_leverage == 20


def test_only_linear_perpetuals_in_our_coin() -> None:
    assert is_linear_perpetual(binance_market(), "USDT")
    assert not is_linear_perpetual(binance_market(swap=False), "USDT")
    assert not is_linear_perpetual(binance_market(linear=False), "USDT")
    assert not is_linear_perpetual(binance_market(settle="BUSD", quote="BUSD"), "USDT")
    assert not is_linear_perpetual(binance_market(quote="USD"), "USDT")


def test_every_recorded_contract_of_binance_is_read_without_loss(shared_data: Path) -> None:
    path = shared_data / "venue" / "binance_usdm_exchangeInfo_20210721.json.gz"
    symbols = json.loads(gzip.decompress(path.read_bytes()))["symbols"]
    then = datetime(2021, 7, 21, 9, tzinfo=UTC)
    statuses: Counter[tuple[str, bool]] = Counter()
    for info in symbols:
        instrument = known(read_instrument(info["symbol"], info, BINANCE, then))
        filters = {each["filterType"]: each for each in info["filters"]}
        lots = [filters["LOT_SIZE"], filters["MARKET_LOT_SIZE"]]
        assert instrument.price_step == Decimal(filters["PRICE_FILTER"]["tickSize"])
        assert instrument.quantity_step == max(Decimal(lot["stepSize"]) for lot in lots)
        assert instrument.min_quantity == max(Decimal(lot["minQty"]) for lot in lots)
        assert instrument.max_quantity == min(Decimal(lot["maxQty"]) for lot in lots)
        assert instrument.min_notional == Decimal(filters["MIN_NOTIONAL"]["notional"])
        assert instrument.round_quantity(instrument.min_quantity) == instrument.min_quantity
        statuses[info["status"], instrument.is_trading] += 1
    assert sum(statuses.values()) == len(symbols) == 61
    assert all(is_trading is (status == "TRADING") for status, is_trading in statuses)


def test_the_recorded_contracts_of_bybit_are_read(shared_data: Path) -> None:
    fixtures = json.loads((shared_data / "venue" / "shape_only_fixtures.json").read_bytes())
    found = fixtures["bybit/http_get_instruments_linear"]["result"]["list"]
    before_delivery = datetime(2023, 11, 1, tzinfo=UTC)
    instruments = [known(read_instrument(info["symbol"], info, BYBIT, before_delivery)) for info in found]
    assert instruments[0] == Instrument(
        symbol="BTCUSDT",
        price_step=Decimal("0.5"),
        quantity_step=Decimal("0.001"),
        min_quantity=quantity("0.001"),
        max_quantity=quantity(50),
        min_notional=money(5),
        max_leverage=100,
        is_trading=True,
    )
    assert len(instruments) == len(found) > 1
    assert not known(read_instrument("BTCUSDT", found[0], BYBIT, NOW)).is_trading  # delivered long ago


STEPS = st.builds(lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(1, 50), st.integers(-8, 3))


@given(st.lists(STEPS, min_size=1, max_size=3))
def test_the_common_step_is_a_multiple_of_each(steps: list[Decimal]) -> None:
    common = common_step(steps)
    assert all(common % step == 0 for step in steps)
    assert common >= max(steps)
    if all(max(steps) % step == 0 for step in steps):
        assert common == max(steps)


def test_a_step_is_written_as_the_venue_writes_it() -> None:
    assert str(common_step([Decimal("0.001"), Decimal("0.10")])) == "0.10"
    assert str(common_step([Decimal(10), Decimal(100)])) == "100"
