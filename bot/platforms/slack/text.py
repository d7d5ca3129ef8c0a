"""Plain text made safe for Slack, character by character; the layout of a message belongs to `format`."""

import unicodedata

MORE = "…"

_COSTS = {"&": 5, "<": 4, ">": 4}
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Slack's mrkdwn has no escape for its marks, so marks that could pair up are shown by their twins.
_TWINS = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "\u02cb"})
_BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_CONTROLS = {code: None for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), *_BIDI, 0xFEFF) if code != 0x0A} | {
    0x09: " ",
    0x2028: "\n",
    0x2029: "\n",
}


def clean(text: str) -> str:
    """Return `text` without control and direction characters; what is no character at all becomes U+FFFD."""
    text = text.replace("\r\n", "\n").translate(_CONTROLS)
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)


def one_line(text: str) -> str:
    """Return `text` cleaned and on one line."""
    return " ".join(clean(text).split())


def size(char: str) -> int:
    """Return how much of a limit `char` takes once escaped, in UTF-16 units as Slack's own client counts."""
    return _COSTS.get(char, 2 if char > "\uffff" else 1)


def units(text: str) -> int:
    """Return how much of a limit cleaned text takes that is escaped already."""
    return len(text.encode("utf-16-le")) // 2


def take(text: str, limit: int) -> tuple[str, str]:
    """Split cleaned `text` where its head still fits `limit` when escaped; prefers the end of a line or a word."""
    room = limit
    for index, char in enumerate(text):
        room -= size(char)
        if room < 0:
            cut = _softer(text, index)
            return text[:cut], text[cut:].lstrip("\n ")
    return text, ""


def clip(text: str, limit: int) -> str:
    """Return cleaned `text` shortened so that it fits `limit` when escaped."""
    head, rest = take(text, limit)
    if not rest:
        return head
    return take(text, limit - 1)[0].rstrip() + MORE


def mrkdwn(text: str) -> str:
    """Return cleaned `text` so that Slack shows it as it is: no markup, no mention, no link comes out of it."""
    text = text.translate(_TWINS).translate(_ENTITIES)
    return "".join(_underscore(text, index) if char == "_" else char for index, char in enumerate(text))


def code(text: str) -> str:
    """Return cleaned `text` for the inside of a code block, which it cannot leave."""
    return text.replace("`", "\u02cb").translate(_ENTITIES)


def plain(text: str) -> str:
    """Return one line for a plain_text object; special mentions are broken up in case somebody parses it anyway."""
    text = one_line(text)
    for mark in "!@#":
        text = text.replace(f"<{mark}", f"\u2039{mark}")
    return text


def width(text: str) -> int:
    """Return how many monospace columns `text` fills."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _softer(text: str, index: int) -> int:
    floor = index // 2
    for mark in ("\n", " "):
        if (cut := text.rfind(mark, floor, index)) > 0:
            return cut
    return max(index, 1)


def _underscore(text: str, index: int) -> str:
    inside = 0 < index < len(text) - 1 and text[index - 1].isalnum() and text[index + 1].isalnum()
    return "_" if inside else "\u02cd"
