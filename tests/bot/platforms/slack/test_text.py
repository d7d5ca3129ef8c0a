"""Text made safe, character by character."""

import html

from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.text import clean, clip, code, mrkdwn, one_line, plain, size, take, width

_texts = st.text(st.characters(codec=None), max_size=200) | st.text("a &<>\n😀", max_size=200)


@given(text=_texts)
def test_nothing_opens_markup_or_a_mention(text: str) -> None:
    shown = mrkdwn(clean(text))
    assert not set("<>*~`") & set(shown)
    assert "`" not in code(clean(text))
    assert "<!" not in plain(text)
    assert "<@" not in plain(text)


@given(text=_texts)
def test_cleaned_text_can_be_sent_and_reads_from_left_to_right(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert not {"\u202e", "\u2066", "\u200f", "\x1b", "\x00", "\r"} & set(cleaned)
    assert "\n" not in one_line(text)


@given(text=_texts, limit=st.integers(10, 120))
def test_a_head_fits_and_nothing_is_lost(text: str, limit: int) -> None:
    cleaned = clean(text)
    head, rest = take(cleaned, limit)
    assert sum(map(size, head)) <= limit
    assert len(html.escape(head, quote=False)) <= limit
    left = cleaned[len(head) :]
    assert left.lstrip("\n ") == rest.lstrip("\n ")
    assert bool(head) or not cleaned


@given(text=_texts, limit=st.integers(10, 120))
def test_clipped_text_fits_and_says_so(text: str, limit: int) -> None:
    clipped = clip(clean(text), limit)
    assert sum(map(size, clipped)) <= limit
    assert clipped.endswith("…") or clean(text).startswith(clipped)


def test_text_is_cut_at_words_and_lines() -> None:
    assert take("one two three", 11) == ("one two", "three")
    assert take("one two\nthree four", 12) == ("one two", "three four")
    assert take("unbreakable", 5) == ("unbre", "akable")


def test_symbols_and_numbers_stay_as_they_are() -> None:
    for text in ("1000PEPEUSDT", "stop_moved_at", "-0.35 %", "2026-11-20 07:00:00", "#12 (a/b) +4.1"):
        assert mrkdwn(clean(text)) == text
    assert mrkdwn("_all_ *of* it & <b>") == "\u02cdall\u02cd \u2217of\u2217 it &amp; &lt;b&gt;"


def test_wide_characters_take_two_columns() -> None:
    assert [width(text) for text in ("abc", "日本", "e\u0301")] == [3, 4, 1]
