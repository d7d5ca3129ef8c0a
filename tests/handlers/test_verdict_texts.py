"""Every verdict in a sentence, with facts and without."""

import pytest

from core.domain.signals import Facts, Side
from core.domain.verdicts import Verdict
from handlers.verdict_texts import VERDICTS, counted, sentence
from tests.builders import NOW, make_verdict
from tests.fakes.chat import BINANCE, BYBIT

HEAD = "SOLUSDT BUY (wave 10:00, Binance) "
FACTS: list[tuple[Verdict, dict[str, str | int | bool | None], str]] = [
    (
        Verdict.EXECUTED,
        {"position_id": 12, "client_order_id": "e-1", "price": "143.2", "quantity": "0.70"},
        "was bought: 0.7 at 143.20 (position #12).",
    ),
    (
        Verdict.ORDER_REFUSED,
        {"reason": "insufficient_funds", "detail": "Margin is insufficient", "client_order_id": "e-1"},
        "was not traded: the order was refused, not enough funds (Margin is insufficient).",
    ),
    (
        Verdict.ORDER_UNKNOWN,
        {"client_order_id": "e-1", "detail": "timeout"},
        "was ordered, and it is not known yet what became of it (order e-1, timeout); it is being looked up.",
    ),
    (
        Verdict.UNUSED_BUFFER,
        {"rank": 7, "opened": 5, "max_trades": 5},
        "was not traded: it was a reserve and the wave was full before its turn (rank 7, 5 of 5 opened).",
    ),
    (
        Verdict.NOT_SELECTED,
        {"rank": 12, "taken": 8, "max_trades": 5, "buffer": 3},
        "was not traded: it ranked 12, and only the best 8 were looked at (max trades 5 and 3 in reserve).",
    ),
    (
        Verdict.BELOW_SCORE,
        {"score_week": "71.4", "score_month": "61", "filter_week": "72", "filter_month": "64"},
        "was not traded: it scored 71.4 + 61.0; the filter asks for 72 and 64.",
    ),
    (
        Verdict.BELOW_SCORE,
        {"score_week": "71.4", "score_month": "61", "filter_week": "72", "filter_month": None},
        "was not traded: it scored 71.4 + 61.0; the filter asks for 72 of the week.",
    ),
    (Verdict.DUPLICATE, {"position_id": 9}, "was not traded: position #9 on it is open already."),
    (
        Verdict.DUPLICATE,
        {"cause": "order in flight"},
        "was not traded: its symbol is held already, or an order on it is under way (order in flight).",
    ),
    (
        Verdict.SAME_SYMBOL_IN_WAVE,
        {"other": "77"},
        "was not traded: a better signal of this wave has the same symbol (signal 77).",
    ),
    (
        Verdict.UNKNOWN_SYMBOL,
        {"cause": "not trading"},
        "was not traded: the venue does not list this symbol (not trading).",
    ),
    (Verdict.UNKNOWN_SYMBOL, {}, "was not traded: the venue does not list this symbol."),
    (Verdict.NO_PRICE, {"age_s": "95"}, "was not traded: there was no fresh price (the last one is 95 s old)."),
    (Verdict.NO_PRICE, {"age_s": "none"}, "was not traded: there was no fresh price."),
    (
        Verdict.SPREAD_TOO_WIDE,
        {"spread_pct": "0.83", "limit_pct": "0.5"},
        "was not traded: the spread was 0.83 %; at most 0.5 % is allowed.",
    ),
    (
        Verdict.BELOW_MIN_NOTIONAL,
        {"size_quote": "3", "min_notional_quote": "5", "quantity": "0.02", "min_quantity": "0.1"},
        "was not traded: the size is below the venue's minimum (3 USDT is below 5 USDT, 0.02 coins, at least 0.1).",
    ),
    (
        Verdict.LOW_OPEN_INTEREST,
        {"open_interest_quote": "820000", "limit_quote": "1000000"},
        "was not traded: open interest was 820,000 USDT; at least 1,000,000 USDT is asked.",
    ),
    (
        Verdict.LOW_VOLUME,
        {"volume_1h_quote": "12000.5", "limit_quote": "50000"},
        "was not traded: the last hour traded 12,000 USDT; at least 50,000 USDT is asked.",
    ),
    (
        Verdict.OVERHEATED,
        {"change_5m_pct": "5.2", "limit_pct": "4"},
        "was not traded: it had moved +5.20 % in 5 minutes; at most 4 %.",
    ),
    (Verdict.STOP_LISTED, {}, "was not traded: the configuration has it on its stop list."),
    (
        Verdict.STOP_LISTED,
        {"reason": "delisting", "author": "telegram:1 (Ann)", "until": "2026-11-20T12:00:00+00:00"},
        "was not traded: Ann put it on the stop list until 12:00 (delisting).",
    ),
    (
        Verdict.STOP_LISTED,
        {"reason": "", "author": "Ann", "until": None},
        "was not traded: Ann put it on the stop list.",
    ),
    (Verdict.COOLDOWN, {}, "was not traded: it cools down after its last stops."),
    (Verdict.REGIME, {"regime": "PANIC"}, "was not traded: the market regime allows no entries (PANIC)."),
    (
        Verdict.PAUSED,
        {"scope": "all", "author": "telegram:1 (Ann)", "reason": "news", "since": "2026-11-20T10:02:00+00:00"},
        "was not traded: entries were paused by Ann since 10:02 (news).",
    ),
    (
        Verdict.PAUSED,
        {
            "scope": "bybit",
            "author": "Ann",
            "reason": "",
            "since": "2026-11-19T10:02:00+00:00",
            "until": "2026-11-20T12:00:00+00:00",
        },
        "was not traded: entries of Bybit were paused by Ann since 19 Nov 10:02 until 12:00.",
    ),
    (Verdict.VETOED, {}, "was not traded: a person vetoed it."),
    (Verdict.VETOED, {"author": "Ann", "via": "symbol"}, "was not traded: Ann vetoed it."),
    (
        Verdict.VETOED,
        {"author": "telegram:1 (Ann)", "via": "wave"},
        "was not traded: Ann vetoed what was left of its wave.",
    ),
    (
        Verdict.VETOED,
        {"cause": "nobody said go"},
        "was not traded: its wave waited for a person's word, and nobody said go.",
    ),
    (
        Verdict.MAX_POSITIONS,
        {"open": 150, "limit": 150},
        "was not traded: 150 positions were open; the limit is 150.",
    ),
    (
        Verdict.MAX_EXPOSURE,
        {"exposure_quote": "9950", "limit_quote": "10000"},
        "was not traded: 9,950 USDT were at work; the limit is 10,000 USDT.",
    ),
    (
        Verdict.INSUFFICIENT_FUNDS,
        {"detail": "free margin is 3 USDT", "cause": None},
        "was not traded: there was not enough money for it (free margin is 3 USDT).",
    ),
    (
        Verdict.STALE,
        {"age_min": "52", "limit_min": "35"},
        "was not traded: it was 52 min old; at most 35 is allowed.",
    ),
    (Verdict.STALE, {"cause": "never_taken"}, "was not traded: its wave was never taken."),
    (
        Verdict.LATE,
        {"claimed_at": "2026-11-20T10:20:01+00:00"},
        "was not traded: it arrived after its wave was taken (at 10:20).",
    ),
    (
        Verdict.INVALID,
        {"problem": "score_week: no number"},
        "was not traded: it could not be read (score_week: no number).",
    ),
    (
        Verdict.STALE,
        {"age_min": 20, "limit_min": 35, "cause": "interrupted"},
        "was not traded: its wave was interrupted (20 min old).",
    ),
    (
        Verdict.NO_PARAMS,
        {"cause": "trading.size_quote is not set"},
        "was not traded: trading.size_quote is not set.",
    ),
    (Verdict.NO_PARAMS, {}, "was not traded: no params are known for its exchange."),
]


def say(verdict: Verdict, facts: Facts, side: Side | None = Side.BUY) -> str:
    return sentence(make_verdict(verdict=verdict, facts=facts), side, (BINANCE, BYBIT), NOW)


@pytest.mark.parametrize(("verdict", "facts", "text"), FACTS)
def test_the_facts_are_in_the_sentence(verdict: Verdict, facts: dict[str, str | int | bool | None], text: str) -> None:
    assert say(verdict, facts) == HEAD + text


def test_every_verdict_is_among_them() -> None:
    assert {verdict for verdict, _, _ in FACTS} == set(Verdict)


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL, None])
@pytest.mark.parametrize("verdict", Verdict)
def test_missing_facts_still_make_a_sentence(verdict: Verdict, side: Side | None) -> None:
    text = say(verdict, {}, side)
    assert text.endswith(".")
    assert "None" not in text
    assert "()" not in text
    assert "  " not in text


@pytest.mark.parametrize("verdict", Verdict)
def test_facts_that_are_no_figures_do_no_harm(verdict: Verdict) -> None:
    keys = {key for _, facts, _ in FACTS for key in facts}
    assert say(verdict, dict.fromkeys(keys, "?")).endswith(".")


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_short_name(verdict: Verdict) -> None:
    assert 0 < len(VERDICTS[verdict]) <= 14


def test_what_was_passed_for_want_of_data_is_said() -> None:
    text = say(Verdict.EXECUTED, {"noted": "open_interest, volume_1h"})
    assert text.endswith("Not checked, for want of data: open interest, volume 1h.")


def test_a_row_without_time_and_side_is_told_as_well() -> None:
    record = make_verdict(verdict=Verdict.INVALID, wave_at=None, symbol="", facts={"problem": "no id"})
    assert sentence(record, None, (BINANCE,), NOW) == "A signal (Binance) was not traded: it could not be read (no id)."


def test_counts_are_told_in_a_line() -> None:
    assert counted([(Verdict.BELOW_SCORE, 4), (Verdict.PAUSED, 1)]) == "4 below score, 1 paused"
