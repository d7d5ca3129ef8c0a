"""What people write behind a command, read into values; pure, and nothing is looked up here.

Every function that cannot read a word raises `UsageError` with what is allowed.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from core.domain.market import ExchangeRef
from core.domain.money import HUNDRED, Ratio, exact, ratio_of_percent
from core.domain.pauses import EVERYTHING
from handlers import texts
from handlers.invocation import UsageError

QUOTES = ("USDT", "USDC")
LONGEST = timedelta(days=365)

_ALL_WORDS = frozenset({"all", "everything", "everywhere", "*"})
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(?:\d{1,6}[smhdw])+")
_DURATION_PART = re.compile(r"(\d{1,6})([smhdw])")
_LONG_UNIT = re.compile(r"(s|m|h|d|w)(ec|econd|in|inute|our|ay|eek)?s?|mins|hrs?")
_SYMBOL = re.compile(r"[A-Z0-9]{2,30}")
_WORDS = re.compile(r'"([^"]*)"(?!\S)|\'([^\']*)\'(?!\S)|“([^”]*)”(?!\S)|(\S+)')


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of `text`; quotes keep words together, and a lone quote is a letter like any other."""
    return tuple(next((g for g in match.groups() if g is not None), "") for match in _WORDS.finditer(text))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return what `word` most likely was meant to be, or None if nothing is near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(word.lower(), sorted(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def choose(word: str, options: Iterable[str]) -> str:
    """Return the one of `options` that `word` is, in any case.

    Raises:
        UsageError: it is none of them; the text names the nearest, or all of them when none is near.
    """
    known = list(options)
    found = next((option for option in known if option.lower() == word.lower()), None)
    if found is not None:
        return found
    guess = nearest(word, known)
    hint = f"did you mean {guess}?" if guess else f"one of {texts.listing(known)}."
    raise UsageError(f"{texts.quoted(word)} is not known here; {hint}")


def find_exchange(word: str, exchanges: Sequence[ExchangeRef]) -> ExchangeRef | None:
    """Return the exchange called `word` (name or title, any case), or None."""
    wanted = word.lower()
    return next((ref for ref in exchanges if wanted in {ref.name.lower(), ref.title.lower()}), None)


def read_exchange(word: str, exchanges: Sequence[ExchangeRef]) -> ExchangeRef:
    """Return the exchange called `word`.

    Raises:
        UsageError: there is no such exchange.
    """
    found = find_exchange(word, exchanges)
    if found is None:
        raise UsageError(f"{texts.quoted(word)} is no exchange; one of {texts.listing(ref.name for ref in exchanges)}.")
    return found


def find_symbol(word: str, known: Collection[str]) -> str | None:
    """Return the known symbol that `word` names: itself, or with its quote left out (SOL, 1000PEPE, SOL/USDT)."""
    wanted = word.upper().replace("/", "").replace("-", "")
    return next((symbol for symbol in (wanted, *(wanted + quote for quote in QUOTES)) if symbol in known), None)


def read_symbol(word: str, known: Collection[str]) -> str:
    """Return the symbol that `word` names; one nobody has seen yet is taken when it is written in full.

    Raises:
        UsageError: it is not known; the text names the nearest one.
    """
    found = find_symbol(word, known)
    if found is not None:
        return found
    wanted = word.upper()
    guess = nearest_symbol(wanted, known)
    if guess is not None:
        raise UsageError(f"{texts.quoted(word)} is no symbol seen here; did you mean {guess}?")
    if is_symbol(wanted):
        return wanted
    raise UsageError(f"{texts.quoted(word)} is no symbol seen here; write it like SOLUSDT.")


def nearest_symbol(word: str, known: Iterable[str]) -> str | None:
    """Return the known symbol that `word` most likely was meant to be, or None; the quotes do not count."""
    coins = {_coin(symbol): symbol for symbol in known}
    found = nearest(_coin(word.upper()), coins)
    return coins[found] if found else None


def is_symbol(word: str) -> bool:
    """Return True if `word` has the form of a whole symbol: capitals and digits that end with a quote currency."""
    return bool(_SYMBOL.fullmatch(word)) and word.endswith(QUOTES) and word not in QUOTES


def is_all(word: str) -> bool:
    """Return True if `word` says "everything"."""
    return word.lower() in _ALL_WORDS


def read_scope(word: str, exchanges: Sequence[ExchangeRef], known: Collection[str]) -> str | None:
    """Return the pause scope that `word` names, or None if it names none; a whole symbol need not be known."""
    if is_all(word):
        return EVERYTHING
    exchange = find_exchange(word, exchanges)
    if exchange is not None:
        return exchange.name
    return find_symbol(word, known) or (word.upper() if is_symbol(word.upper()) else None)


def find_duration(word: str) -> timedelta | None:
    """Return the duration that `word` writes (90m, 2h, 1d12h), or None.

    Raises:
        UsageError: it is zero or beyond a year.
    """
    wanted = word.lower()
    if not _DURATION.fullmatch(wanted):
        return None
    parts = {_UNITS[unit]: int(value) for value, unit in _DURATION_PART.findall(wanted)}
    total = timedelta(**parts)
    if not timedelta(0) < total <= LONGEST:
        raise UsageError(f"{texts.quoted(word)} is no time to wait; anything from 1m to 365d.")
    return total


def take_duration(words: Sequence[str]) -> tuple[timedelta | None, tuple[str, ...]]:
    """Return the duration at the start of `words` or behind a "for" ("for 2h", "for 2 hours"), and the other words.

    Raises:
        UsageError: "for" is followed by a number that is no duration.
    """
    for index, word in enumerate(words):
        is_for = index > 0 and words[index - 1].lower() == "for"
        if index and not is_for:
            continue
        found, length = _leading_duration(words[index:])
        if found is not None:
            return found, (*words[: index - is_for], *words[index + length :])
        if is_for and word[:1].isdecimal():
            raise UsageError(f"{texts.quoted(word)} is no duration; write 90m, 2h or 1d.")
    return None, tuple(words)


def _leading_duration(words: Sequence[str]) -> tuple[timedelta | None, int]:
    """Return the duration that `words` begin with and how many words it takes."""
    found = find_duration(words[0])
    if found is None and words[0].isdecimal() and len(words) > 1 and _LONG_UNIT.fullmatch(words[1].lower()):
        return find_duration(words[0] + words[1][0]), 2
    return found, 1


def read_count(word: str, most: int) -> int:
    """Return a count of 1 to `most`.

    Raises:
        UsageError: it is something else.
    """
    if not re.fullmatch(r"[0-9]{1,9}", word) or not 1 <= int(word) <= most:
        raise UsageError(f"{texts.quoted(word)} is no count; 1 to {most}.")
    return int(word)


def read_share(word: str) -> Ratio:
    """Return the share that a percentage above 0 and up to 100 means, with or without its sign.

    Raises:
        UsageError: it is something else.
    """
    try:
        percents = exact(word.removesuffix("%"))
    except ValueError:
        percents = Decimal(0)
    if not 0 < percents <= HUNDRED:
        raise UsageError(f"{texts.quoted(word)} is no percentage; above 0, at most 100.")
    return ratio_of_percent(percents)


def _coin(symbol: str) -> str:
    return next((symbol.removesuffix(quote) for quote in QUOTES if symbol.endswith(quote)), symbol)
