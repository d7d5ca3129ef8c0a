"""Column types that keep what they are given: exact numbers, aware times, durations. Tables are in `tables`."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Numeric, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

MILLISECOND = timedelta(milliseconds=1)


def text_of_decimal(value: Decimal) -> str:
    """Return every digit of `value`.

    Raises:
        TypeError: `value` is no Decimal; a float is refused, it would not come back the same.
        ValueError: `value` is NaN or infinite.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"an exact column takes a Decimal, not {value!r}")
    if not value.is_finite():
        raise ValueError(f"{value} cannot be stored")
    return str(value)


@lru_cache(maxsize=1024)
def text_of_time(value: datetime) -> str:
    """Return `value` in UTC as a text of fixed width; remembered, because a wave's rows share most of their times.

    Raises:
        ValueError: `value` has no zone.
    """
    if value.tzinfo is None:
        raise ValueError(f"{value} has no zone; only aware times are stored")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


class ExactDecimal(TypeDecorator[Decimal]):
    """A finite Decimal, kept digit by digit: as text on SQLite, whose numbers are binary, as NUMERIC elsewhere."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text on SQLite, NUMERIC elsewhere."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | Decimal | None:
        """Return what is stored; refuses what `text_of_decimal` refuses."""
        if value is None:
            return None
        text = text_of_decimal(value)
        return text if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002, ANN401
        """Return the Decimal that was stored."""
        return None if value is None else Decimal(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time: on SQLite a text of fixed width, so that texts sort as times do."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text on SQLite, a time with zone elsewhere."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | datetime | None:
        """Return what is stored; refuses what `text_of_time` refuses."""
        if value is None:
            return None
        text = text_of_time(value)
        return text if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002, ANN401
        """Return the time, in UTC."""
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class Duration(TypeDecorator[timedelta]):
    """A duration in whole milliseconds; finer parts are rounded."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return milliseconds."""
        return None if value is None else round(value / MILLISECOND)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> timedelta | None:  # noqa: ARG002, ANN401
        """Return the duration."""
        return None if value is None else timedelta(milliseconds=value)
