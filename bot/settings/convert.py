"""Kinds of values: how a raw one from YAML becomes ours and how ours is shown again; not which settings there are."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.settings.schema import Address
from core.domain.money import Money, Ratio, exact, percent_of_ratio, ratio_of_percent

T = TypeVar("T")
Text = TypeVar("Text", bound=StrEnum)
Rank = TypeVar("Rank", bound=IntEnum)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """What a value may be.

    Attributes:
        allowed: For people: "a whole number from 1 to 100".
        read: Turns a raw value into ours; raises ValueError for any other.
        show: Turns ours into plain YAML again.
    """

    allowed: str
    read: Callable[[object], T]
    show: Callable[[T], object]


def plain(number: Decimal) -> int | str:
    """Return `number` as YAML shows it best: whole numbers bare, others as their exact text."""
    return int(number) if number == number.to_integral_value() else f"{number.normalize():f}"


def number(low: int | str, high: int | str, unit: str = "") -> Kind[Decimal]:
    """Return the kind of exact numbers from `low` to `high`."""
    bounds = exact(low), exact(high)

    def read(raw: object) -> Decimal:
        value = exact(raw)
        if not bounds[0] <= value <= bounds[1]:
            raise ValueError(f"{value} is out of range")
        return value

    return Kind(allowed=f"a number{unit} from {low} to {high}", read=read, show=plain)


def whole(low: int, high: int) -> Kind[int]:
    """Return the kind of whole numbers from `low` to `high`."""
    base = number(low, high)

    def read(raw: object) -> int:
        value = base.read(raw)
        if value != value.to_integral_value():
            raise ValueError(f"{value} is not whole")
        return int(value)

    return Kind(allowed=f"a whole number from {low} to {high}", read=read, show=int)


def percent(low: int | str, high: int | str) -> Kind[Ratio]:
    """Return the kind of percents (2.5 is 2.5 %), kept as ratios."""
    base = number(low, high, " of percent")
    return Kind(
        allowed=base.allowed,
        read=lambda raw: ratio_of_percent(base.read(raw)),
        show=lambda ratio: plain(percent_of_ratio(ratio)),
    )


def money(low: int | str = "0.01", high: int | str = 1_000_000_000) -> Kind[Money]:
    """Return the kind of amounts in USDT."""
    base = number(low, high, " of USDT")
    return Kind(allowed=base.allowed, read=lambda raw: Money(base.read(raw)), show=plain)


def duration(unit: timedelta, low: int | str = 0, high: int | str = 86_400) -> Kind[timedelta]:
    """Return the kind of durations that are written as a number of `unit`s."""
    base = number(low, high, {SECOND: " of seconds", MINUTE: " of minutes", HOUR: " of hours"}[unit])
    ticks = Decimal(unit // timedelta(microseconds=1))
    return Kind(
        allowed=base.allowed,
        read=lambda raw: timedelta(microseconds=int(base.read(raw) * ticks)),
        show=lambda value: plain(Decimal(value // timedelta(microseconds=1)) / ticks),
    )


def optional(kind: Kind[T]) -> Kind[T | None]:
    """Return `kind` with null for "off" or "not set"."""
    return Kind(
        allowed=f"{kind.allowed}, or null",
        read=lambda raw: None if raw is None else kind.read(raw),
        show=lambda value: None if value is None else kind.show(value),
    )


def choice(values: Iterable[str]) -> Kind[str]:
    """Return the kind of texts that are one of `values`."""
    known = tuple(values)

    def read(raw: object) -> str:
        text = str(raw).strip().lower()
        if text not in known:
            raise ValueError(f"{raw!r} is none of them")
        return text

    return Kind(allowed=f"one of {', '.join(known)}", read=read, show=str)


def member(cls: type[Text]) -> Kind[Text]:
    """Return the kind of names of `cls`."""
    base = choice(item.value for item in cls)
    return Kind(allowed=base.allowed, read=lambda raw: cls(base.read(raw)), show=lambda item: item.value)


def rank(cls: type[Rank], *without: Rank) -> Kind[Rank]:
    """Return the kind of names of the ordered `cls`, lower case, but for `without`."""
    base = choice(item.name.lower() for item in cls if item not in without)
    return Kind(allowed=base.allowed, read=lambda raw: cls[base.read(raw).upper()], show=lambda item: item.name.lower())


def flag() -> Kind[bool]:
    """Return the kind of yes or no."""

    def read(raw: object) -> bool:
        if not isinstance(raw, bool):
            raise ValueError(f"{raw!r} is neither")  # noqa: TRY004 - one error for one mistake
        return raw

    return Kind(allowed="true or false", read=read, show=bool)


def pattern(expression: str, allowed: str, *, upper: bool = False) -> Kind[str]:
    """Return the kind of texts that match `expression` whole, in upper case if so asked."""

    def read(raw: object) -> str:
        text = str(raw).strip().upper() if upper else str(raw).strip()
        if isinstance(raw, bool) or not isinstance(raw, str | int) or not re.fullmatch(expression, text):
            raise ValueError(f"{raw!r} is not of that form")
        return text

    return Kind(allowed=allowed, read=read, show=str)


def address(*schemes: str, slash: bool = False) -> Kind[str]:
    """Return the kind of addresses with one of `schemes` and no name or password; `slash`: they end in one."""

    def read(raw: object) -> str:
        text = str(raw).strip()
        parts = urlsplit(text)
        if parts.scheme not in schemes or not parts.hostname or "@" in parts.netloc or " " in text:
            raise ValueError("it is no such address")
        return text.rstrip("/") + "/" * slash

    names = " or ".join(f"{scheme}://" for scheme in schemes)
    return Kind(allowed=f"an address that begins with {names}, without name or password", read=read, show=str)


def listener() -> Kind[Address]:
    """Return the kind of host and port where something listens."""

    def read(raw: object) -> Address:
        host, _, port = str(raw).strip().rpartition(":")
        if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
            raise ValueError(f"{raw!r} is no host:port")
        return Address(host=host.strip("[]"), port=int(port))

    return Kind(allowed='a host and port like "127.0.0.1:8080"', read=read, show=str)


def zone() -> Kind[ZoneInfo]:
    """Return the kind of time zone names."""

    def read(raw: object) -> ZoneInfo:
        try:
            return ZoneInfo(str(raw))
        except (OSError, ValueError, KeyError):
            raise ValueError(f"{raw!r} is no zone") from None

    return Kind(allowed="a zone name like America/Los_Angeles or UTC", read=read, show=str)


def many(kind: Kind[T], *, least: int = 0, may_repeat: bool = False) -> Kind[tuple[T, ...]]:
    """Return the kind of lists of `kind` with at least so many items, none of them twice unless that is allowed."""

    def read(raw: object) -> tuple[T, ...]:
        if not isinstance(raw, list):
            raise ValueError(f"{raw!r} is no list")  # noqa: TRY004 - one error for one mistake
        items = tuple(kind.read(item) for item in raw)
        if len(items) < least:
            raise ValueError(f"there are only {len(items)}")
        if not may_repeat and any(item in items[:place] for place, item in enumerate(items)):
            raise ValueError("one of them is there twice")
        return items

    size = f" of at least {least}" if least else ""
    unique = "" if may_repeat else ", none twice"
    return Kind(
        allowed=f"a list{size}{unique}, each {kind.allowed}",
        read=read,
        show=lambda items: [kind.show(item) for item in items],
    )


def group(kind: Kind[T]) -> Kind[frozenset[T]]:
    """Return the kind of lists of `kind` in which order means nothing."""
    base = many(kind)
    return Kind(
        allowed=base.allowed,
        read=lambda raw: frozenset(base.read(raw)),
        show=lambda items: sorted((kind.show(item) for item in items), key=str),
    )


def table(key: Kind[Any], value: Kind[T]) -> Kind[Mapping[Any, T]]:
    """Return the kind of mappings from `key` to `value`."""

    def read(raw: object) -> Mapping[Any, T]:
        if raw is None:
            return {}
        if not isinstance(raw, dict):
            raise ValueError(f"{raw!r} is no mapping")  # noqa: TRY004 - one error for one mistake
        return {key.read(name): value.read(item) for name, item in raw.items()}

    return Kind(
        allowed=f"{{{key.allowed}: {value.allowed}}}",
        read=read,
        show=lambda items: {key.show(name): value.show(item) for name, item in items.items()},
    )
