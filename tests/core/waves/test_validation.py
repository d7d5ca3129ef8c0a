"""What a candidate must meet: each check at its limit, and their order."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.domain.market import MarketFacts
from core.domain.people import StopListing
from core.domain.settings import TradingSettings, ValidationSettings
from core.domain.signals import Side
from core.domain.verdicts import Verdict
from core.waves.validation import Approval, Candidate, Refusal, validate
from tests.builders import NOW, at, make_facts, make_instrument, make_pause, make_signal, money, price, quantity, ratio

RULES = ValidationSettings()
GOOD = Candidate(
    signal=make_signal(),
    instrument=make_instrument(),
    market=make_facts(),
    price=price(100),
    price_age_s=1,
    held_by=None,
    open_count=0,
    exposure_quote=Decimal(0),
)


def judge(trading: TradingSettings = TradingSettings(), **changes: Any) -> Approval | Refusal:  # noqa: ANN401, B008
    return validate(replace(GOOD, **changes), RULES, trading)


def verdict(trading: TradingSettings = TradingSettings(), **changes: Any) -> Verdict | None:  # noqa: ANN401, B008
    answer = judge(trading, **changes)
    return answer.verdict if isinstance(answer, Refusal) else None


def test_a_good_candidate_is_sized_down_to_the_step() -> None:
    answer = judge(price=price("33.33"))
    assert isinstance(answer, Approval)
    assert (answer.quantity, answer.noted) == (quantity("3.0"), "")


def facts(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"market": make_facts(**changes)}


@pytest.mark.parametrize(
    ("within", "beyond", "expected"),
    [
        (facts(spread_ratio=ratio("0.005")), facts(spread_ratio=ratio("0.00501")), "spread_too_wide"),
        (facts(open_interest_quote=money(10**6)), facts(open_interest_quote=money(999_999)), "low_open_interest"),
        (facts(volume_1h_quote=money(50_000)), facts(volume_1h_quote=money(49_999)), "low_volume"),
        (facts(change_5m_ratio=ratio("0.04")), facts(change_5m_ratio=ratio("0.0401")), "overheated"),
        ({"open_count": 149}, {"open_count": 150}, "max_positions"),
        ({"price": price(100)}, {"price": None}, "no_price"),
        ({"held_by": None}, {"held_by": 7}, "duplicate"),
        ({}, {"instrument": None}, "unknown_symbol"),
        ({}, {"instrument": make_instrument(is_trading=False)}, "unknown_symbol"),
        ({}, {"instrument": make_instrument(min_notional=money("100.1"))}, "below_min_notional"),
        ({}, {"instrument": make_instrument(min_quantity=quantity("1.1"))}, "below_min_notional"),
        ({}, {"price": price(1001)}, "below_min_notional"),
        ({"pause": None}, {"pause": make_pause("SOLUSDT")}, "paused"),
    ],
)
def test_each_check_at_its_limit(within: dict[str, Any], beyond: dict[str, Any], expected: str) -> None:
    assert verdict(**within) is None
    assert verdict(**beyond) == expected


def test_a_fall_overheats_a_short_only() -> None:
    falling = facts(change_5m_ratio=ratio("-0.05"))
    assert verdict(**falling) is None
    assert verdict(**falling, signal=make_signal(side=Side.SELL)) is Verdict.OVERHEATED


def test_exposure_counts_what_this_entry_would_add() -> None:
    limited = TradingSettings(max_exposure_quote=money(500))
    assert verdict(limited, exposure_quote=Decimal(400)) is None
    assert verdict(limited, exposure_quote=Decimal("400.01")) is Verdict.MAX_EXPOSURE


def test_what_the_venue_cannot_tell_passes_and_is_noted() -> None:
    answer = judge(market=MarketFacts(spread_ratio=ratio("0.001")))
    assert isinstance(answer, Approval)
    assert answer.noted == "open interest, volume, 5-minute move"


def test_without_a_size_nothing_is_traded() -> None:
    assert verdict(TradingSettings(size_quote=None)) is Verdict.NO_PARAMS


def test_the_first_no_is_the_verdict() -> None:
    everything: dict[str, Any] = {
        "pause": make_pause(),
        "held_by": 7,
        "price": None,
        "market": make_facts(spread_ratio=ratio(1)),
    }
    order = [Verdict.PAUSED, Verdict.DUPLICATE, Verdict.NO_PRICE, Verdict.SPREAD_TOO_WIDE]
    for (name, _), expected in zip(list(everything.items()), order, strict=True):
        assert verdict(**everything) is expected
        del everything[name]


def test_facts_say_what_was_compared_with_what() -> None:
    answer = judge(**facts(spread_ratio=ratio("0.012")))
    assert isinstance(answer, Refusal)
    assert answer.facts == {"spread_pct": "1.2", "limit_pct": "0.5"}
    paused = judge(pause=make_pause("SOLUSDT"))
    assert isinstance(paused, Refusal)
    assert (paused.facts["author"], paused.facts["until"]) == ("telegram:1001 (Ann)", None)


def test_a_stop_listed_symbol_says_by_whom_and_until_when() -> None:
    listing = StopListing(symbol="SOLUSDT", reason="delisting", author="Ann", created_at=NOW, until_at=at(60))
    answer = judge(listing=listing)
    assert isinstance(answer, Refusal)
    assert answer.verdict is Verdict.STOP_LISTED
    assert answer.facts == {"reason": "delisting", "author": "Ann", "until": at(60).isoformat()}
    for_good = judge(listing=replace(listing, until_at=None))
    assert isinstance(for_good, Refusal)
    assert for_good.facts["until"] is None


def test_the_stop_list_of_the_settings_counts_as_well() -> None:
    answer = validate(GOOD, replace(RULES, stop_list=frozenset({"SOLUSDT"})), TradingSettings())
    assert isinstance(answer, Refusal)
    assert (answer.verdict, answer.facts) == (Verdict.STOP_LISTED, {})
