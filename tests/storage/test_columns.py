"""What goes into a column comes out the same."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, make_url, select
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import StatementError

from storage.columns import Duration, ExactDecimal, UtcDateTime

SQLITE: Dialect = SQLiteDialect()
POSTGRESQL: Dialect = make_url("postgresql://").get_dialect()()

decimals = st.decimals(allow_nan=False, allow_infinity=False)
times = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.timezones() | st.just(UTC))  # noqa: DTZ001


@given(decimals)
def test_a_decimal_keeps_every_digit(value: Decimal) -> None:
    column = ExactDecimal()
    stored = column.process_bind_param(value, SQLITE)
    assert isinstance(stored, str)
    found = column.process_result_value(stored, SQLITE)
    assert found is not None
    assert found.as_tuple() == value.as_tuple()


@pytest.mark.parametrize("value", [0.1, 1, "1", True])
def test_what_is_no_decimal_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        ExactDecimal().process_bind_param(value, SQLITE)  # type: ignore[arg-type]  # the mistake itself


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="cannot be stored"):
        ExactDecimal().process_bind_param(Decimal(value), SQLITE)


@given(times)
def test_a_time_is_the_same_moment_in_utc(value: datetime) -> None:
    column = UtcDateTime()
    stored = column.process_bind_param(value, SQLITE)
    assert isinstance(stored, str)
    assert len(stored) == len("2026-11-20T10:15:00.000000+00:00")
    found = column.process_result_value(stored, SQLITE)
    assert found is not None
    assert found == value.astimezone(UTC)
    assert found.tzinfo is UTC


@given(st.lists(times, min_size=2))
def test_texts_of_times_sort_as_times(values: list[datetime]) -> None:
    column = UtcDateTime()
    by_text = sorted(values, key=lambda value: str(column.process_bind_param(value, SQLITE)))
    assert [value.astimezone(UTC) for value in by_text] == sorted(value.astimezone(UTC) for value in values)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        UtcDateTime().process_bind_param(datetime(2026, 11, 20, 10, 15), SQLITE)  # noqa: DTZ001 - the mistake itself


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_a_duration_is_whole_milliseconds(milliseconds: int) -> None:
    column = Duration()
    value = timedelta(milliseconds=milliseconds)
    assert column.process_bind_param(value, SQLITE) == milliseconds
    assert column.process_result_value(milliseconds, SQLITE) == value


def test_postgresql_is_given_numbers_and_times_of_its_own() -> None:
    kinds = [str(kind().dialect_impl(POSTGRESQL).compile(POSTGRESQL)) for kind in (ExactDecimal, UtcDateTime, Duration)]
    assert kinds == ["NUMERIC", "TIMESTAMP WITH TIME ZONE", "BIGINT"]
    there = datetime(2026, 11, 20, 12, 15, tzinfo=timezone(timedelta(hours=2)))
    assert UtcDateTime().process_bind_param(there, POSTGRESQL) == there
    assert UtcDateTime().process_result_value(there, POSTGRESQL) == datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
    assert ExactDecimal().process_bind_param(Decimal("1.50"), POSTGRESQL) == Decimal("1.50")


def test_through_a_real_table() -> None:
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer),
        Column("n", ExactDecimal),
        Column("at", UtcDateTime),
        Column("ms", Duration),
    )
    row = {"id": 1, "n": Decimal("1E+3"), "at": datetime(2026, 1, 2, tzinfo=UTC), "ms": timedelta(seconds=1.5)}
    empty = {"id": 2, "n": None, "at": None, "ms": None}
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [row, empty])
        assert [found._asdict() for found in connection.execute(select(table).order_by(table.c.id))] == [row, empty]
        raw = connection.exec_driver_sql("SELECT n, at, ms FROM t").first()
        assert raw is not None
        assert tuple(raw) == ("1E+3", "2026-01-02T00:00:00.000000+00:00", 1500)
        with pytest.raises(StatementError, match="takes a Decimal"):
            connection.execute(insert(table), {"n": 0.1})
    engine.dispose()
    assert sqlite3.sqlite_version_info >= (3, 35), "RETURNING needs it"
