"""What people write behind a command."""

import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import arguments, list_arguments, time_arguments
from handlers.invocation import UsageError
from tests.fakes.chat import BINANCE, BYBIT

NOW = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)
BOTH = (BINANCE, BYBIT)
KNOWN = frozenset({"SOLUSDT", "BTCUSDT", "1000PEPEUSDT", "FORUSDC"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/pause  SOL", ("/pause", "SOL")),
        ('/pause all "big news"', ("/pause", "all", "big news")),
        ("/pause “big news” now", ("/pause", "big news", "now")),
        ("/pause don't like 'it all'", ("/pause", "don't", "like", "it all")),
        ('/pause 5" nails', ("/pause", '5"', "nails")),
        ('say ""', ("say", "")),
        ("   ", ()),
    ],
)
def test_words_keep_together_in_quotes_and_a_lone_quote_is_a_letter(text: str, words: tuple[str, ...]) -> None:
    assert arguments.split_words(text) == words


@given(st.text())
def test_any_text_can_be_split(text: str) -> None:
    assert all(isinstance(word, str) for word in arguments.split_words(text))


@pytest.mark.parametrize("word", ["binance", "BINANCE", "Binance"])
def test_exchanges_are_found_by_name_in_any_case(word: str) -> None:
    assert arguments.read_exchange(word, BOTH) is BINANCE


def test_an_unknown_exchange_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="one of binance, bybit"):
        arguments.read_exchange("kraken", BOTH)


@pytest.mark.parametrize(
    ("word", "symbol"),
    [("SOL", "SOLUSDT"), ("solusdt", "SOLUSDT"), ("sol/usdt", "SOLUSDT"), ("1000pepe", "1000PEPEUSDT")],
)
def test_symbols_are_found_without_their_quote(word: str, symbol: str) -> None:
    assert arguments.read_symbol(word, KNOWN) == symbol


def test_a_misspelt_symbol_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean SOLUSDT"):
        arguments.read_symbol("SLOUSDT", KNOWN)


def test_a_whole_symbol_that_nobody_has_seen_is_taken() -> None:
    assert arguments.read_symbol("XQZWUSDT", {"BTCUSDC"}) == "XQZWUSDT"
    assert arguments.read_symbol("BNBUSDT", KNOWN) == "BNBUSDT"
    with pytest.raises(UsageError, match="write it like SOLUSDT"):
        arguments.read_symbol("!?", KNOWN)


@pytest.mark.parametrize(
    ("word", "scope"),
    [
        ("all", "all"),
        ("Everything", "all"),
        ("BYBIT", "bybit"),
        ("sol", "SOLUSDT"),
        ("SLOUSDT", "SLOUSDT"),
        ("news", None),
        ("NOW", None),
    ],
)
def test_scopes(word: str, scope: str | None) -> None:
    assert arguments.read_scope(word, BOTH, KNOWN) == scope


@pytest.mark.parametrize("word", ["0", "31", "-1", "x", "²", "99999999999"])
def test_counts_have_a_range(word: str) -> None:
    with pytest.raises(UsageError, match="1 to 30"):
        arguments.read_count(word, 30)


def test_shares() -> None:
    assert arguments.read_share("50") == Decimal("0.5")
    assert arguments.read_share("12.5%") == Decimal("0.125")
    for word in ("0", "101", "-5", "half", "nan"):
        with pytest.raises(UsageError, match="percentage"):
            arguments.read_share(word)


@given(st.text(max_size=30))
def test_any_word_is_read_or_refused_with_a_sentence(word: str) -> None:
    for read in (
        lambda: time_arguments.find_wave(word, NOW),
        lambda: time_arguments.find_period(word, NOW),
        lambda: arguments.find_duration(word),
        lambda: arguments.read_scope(word, BOTH, KNOWN),
        lambda: list_arguments.read_list([word], exchanges=BOTH, known=KNOWN, now=NOW, most=10),
        lambda: arguments.read_share(word),
    ):
        with contextlib.suppress(UsageError):
            read()


def test_nearest() -> None:
    assert arguments.nearest("staus", ["status", "stop"]) == "status"
    assert arguments.nearest("qqq", ["status"]) is None


@pytest.mark.parametrize(
    ("word", "duration"),
    [
        ("2h", timedelta(hours=2)),
        ("90M", timedelta(minutes=90)),
        ("1d", timedelta(days=1)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("news", None),
        ("2x", None),
    ],
)
def test_durations(word: str, duration: timedelta | None) -> None:
    assert arguments.find_duration(word) == duration


@pytest.mark.parametrize("word", ["0m", "366d", "999999w"])
def test_durations_out_of_range_are_refused(word: str) -> None:
    with pytest.raises(UsageError, match="365d"):
        arguments.find_duration(word)


@pytest.mark.parametrize(
    ("words", "duration", "rest"),
    [
        (("for", "2h", "news"), timedelta(hours=2), ("news",)),
        (("2h", "news"), timedelta(hours=2), ("news",)),
        (("news", "for", "2h"), timedelta(hours=2), ("news",)),
        (("for", "2", "hours"), timedelta(hours=2), ()),
        (("for", "30", "min", "x"), timedelta(minutes=30), ("x",)),
        (("for", "lunch"), None, ("for", "lunch")),
        (("the", "last", "24h", "were", "wild"), None, ("the", "last", "24h", "were", "wild")),
        ((), None, ()),
    ],
)
def test_a_duration_is_taken_out_of_the_words(
    words: tuple[str, ...], duration: timedelta | None, rest: tuple[str, ...]
) -> None:
    assert arguments.take_duration(words) == (duration, rest)


def test_a_wrong_duration_behind_for_is_refused() -> None:
    with pytest.raises(UsageError, match="write 90m, 2h or 1d"):
        arguments.take_duration(("for", "2x"))


def test_one_of_several_words_is_chosen_in_any_case() -> None:
    assert arguments.choose("SIGNALS", ("signals", "audit")) == "signals"


@pytest.mark.parametrize(
    ("word", "said"), [("signls", "did you mean signals\\?"), ("xyz", "one of signals, audit"), ("", "one of")]
)
def test_a_word_that_is_none_of_them_gets_the_nearest_or_all(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        arguments.choose(word, ("signals", "audit"))
