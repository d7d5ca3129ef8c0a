"""Prices, contracts and limits that venues really told go through our readers without loss.

They were recorded as ccxt had unified them, without the venue's own words: these are put back into its words here, with
every recorded figure as it was.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.exchanges.orders.checks import refuse_order, refuse_value
from core.domain.errors import RetryLater
from core.domain.market import Instrument
from core.domain.money import exact
from core.trading.sizing import size_entry
from tests.bot.exchanges.recorded_payloads import (
    BINANCE_BOOK,
    BINANCE_CONTRACTS,
    BINANCE_DAY,
    BINANCE_LASTS,
    BINANCE_MARKS,
    BYBIT_CONTRACTS,
    BYBIT_TICKERS,
    SHAPES,
    Served,
    in_envelope,
    load,
    native,
    plain,
    served,
)
from tests.builders import make_request, money, price, quantity
from tests.fakes.raw_venue import Told

Row = dict[str, Any]
ABSURD = "999999"


# --- prices ---------------------------------------------------------------------------------------------------------


async def tell_prices(at: Served, rows: list[Row], marks: Mapping[str, str] | None = None) -> None:
    """Serve recorded tickers in the venue's words; marks were not recorded, and are the last prices unless given."""
    at.tell_contracts([native(row["full_symbol"]) for row in rows])
    told = []
    for row in rows:
        name, last = native(row["full_symbol"]), plain(row["last_price"])
        mark, bid, ask = (marks or {}).get(name, last), plain(row["bid"]), plain(row["ask"])
        told.append((name, last, mark, bid, ask, plain(row["volume_24h_usd"])))
    if at.client.name == "bybit":
        keys = ("symbol", "lastPrice", "markPrice", "bid1Price", "ask1Price", "turnover24h")
        at.server.always(BYBIT_TICKERS, in_envelope(*(dict(zip(keys, each, strict=True)) for each in told)))
        return
    at.server.always(BINANCE_DAY, Told(body=[{"symbol": n, "lastPrice": p, "quoteVolume": v} for n, p, *_, v in told]))
    at.server.always(BINANCE_LASTS, Told(body=[{"symbol": n, "price": p} for n, p, *_ in told]))
    at.server.always(BINANCE_MARKS, Told(body=[{"symbol": n, "markPrice": m} for n, _, m, *_ in told]))
    book = [{"symbol": n, "bidPrice": b, "askPrice": a} for n, _, _, b, a, _ in told]
    at.server.always(BINANCE_BOOK, Told(body=book))


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_recorded_tickers_are_told_to_the_digit(name: str, shared_data: Path) -> None:
    rows: list[Row] = load(shared_data, "tickers_unified_20251004.json")[name]
    assert len(rows) == 15
    async with served(name) as at:
        await tell_prices(at, rows)
        quotes = await at.market.quotes([native(row["full_symbol"]) for row in rows])
        for row in rows:
            symbol = native(row["full_symbol"])
            assert quotes[symbol].last == exact(row["last_price"])
            facts = await at.market.market_facts(symbol)
            assert (facts.price, facts.volume_24h_quote) == (exact(row["last_price"]), exact(row["volume_24h_usd"]))
            # The recorder had no book of Binance and wrote zeros: that is no spread, and no perfect one either.
            assert (facts.spread_ratio is None) is (name == "binance")
            if facts.spread_ratio is not None:
                assert abs(float(facts.spread_ratio) * 100 - row["spread_pct"]) < 1e-3


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_the_absurd_price_of_a_test_venue_is_no_price(name: str, shared_data: Path) -> None:
    first, second, *_ = load(shared_data, "tickers_unified_20251004.json")[name]
    absurd, sane = native(first["full_symbol"]), native(second["full_symbol"])
    async with served(name) as at:
        mark = plain(first["last_price"])
        await tell_prices(at, [{**first, "last_price": ABSURD}, second], {absurd: mark})
        assert set(await at.market.quotes([absurd, sane])) == {sane}
        assert (await at.market.market_facts(absurd)).price is None
        # Nor is a mark that is absurd trusted to make the last price one.
        await tell_prices(at, [first, second], {absurd: ABSURD})
        at.clock.pass_time(timedelta(minutes=1))
        assert set(await at.market.quotes([absurd, sane])) == {sane}


# --- why a position of 200 USDT could not be sized ------------------------------------------------------------------


def binance_lots(row: Mapping[str, Any]) -> Row:
    limits = row["market_info"]
    smallest, largest = plain(row["min_amount"]), plain(limits["max_amount_limit"])
    # The step was not recorded where the smallest amount had been found at fault; the venue has whole coins there.
    step = plain(row["step_size"] or 1)
    lot = {"minQty": smallest, "maxQty": largest, "stepSize": step}
    return {
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0", "maxPrice": "1000", "tickSize": "0.0000001"},
            {"filterType": "LOT_SIZE", **lot},
            {"filterType": "MARKET_LOT_SIZE", **lot},
            {"filterType": "MIN_NOTIONAL", "notional": plain(limits["min_cost"])},
        ]
    }


async def test_what_could_not_be_sized_is_sized(shared_data: Path) -> None:
    rows: list[Row] = load(shared_data, "binance_market_limits_and_size_failures_20251021.json")
    async with served("binance") as at:
        at.tell_contracts([row["symbol"] for row in rows], **{row["symbol"]: binance_lots(row) for row in rows})
        instruments = await at.exchange.instruments()
    assert len(instruments) == len(rows) == 9
    for row in rows:
        instrument, at_price = instruments[row["symbol"]], price(plain(row["price"]))
        size = size_entry(money(200), at_price, instrument)
        assert size.is_tradable
        # Eight failed by comparing a text with a number, after they had been sized rightly; one for a limit of zero.
        expected = row["formatted_quantity"] or "16168"
        assert size.quantity == Decimal(expected)
        assert 195 < size.notional_quote <= 200
        request = make_request("wh-1", symbol=row["symbol"], quantity=size.quantity)
        assert refuse_order(request, instrument) is None
        assert refuse_value(request, instrument, at_price) is None


async def test_a_contract_without_any_step_is_left_out_and_said(
    shared_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows: list[Row] = load(shared_data, "binance_market_limits_and_size_failures_20251021.json")
    broken = binance_lots(rows[0])
    for rule in broken["filters"]:
        rule.pop("stepSize", None)
    async with served("binance") as at:
        at.tell_contracts([row["symbol"] for row in rows], **{rows[0]["symbol"]: broken})
        instruments = await at.exchange.instruments()
    assert rows[0]["symbol"] not in instruments
    assert "instrument_without_steps" in caplog.text


def test_every_recorded_bracket_takes_the_leverage_that_is_taken_for_granted(shared_data: Path) -> None:
    """Brackets are told to those with a key only and are not asked for: the venue judges beyond the default of 20."""
    tiers = load(shared_data, "binance_usdm_leverage_tiers_ccxt.json.gz")
    assert len(tiers) == 12
    default = 20
    for brackets in tiers.values():
        first = brackets[0]["info"]
        assert int(first["initialLeverage"]) >= default
        # A position of the usual size stays within the first bracket.
        assert Decimal(first["notionalCap"]) >= 200 * default


# --- shapes ---------------------------------------------------------------------------------------------------------


async def test_contracts_in_binances_shape(shared_data: Path) -> None:
    async with served("binance") as at:
        body = load(shared_data, SHAPES)["binance_usdm/http_futures_market_exchange_info"]
        at.server.always(BINANCE_CONTRACTS, Told(body=body))
        found = await at.exchange.instruments()
    # The quarterly contract is none of ours.
    assert set(found) == {"BTCUSDT", "ETHUSDT"}
    assert found["BTCUSDT"] == Instrument(
        symbol="BTCUSDT",
        price_step=Decimal("0.10"),
        quantity_step=Decimal("0.001"),
        min_quantity=quantity("0.001"),
        max_quantity=quantity(1000),
        min_notional=money(10),
        max_leverage=20,
        is_trading=True,
    )


async def test_contracts_in_bybits_shape(shared_data: Path) -> None:
    body = load(shared_data, SHAPES)["bybit/http_get_instruments_linear"]
    async with served("bybit") as at:
        at.server.always(BYBIT_CONTRACTS, Told(body=body))
        # As it was kept it lacks a word that the venue always says, and without which ccxt finds no contract in it.
        with pytest.raises(RetryLater):
            await at.exchange.instruments()
        body["result"]["category"] = "linear"
        found = await at.exchange.instruments()
    assert {s: (i.price_step, i.quantity_step, i.max_quantity, i.max_leverage) for s, i in found.items()} == {
        "BTCUSDT": (Decimal("0.5"), Decimal("0.001"), Decimal(50), 100),
        "ETHUSDT": (Decimal("0.05"), Decimal("0.01"), Decimal(500), 100),
    }
    # By the fixture both were delivered in 2023.
    assert not any(instrument.is_trading for instrument in found.values())


async def test_prices_in_binances_shape_contradict_each_other_and_are_refused(shared_data: Path) -> None:
    shapes = load(shared_data, SHAPES)
    day, mark = (shapes[f"binance_usdm/http_futures_market_{name}"] for name in ("ticker_24hr", "premium_index"))
    async with served("binance") as at:
        at.tell_contracts(["BTCUSDT"])
        at.server.always(BINANCE_DAY, Told(body=[day]))
        at.server.always(BINANCE_MARKS, Told(body=[mark]))
        facts = await at.market.market_facts("BTCUSDT")
    # 4.000002 against a mark of 11793.6.
    assert facts.price is None
    assert facts.volume_24h_quote == Decimal("15.3")


async def test_a_candle_in_bybits_shape_is_not_an_hour(shared_data: Path) -> None:
    async with served("bybit") as at:
        at.server.always("/v5/market/kline", Told(body=load(shared_data, SHAPES)["bybit/http_get_klines_linear"]))
        [candle] = await at.market.candles("BTCUSDT", timedelta(minutes=1), 1)
        assert [candle.open, candle.high, candle.low, candle.close] == [*map(price, (27450, 27460, 27440, 27455))]
        with pytest.raises(RetryLater):
            await at.market.candles("BTCUSDT", timedelta(minutes=1), 2)
