"""The place where numbers become text for people; sentences and words of the trade belong to their own modules."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.domain.market import TradingMode
from core.domain.money import percent_of_ratio

CURRENCY = "USDT"
TABLE_WIDTH = 34
"""Columns of a phone's monospace text; cells are set apart by one space."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def price(value: Decimal) -> str:
    """Return a price (quote per coin): six digits above one, five significant ones below, two decimals at least."""
    if not value:
        return "0"
    whole_digits = value.adjusted() + 1
    decimals = max(2, 6 - whole_digits) if whole_digits > 0 else 5 - whole_digits
    return _trimmed(f"{value:.{decimals}f}", keep=2)


def quantity(value: Decimal) -> str:
    """Return an amount of coins, thousands set apart, at most eight decimals, without trailing zeros."""
    return _trimmed(f"{value:,.8f}", keep=0)


def number(value: Decimal) -> str:
    """Return a bare number as a person would write it: at most six decimals, without trailing zeros."""
    return _trimmed(f"{value:.6f}", keep=0)


def amount(value: Decimal) -> str:
    """Return signed money (quote) without its unit: +12.34; more decimals only for less than a cent."""
    decimals = 4 if 0 < abs(value) < Decimal("0.01") else 2
    text = f"{value:+,.{decimals}f}"
    return text if any(digit in text for digit in "123456789") else "0.00"


def money(value: Decimal) -> str:
    """Return signed money (quote) with its unit: +12.34 USDT."""
    return f"{amount(value)} {CURRENCY}"


def size(value: Decimal) -> str:
    """Return money (quote) as a magnitude: 100 USDT, 820,000 USDT; no decimals from a thousand on."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}".removesuffix(".00")
    return f"{text} {CURRENCY}"


def cost(value: Decimal) -> str:
    """Return money (quote) that was paid, unsigned: 0.11 USDT."""
    return f"{amount(value).lstrip('+')} {CURRENCY}"


def percent(ratio: Decimal) -> str:
    """Return a ratio as signed percent: 0.0125 gives +1.25 %."""
    return f"{percent_amount(ratio)} %"


def percent_amount(ratio: Decimal) -> str:
    """Return a ratio as signed percent without the sign of percent, for tables: +1.25."""
    text = f"{percent_of_ratio(ratio):+.2f}"
    return "0.00" if text in {"+0.00", "-0.00"} else text


def percent_value(percents: Decimal) -> str:
    """Return a value that is in percent already (params, settings): 2.5 gives 2.5 %."""
    return f"{number(percents)} %"


def score(value: Decimal) -> str:
    """Return a score with one decimal: 71.4."""
    return f"{value:.1f}"


def age(duration: timedelta) -> str:
    """Return how long something lasts in its two largest units: 3h 12m, 2d 4h, 45s; less than nothing is 0s."""
    return " ".join(_units(duration)) or "0s"


def short_age(duration: timedelta) -> str:
    """Return an age of at most five characters for tables: 3h12m, 10h, 2d4h."""
    parts = _units(duration)
    text = "".join(parts)
    return (text if len(text) <= 5 else parts[0]) or "0s"


def span(duration: timedelta) -> str:
    """Return how long a piece of work took: 0.35 s, 4.2 s, then as `age`."""
    seconds = Decimal(duration // timedelta(milliseconds=1)) / 1000
    if seconds >= 60:
        return age(duration)
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"


def time(at: datetime, now: datetime) -> str:
    """Return a UTC time: 10:15 today, 19 Nov 10:15 within about a year, 2025-11-19 10:15 otherwise."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    if abs(at - now) < timedelta(days=300):
        return f"{at.day} {_MONTHS[at.month - 1]} {at:%H:%M}"
    return f"{at:%Y-%m-%d %H:%M}"


def moment(at: datetime) -> str:
    """Return a UTC time of day to the second, for what is about to happen: 10:06:30 UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S} UTC"


def table_time(at: datetime, now: datetime) -> str:
    """Return a UTC time of at most eleven characters: 10:15 today, 11-19 10:15 otherwise."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%m-%d %H:%M}"


def wave_key(wave_at: datetime) -> str:
    """Return a wave's time as commands take it, whole and without a space: 2026-11-20T10:15."""
    return f"{wave_at.astimezone(UTC):%Y-%m-%dT%H:%M}"


def count(amount_of: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: 1 position, 3 positions, 1,204 signals."""
    return f"{amount_of:,} {noun if amount_of == 1 else plural or noun + 's'}"


def listing(words: Iterable[str], limit: int = 12) -> str:
    """Return words one after another, and how many more there are beyond `limit`."""
    told = list(words)
    more = len(told) - limit
    return ", ".join(told[:limit]) + (f" and {more} more" if more > 0 else "")


def banner(mode: TradingMode) -> str:
    """Return the mark that is on everything about money: PAPER, TESTNET or LIVE."""
    return mode.value.upper()


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` characters, with an ellipsis where something is left out."""
    return text if len(text) <= width else text[: width - 1] + "…"


def quoted(word: str) -> str:
    """Return a person's own word for an error text, not longer than a line."""
    return f"“{cut(word, 40)}”"


def sentence(text: str) -> str:
    """Return `text` as a sentence: a capital at its start, a full stop at its end."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".") if text else ""


def _trimmed(text: str, keep: int) -> str:
    """Return a decimal text without trailing zeros beyond `keep` decimals; nothing is never negative."""
    whole, _, decimals = text.partition(".")
    decimals = decimals[:keep] + decimals[keep:].rstrip("0")
    text = f"{whole}.{decimals}" if decimals else whole
    return text if any(digit in text for digit in "123456789") else "0"


def _units(duration: timedelta) -> list[str]:
    seconds = max(0, int(duration.total_seconds()))
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    if days:
        parts = [(days, "d"), (hours, "h")]
    elif hours:
        parts = [(hours, "h"), (minutes, "m")]
    else:
        parts = [(minutes, "m"), (0 if minutes else seconds, "s")]
    return [f"{value}{unit}" for value, unit in parts if value]
