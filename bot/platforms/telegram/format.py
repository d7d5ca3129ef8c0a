"""A reply as Telegram messages: HTML that cannot break, its plain text, and buttons. Pure; sending is not here.

Text reaches the markup only through `escape`, and messages are cut between lines before any tag is written: a tag
can neither be injected nor torn.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot.platforms.telegram.columns import align_fields, align_table
from bot.platforms.telegram.glyphs import clean_line, cut, escape, split_text, units
from core.domain.replies import Button, Field, Reply, Tone

MESSAGE_UNITS = 4096
MAX_PIECES = 8
"""More than this floods a chat: the rest is left out, and said so."""
_PRE_UNITS = len("<pre></pre>")
_TAG_UNITS = len("<code></code>")
_LABEL_COLUMNS = 40
_BUTTONS_A_ROW = 8
_BUTTONS = 100

MARKS = {
    Tone.PLAIN: "",
    Tone.GOOD: "✅",
    Tone.BAD: "❌",
    Tone.NOTICE: "🔔",
    Tone.WARNING: "⚠️",
    Tone.CRITICAL: "🚨",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One inline button: what it shows and the words it carries."""

    label: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One message: `html` for parse mode HTML, `plain` for when the markup is refused."""

    html: str
    plain: str
    keys: tuple[tuple[Key, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Span:
    text: str
    tag: str = ""

    def html(self) -> str:
        text = escape(self.text)
        return f"<{self.tag}>{text}</{self.tag}>" if self.tag and text else text


@dataclass(frozen=True, slots=True)
class _Line:
    spans: tuple[_Span, ...]
    is_pre: bool = False

    def html(self) -> str:
        return "".join(span.html() for span in self.spans)

    def plain(self) -> str:
        return "".join(span.text for span in self.spans)


def format_reply(reply: Reply) -> tuple[Piece, ...]:
    """Return the messages of `reply`, at least one; the buttons are under the last."""
    lines = list(_lines(reply)) or [_text_line("…")]
    groups = list(_fill(_short_enough(lines)))
    if len(groups) > MAX_PIECES:
        left_out = sum(map(len, groups[MAX_PIECES - 1 :]))
        note = _text_line(f"… {left_out} more lines are left out", "i")
        groups = [*groups[: MAX_PIECES - 1], [note]]
    pieces = [Piece(html=_html(group), plain="\n".join(line.plain() for line in group)) for group in groups]
    pieces[-1] = replace(pieces[-1], keys=_keys(reply.buttons))
    return tuple(pieces)


def _lines(reply: Reply) -> Iterator[_Line]:
    yield from _words(reply)
    fields = align_fields(reply.fields)
    rows = [] if reply.table is None else align_table(reply.table)
    if fields is not None:
        yield from _pre([*fields, "", *rows] if fields and rows else [*fields, *rows])
    else:
        yield from map(_field, reply.fields)
        yield from _pre(rows)
    yield from _foot(reply)


def _words(reply: Reply) -> Iterator[_Line]:
    """The head and the paragraphs; the mark of the tone stands before whichever comes first."""
    head = " · ".join(part for part in (clean_line(reply.banner or ""), clean_line(reply.title)) if part)
    lines = [_text_line(clean_line(paragraph)) for paragraph in reply.lines]
    if head:
        lines.insert(0, _text_line(head, "b"))
    mark = MARKS[reply.tone]
    if mark:
        spans = lines.pop(0).spans if lines else ()
        yield _Line((_Span(f"{mark} " if spans else mark), *spans))
    yield from lines


def _field(item: Field) -> _Line:
    return _Line((_Span(f"{clean_line(item.name)}: "), _Span(clean_line(item.value), "code")))


def _foot(reply: Reply) -> Iterator[_Line]:
    number = "" if reply.alert_id is None else f"#{reply.alert_id}"
    text = " · ".join(part for part in (clean_line(reply.footer), number) if part)
    if text:
        yield _text_line(text, "i")


def _text_line(text: str, tag: str = "") -> _Line:
    return _Line((_Span(text, tag),))


def _pre(texts: Iterable[str]) -> Iterator[_Line]:
    return (_Line((_Span(text),), is_pre=True) for text in texts)


def _cost(line: _Line) -> int:
    return units(line.html()) + 1


def _short_enough(lines: Iterable[_Line]) -> Iterator[_Line]:
    """Break lines that no message can hold; each part keeps the tag of its span."""
    room = MESSAGE_UNITS - _PRE_UNITS - _TAG_UNITS - 1
    for line in lines:
        if _cost(line) + _PRE_UNITS <= MESSAGE_UNITS:
            yield line
            continue
        for span in line.spans:
            for part in split_text(span.text, room):
                yield _Line((_Span(part, span.tag),), is_pre=line.is_pre)


def _fill(lines: Iterable[_Line]) -> Iterator[list[_Line]]:
    """Group lines into messages, each as full as it can be."""
    group: list[_Line] = []
    used = 0
    for line in lines:
        opens_pre = line.is_pre and not (group and group[-1].is_pre)
        cost = _cost(line) + (_PRE_UNITS if opens_pre else 0)
        if group and used + cost > MESSAGE_UNITS:
            yield group
            group, used = [], 0
            cost = _cost(line) + (_PRE_UNITS if line.is_pre else 0)
        if group or line.plain():
            group.append(line)
            used += cost
    if group:
        yield group


def _html(group: Iterable[_Line]) -> str:
    blocks: list[str] = []
    for is_pre, members in groupby(group, key=lambda line: line.is_pre):
        text = "\n".join(line.html() for line in members)
        blocks.append(f"<pre>{text}</pre>" if is_pre else text)
    return "\n".join(blocks).strip()


def _keys(rows: Sequence[Sequence[Button]]) -> tuple[tuple[Key, ...], ...]:
    keys: list[tuple[Key, ...]] = []
    left = _BUTTONS
    for row in rows:
        for start in range(0, len(row), _BUTTONS_A_ROW):
            part = row[start : start + _BUTTONS_A_ROW][:left]
            left -= len(part)
            if part:
                keys.append(tuple(_key(button) for button in part))
    return tuple(keys)


def _key(button: Button) -> Key:
    label = cut(clean_line(button.label), _LABEL_COLUMNS) or clean_line(button.command) or "?"
    return Key(label=f"❗ {label}" if button.is_danger else label, words=button.command)
