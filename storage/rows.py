"""What rows look like to Python; the mappers say what they mean."""

from typing import Any

from sqlalchemy import CursorResult, Row, Select

from core.domain.errors import Bug

AnyRow = Row[*tuple[Any, ...]]
"""A row as it was read, columns by name."""

AnySelect = Select[*tuple[Any, ...]]
"""A query of any columns."""

Values = dict[str, Any]
"""A row to be written, columns by name."""


def new_id(added: CursorResult[Any]) -> int:
    """Return the id that the database gave to the one row that was inserted.

    Raises:
        Bug: no row was inserted, or its table gives no ids.
    """
    key = added.inserted_primary_key
    if not key:
        raise Bug("an insert gave no id")
    return int(key[0])
