from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.telegram.columns import COLUMNS, align_fields, align_table
from bot.platforms.telegram.glyphs import width
from core.domain.replies import Align, Column, Field, Table


def table(titles: str, *rows: tuple[str, ...]) -> Table:
    """Titles that end in `>` stand right."""
    columns = (Column(title=t.rstrip(">"), align=Align.RIGHT if t[-1] == ">" else Align.LEFT) for t in titles.split())
    return Table(columns=tuple(columns), rows=rows)


def test_fields_are_aligned() -> None:
    fields = [Field(name="Entry", value="142.50"), Field(name="Stop loss", value="136.80")]
    assert align_fields(fields) == ["Entry      142.50", "Stop loss  136.80"]


def test_long_fields_are_not() -> None:
    assert align_fields([Field(name="Reason", value="x" * 40)]) is None


def test_a_table_is_aligned() -> None:
    lines = align_table(table("Symbol P&L>", ("SOLUSDT", "+1.5"), ("比特", "-12.25")))
    assert lines == ["Symbol      P&L", "SOLUSDT    +1.5", "比特     -12.25"]


def test_gaps_go_first_then_texts_never_numbers() -> None:
    snug = table("Symbol Price> Size>", ("A" * 14, "1" * 10, "2" * 8))
    assert align_table(snug)[1] == "A" * 14 + " " + "1" * 10 + " " + "2" * 8
    wide = table("Symbol Price>", ("A" * 30, "1" * 20))
    assert align_table(wide)[1] == "A" * 12 + "… " + "1" * 20


def test_a_table_that_cannot_fit_is_stacked() -> None:
    lines = align_table(table("Symbol Price> Size>", ("SOL", "1" * 20, "2" * 20), ("BTC", "3", "")))
    assert lines == ["SOL", "  Price: " + "1" * 20, "  Size: " + "2" * 20, "BTC", "  Price: 3"]


def test_a_table_without_rows_is_nothing() -> None:
    assert align_table(table("Symbol Price>")) == []


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=20)), min_size=1, max_size=4))
def test_an_aligned_table_fits_a_phone(rows: list[tuple[str, str]]) -> None:
    assert all(width(line) <= COLUMNS for line in align_table(table("Symbol Price>", *rows)))
