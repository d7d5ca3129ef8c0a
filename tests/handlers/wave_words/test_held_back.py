"""What people kept out of a wave, in lines."""

from core.domain.signals import Facts
from core.domain.verdicts import Verdict, VerdictRecord
from handlers.wave_words.held_back import held_back
from tests.builders import NOW, make_signal, make_verdict
from tests.fakes.chat import BINANCE, BYBIT

ANN: Facts = {"author": "telegram:1 (Ann)"}
UNTIL: Facts = {"until": "2026-11-20T12:00:00+00:00"}


def record(symbol: str, verdict: Verdict, facts: Facts, exchange_id: int = 1) -> VerdictRecord:
    return make_verdict(make_signal(symbol, symbol=symbol, exchange_id=exchange_id), verdict, facts=facts)


def lines(*records: VerdictRecord) -> list[str]:
    return held_back(records, (BINANCE, BYBIT), NOW)


def test_one_word_is_one_line_with_all_of_its_coins() -> None:
    told = lines(
        record("SOLUSDT", Verdict.VETOED, {**ANN, "via": "symbol"}),
        record("ADAUSDT", Verdict.LOW_VOLUME, {}),
        record("ETHUSDT", Verdict.VETOED, {**ANN, "via": "wave"}),
        record("SOLUSDT", Verdict.VETOED, {**ANN, "via": "symbol"}, exchange_id=2),
        record("XRPUSDT", Verdict.VETOED, {"author": "Bo"}),
    )
    assert told == ["Vetoed by Ann: SOL, ETH.", "Vetoed by Bo: XRP."]


def test_who_listed_it_until_when_and_why() -> None:
    told = lines(
        record("SOLUSDT", Verdict.STOP_LISTED, {**ANN, **UNTIL, "reason": "delisting"}),
        record("ETHUSDT", Verdict.STOP_LISTED, {**ANN, "until": None, "reason": ""}),
        record("ADAUSDT", Verdict.STOP_LISTED, {}),
    )
    assert told == [
        "On the stop list by Ann until 12:00 (delisting): SOL.",
        "On the stop list by Ann: ETH.",
        "On the stop list of the configuration: ADA.",
    ]


def test_a_wave_for_which_nobody_said_go() -> None:
    cause: Facts = {"cause": "nobody said go"}
    told = lines(*(record(f"C{n}USDT", Verdict.VETOED, cause) for n in range(20)))
    assert told == ["Left out because nobody said go: C0, C1, C2, C3, C4, C5, C6, C7 and 12 more."]


def test_facts_that_are_missing_leave_a_line_all_the_same() -> None:
    assert lines(record("SOLUSDT", Verdict.VETOED, {})) == ["Vetoed by a person: SOL."]


def test_the_market_is_no_person() -> None:
    assert lines(record("SOLUSDT", Verdict.LOW_VOLUME, {}), record("ETHUSDT", Verdict.EXECUTED, {})) == []
