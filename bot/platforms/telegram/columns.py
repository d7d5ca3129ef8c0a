"""Fields and tables as monospace lines that fit a phone. Markup and message limits are not here."""

from collections.abc import Sequence

from bot.platforms.telegram.glyphs import clean_line, cut, width
from core.domain.replies import Align, Column, Field, Table

COLUMNS = 34
_GAP = 2
_NARROWEST = 6
"""Columns that a text may be cut down to before the table is stacked instead."""


def align_fields(fields: Sequence[Field]) -> list[str] | None:
    """Return names and values in two columns, or None if they do not fit."""
    pairs = [(clean_line(item.name), clean_line(item.value)) for item in fields]
    names = max((width(name) for name, _ in pairs), default=0)
    values = max((width(value) for _, value in pairs), default=0)
    if names + _GAP + values > COLUMNS:
        return None
    return [(_pad(name, names + _GAP, Align.LEFT) + value).rstrip() for name, value in pairs]


def align_table(table: Table) -> list[str]:
    """Return the table as lines; a table too wide for that is stacked, a line a cell. Without rows: nothing."""
    if not table.rows:
        return []
    titles = tuple(clean_line(column.title) for column in table.columns)
    rows = [titles, *(tuple(map(clean_line, row)) for row in table.rows)]
    widths = [max(width(row[index]) for row in rows) for index in range(len(titles))]
    for gap in (_GAP, 1):
        if sum(widths) + gap * (len(widths) - 1) <= COLUMNS:
            return [_line(row, table.columns, widths, gap) for row in rows]
    fitted = _shrink(widths, table.columns)
    if fitted is None:
        return _stack(rows)
    return [_line(row, table.columns, fitted, 1) for row in rows]


def _shrink(widths: Sequence[int], columns: Sequence[Column]) -> list[int] | None:
    """Return widths that fit, taken from the widest texts; numbers are never cut. None if that is not enough."""
    fitted = list(widths)
    texts = [index for index, column in enumerate(columns) if column.align is Align.LEFT]
    excess = sum(fitted) + len(fitted) - 1 - COLUMNS
    while excess > 0:
        widest = max(texts, key=fitted.__getitem__, default=None)
        if widest is None or fitted[widest] <= _NARROWEST:
            return None
        fitted[widest] -= 1
        excess -= 1
    return fitted


def _stack(rows: Sequence[tuple[str, ...]]) -> list[str]:
    titles, *records = rows
    lines: list[str] = []
    for record in records:
        lines.append(record[0])
        lines.extend(f"  {title}: {cell}" for title, cell in zip(titles[1:], record[1:], strict=True) if cell)
    return lines


def _line(row: Sequence[str], columns: Sequence[Column], widths: Sequence[int], gap: int) -> str:
    cells = (_pad(cut(cell, room), room, column.align) for cell, column, room in zip(row, columns, widths, strict=True))
    return (" " * gap).join(cells).rstrip()


def _pad(text: str, columns: int, align: Align) -> str:
    blank = " " * max(0, columns - width(text))
    return blank + text if align is Align.RIGHT else text + blank
