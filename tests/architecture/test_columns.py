"""What is stored is exact: no column of any table is a binary fraction, neither as declared nor as SQLite keeps it."""

import pytest
from sqlalchemy import Column, Float, MetaData, Numeric, Table
from sqlalchemy.dialects import sqlite

from storage.tables import metadata

BINARY = ("FLOAT", "REAL", "DOUBLE", "NUMERIC", "DECIMAL")


def inexact_columns(tables: MetaData) -> list[str]:
    """Name the columns that would not give back the digits that were put in."""
    return [
        f"{table.name}.{column.name}: {kind}"
        for table in tables.tables.values()
        for column in table.columns
        if (kind := column.type.compile(dialect=sqlite.dialect())).startswith(BINARY)
    ]


def test_every_column_is_exact() -> None:
    assert metadata.tables
    assert inexact_columns(metadata) == []


@pytest.mark.parametrize("kind", [Float(), Numeric(20, 8)])
def test_an_inexact_column_is_noticed(kind: Float[float] | Numeric[float]) -> None:
    tables = MetaData()
    Table("positions", tables, Column("entry_price", kind))
    (found,) = inexact_columns(tables)
    assert found.startswith("positions.entry_price: ")
