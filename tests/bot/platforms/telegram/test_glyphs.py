import html

from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.telegram.glyphs import clean_line, cut, escape, split_text, units, width

INVISIBLE = "\u202e\u2066\u2069\u200f\u200e\u061c\u200b\u200d\ufeff\u00ad\U000e0041\u3164\u2800\ud800\ue000\uffff"


def test_what_reorders_or_hides_is_taken_out() -> None:
    assert clean_line(f"SO{INVISIBLE}L") == "SOL"
    assert clean_line("a\x00b\x1b[31mc\x07") == "a b [31mc"
    assert clean_line(INVISIBLE) == ""


def test_lines_cannot_be_forged_by_a_value() -> None:
    assert clean_line("SOL\r\nLIVE\u2028closed\x85gone\tx") == "SOL LIVE closed gone x"


def test_heaps_of_marks_are_cut_down() -> None:
    assert clean_line("a" + "\u0301" * 50 + "b") == "a" + "\u0301" * 4 + "b"


def test_other_scripts_stay() -> None:
    for text in ("比特币", "ЭФИР", "ビットコイン", "مرحبا", "🙂", "é", "⚠️"):
        assert clean_line(text) == text


def test_widths() -> None:
    assert (width("SOL"), width("比特"), width("🙂"), width("e\u0301")) == (3, 4, 2, 1)
    assert (cut("比特币", 6), cut("比特币", 5), cut("abc", 2), cut("比特", 2)) == ("比特币", "比特…", "a…", "…")


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_a_cut_always_fits(text: str, columns: int) -> None:
    assert width(cut(text, columns)) <= columns


@given(st.text())
def test_escaped_text_is_read_back(text: str) -> None:
    escaped = escape(text)
    assert "<" not in escaped
    assert ">" not in escaped
    if "&" not in text and "\r" not in text:
        assert html.unescape(escaped) == text


@given(st.text(alphabet="ab &<🙂", max_size=300), st.integers(min_value=5, max_value=50))
def test_parts_fit_and_lose_nothing_but_spaces(text: str, room: int) -> None:
    parts = split_text(text, room)
    assert all(units(escape(part)) <= room for part in parts)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")


def test_parts_break_at_spaces() -> None:
    assert split_text("one two three", 8) == ["one two", "three"]
    assert split_text("unbreakable", 5) == ["unbre", "akabl", "e"]
