"""CSV that a spreadsheet opens without running anything, and that a program reads back."""

import csv
import io
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.spreadsheets import MARK, Cell, row_line, safe_text, title_line

SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001
HOSTILE = [
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\u00a0=1",
    "\ufeff=1",
    "\u202e=1",
    "\x00=1",
    "＝1",  # noqa: RUF001
    "--5",
    "-",
    "+",
    "-5;=1",
]


def read(*lines: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(lines).decode("utf-8-sig"), newline="")))


def begins_formula(text: str) -> bool:
    """True if a spreadsheet could take `text` for a formula: what nobody sees at its start does not count."""
    seen = text.lstrip("".join(c for c in set(text) if c.isspace() or unicodedata.category(c) in {"Cf", "Cc"}))
    return seen.startswith(SIGNS)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_looks_like_a_formula_is_neutralised(text: str) -> None:
    _, (cell,) = read(title_line(["a"]), row_line([text]))
    assert not begins_formula(cell)
    assert cell.replace("'", "").replace("\ufffd", "\x00") == text.replace("'", "")


@pytest.mark.parametrize("text", ["-5", "+5", "-0.5", "12.50", "007"])
def test_plain_numbers_stay_numbers(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize(
    "text", ["SOLUSDT", "/pause SOL for 2h", "telegram:-1001/5", "a-b", "x=1", "<b>&amp;</b>", "币安人生USDT", "🚀", ""]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize("text", ['a";=1', "a;=1", "a\t=1", "a\n=1", "a;; @x", "/pause news;-1"])
def test_a_formula_behind_another_separator_is_neutralised(text: str) -> None:
    for separator in ";\t\n":
        assert not any(begins_formula(part) for part in safe_text(text).split(separator) if not part.isspace())


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=[])), min_size=2, max_size=2)))
def test_hostile_cells_stay_in_their_cells(rows: Sequence[Sequence[str]]) -> None:
    found = read(title_line(["a", "b"]), *(row_line(row) for row in rows))
    assert found[0] == ["a", "b"]
    assert [len(row) for row in found] == [2] * (len(rows) + 1)
    assert not [cell for row in found for cell in row if begins_formula(cell) and safe_text(cell) != cell]


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_have_every_digit_and_no_exponent(number: Decimal) -> None:
    ((cell,),) = read(row_line([number]))
    assert Decimal(cell) == number
    assert "E" not in cell


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_are_read_back(at: datetime) -> None:
    ((cell,),) = read(row_line([at]))
    assert datetime.fromisoformat(cell) == at
    assert cell.endswith("Z")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (-3, "-3"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.10"), "-0.10"),
        (datetime(2026, 11, 20, 12, 15, tzinfo=timezone(timedelta(hours=2))), "2026-11-20T10:15:00Z"),
    ],
)
def test_values_have_one_form(cell: Cell, text: str) -> None:
    assert read(row_line([cell, "x"])) == [[text, "x"]]


def test_a_file_begins_with_its_mark_and_ends_its_lines_as_the_standard_says() -> None:
    assert title_line(["a", "b"]) == MARK + b"a,b\r\n"
    assert row_line(['say "x", y', "two\nlines"]) == b'"say ""x"", y","two\nlines"\r\n'


def test_a_long_hostile_text_takes_no_time() -> None:
    text = safe_text("\n \t" * 30_000 + "=1")
    assert text.endswith("'=1")


def test_half_a_character_breaks_nothing() -> None:
    assert row_line(["a\ud800b"]) == b"a?b\r\n"
