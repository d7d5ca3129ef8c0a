"""Characters as Telegram shows and counts them: cleaning, width, length, escaping. How replies look is not here."""

import unicodedata

_DROPPED = {"Cf", "Cs", "Co"}
"""Format characters (bidi controls, zero-width ones, tags), lone surrogates, private code points."""
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters that show nothing at all."""
_MARKS = {"Mn", "Me"}
_MARKS_IN_A_ROW = 4


def clean_line(text: str) -> str:
    """Return `text` on one line, without anything invisible that could reorder or hide it.

    A line break becomes a space: no value can pass for a line of ours.
    """
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in _MARKS else 0
        if category in _DROPPED or marks > _MARKS_IN_A_ROW or char in _BLANK_LETTERS or _is_no_character(char):
            continue
        kept.append(" " if category == "Cc" else char)
    return " ".join("".join(kept).split())


def _is_no_character(char: str) -> bool:
    return ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef"


def escape(text: str) -> str:
    """Return `text` safe between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def units(text: str) -> int:
    """Return the length as Telegram counts it: UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def char_width(char: str) -> int:
    """Return how many monospace columns `char` takes."""
    if unicodedata.category(char) in _MARKS:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def width(text: str) -> int:
    """Return how many monospace columns `text` takes."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def cut(text: str, columns: int) -> str:
    """Return `text` if it fits `columns`, else its beginning and an ellipsis."""
    if width(text) <= columns:
        return text
    kept, used = "", 0
    for char in text:
        used += char_width(char)
        if used > columns - 1:
            break
        kept += char
    return kept.rstrip() + "…"


def split_text(text: str, room: int) -> list[str]:
    """Return `text` in parts that take at most `room` units once escaped, broken at spaces where there are any.

    `room` must hold the longest escape of a single character (5 units).
    """
    parts: list[str] = []
    start, used, last_space = 0, 0, -1
    position = 0
    while position < len(text):
        cost = units(escape(text[position]))
        if used + cost > room:
            end = last_space if last_space > start else position
            parts.append(text[start:end].rstrip())
            start = end + 1 if end == last_space else end
            position, used, last_space = start, 0, -1
            continue
        if text[position] == " ":
            last_space = position
        used += cost
        position += 1
    parts.append(text[start:])
    return [part for part in parts if part]
