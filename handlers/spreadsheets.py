"""Rows as CSV that a spreadsheet opens and a program reads; pure. Which rows and columns is for the commands.

UTF-8 with a byte order mark (without it Excel reads another alphabet; `utf-8-sig` drops it again), commas, CRLF, a line
a record. Numbers have every digit and no exponent; times are UTC (2026-11-20T10:15:00Z); nothing is an empty cell.
"""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

MARK = b"\xef\xbb\xbf"

Cell = str | int | Decimal | datetime | None

# A spreadsheet takes a sign at the start of a cell for a formula; also one behind a semicolon, a tab or the end of a
# line, because a spreadsheet that expects those between cells does not respect quotes that are made for commas.
_SPACE = r"[ \xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff]*"
_FORMULA = re.compile(rf"(^|[;\t\r\n])({_SPACE})([=+\-@\uff1d\uff0b\uff0d\uff20])")
_NUMBER = re.compile(r"[-+]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def title_line(columns: Sequence[str]) -> bytes:
    """Return the start of a file: the mark and the names of its columns."""
    return MARK + _line(columns)


def row_line(cells: Sequence[Cell]) -> bytes:
    """Return one row of a file."""
    return _line([_text(cell) for cell in cells])


def safe_text(text: str) -> str:
    """Return `text` as no spreadsheet will run it: an apostrophe before what looks like a formula; numbers stay."""
    if text.isalnum() and text.isascii():
        return text
    clean = _CONTROLS.sub("\ufffd", text)
    if _NUMBER.fullmatch(clean):
        return clean
    safe = _FORMULA.sub(r"\1\2'\3", clean)
    return f"'{safe}" if safe.startswith(("\t", "\r", "\n")) else safe


def _text(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, int) else safe_text(value)


def _line(cells: Sequence[str]) -> bytes:
    target = io.StringIO()
    csv.writer(target).writerow(cells)
    # A lone surrogate, which chats can carry, is no UTF-8.
    return target.getvalue().encode(errors="replace")
