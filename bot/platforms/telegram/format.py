"""A reply as Telegram messages: HTML that cannot break, its plain text, keyboards, files. Pure; sending is not here.

Text reaches the markup only through `escape`, and messages are cut between lines before any tag is written: a tag
can neither be injected nor torn.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot.platforms.telegram.attachments import as_file, why_not
from bot.platforms.telegram.columns import align_fields, align_table
from bot.platforms.telegram.glyphs import clean_line, escape, split_text, units
from bot.platforms.telegram.keys import Keyboard, keyboard, options_left_out
from core.domain.replies import Field, File, Reply, Tone

MESSAGE_UNITS = 4096
CAPTION_UNITS = 1024
MAX_PIECES = 3
"""More than this floods a chat: the whole comes as a file, and the messages say so."""
LOUD = "📣"
"""Marks what is meant to call people. Telegram has no @here: what can ring is the notification, as of any message."""
_PRE_UNITS = len("<pre></pre>")
_TAG_UNITS = len("<code></code>")
_NOTE_UNITS = 64

MARKS = {
    Tone.PLAIN: "",
    Tone.GOOD: "✅",
    Tone.BAD: "🔴",
    Tone.NOTICE: "🔔",
    Tone.WARNING: "⚠️",
    Tone.CRITICAL: "🚨",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One message: `html` for parse mode HTML, `plain` for when the markup is refused; with `file` they caption it."""

    html: str
    plain: str
    keys: Keyboard = ()
    file: File | None = None


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


def format_reply(reply: Reply, *, is_loud: bool = False) -> tuple[Piece, ...]:
    """Return the messages of `reply`, at least one; the keyboard is under the last that is no mere file."""
    lines = _all_lines(reply, LOUD if is_loud else "")
    groups = list(_fill(_short_enough(lines, MESSAGE_UNITS), MESSAGE_UNITS))
    files = [] if reply.file is None or why_not(reply.file) else [reply.file]
    if len(groups) > MAX_PIECES:
        left_out = sum(map(len, groups[MAX_PIECES - 1 :]))
        note = _text_line(f"… {left_out} more lines are in the file below", "i")
        groups = [*groups[: MAX_PIECES - 1], [note]]
        files.append(as_file(line.plain() for line in lines))
    *first, last = map(_piece, groups)
    last = replace(last, keys=keyboard(reply))
    if files and not first and units(last.plain) <= CAPTION_UNITS:
        last = replace(last, file=files.pop(0))
    return (*first, last, *map(_file_piece, files))


def format_edit(reply: Reply) -> Piece:
    """Return `reply` as the one message that an edit can show; what has no room in it is left out, and said so."""
    lines = _all_lines(reply)
    groups = list(_fill(_short_enough(lines, MESSAGE_UNITS), MESSAGE_UNITS))
    if len(groups) > 1:
        room = MESSAGE_UNITS - _NOTE_UNITS
        shown, *rest = _fill(_short_enough(lines, room), room)
        groups = [[*shown, _text_line(f"… {sum(map(len, rest))} more lines are left out", "i")]]
    return replace(_piece(groups[0]), keys=keyboard(reply))


def without_file(piece: Piece) -> Piece:
    """Return the words of `piece` for a chat that refuses its file."""
    note = "Telegram refused the file."
    return replace(piece, html=f"{piece.html}\n<i>{note}</i>", plain=f"{piece.plain}\n{note}", file=None)


def _piece(group: Sequence[_Line]) -> Piece:
    return Piece(html=_html(group), plain="\n".join(line.plain() for line in group))


def _file_piece(file: File) -> Piece:
    words = clean_line(file.summary) or clean_line(file.name) or "file"
    return replace(_piece([_text_line(split_text(words, CAPTION_UNITS)[0])]), file=file)


def _all_lines(reply: Reply, call: str = "") -> list[_Line]:
    lines = list(_lines(reply, call))
    if any(line.plain() for line in lines):
        return lines
    return [_text_line((reply.file and clean_line(reply.file.summary)) or "…")]


def _lines(reply: Reply, call: str) -> Iterator[_Line]:
    yield from _words(reply, call)
    fields = align_fields(reply.fields)
    rows = [] if reply.table is None else align_table(reply.table)
    if fields is not None:
        yield from _pre([*fields, "", *rows] if fields and rows else [*fields, *rows])
    else:
        yield from map(_field, reply.fields)
        yield from _pre(rows)
    yield from _notes(reply)
    yield from _foot(reply)


def _notes(reply: Reply) -> Iterator[_Line]:
    """What stands right above the keyboard, and why a file is not there."""
    if reply.file is not None and (reason := why_not(reply.file)):
        yield _text_line(clean_line(reason), "i")
    if reply.picker is None:
        return
    if prompt := clean_line(reply.picker.prompt):
        yield _text_line(prompt)
    if left_out := options_left_out(reply, reply.picker):
        yield _text_line(f"… {left_out} more have no room here", "i")


def _words(reply: Reply, call: str) -> Iterator[_Line]:
    """The head and the paragraphs; the marks of call and tone stand before whichever comes first."""
    head = " · ".join(part for part in (clean_line(reply.banner or ""), clean_line(reply.title)) if part)
    lines = [_text_line(clean_line(paragraph)) for paragraph in reply.lines]
    if head:
        lines.insert(0, _text_line(head, "b"))
    mark = " ".join(filter(None, (call, MARKS[reply.tone])))
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


def _short_enough(lines: Iterable[_Line], room: int) -> Iterator[_Line]:
    """Break lines that no message of `room` can hold; each part keeps the tag of its span."""
    for line in lines:
        if _cost(line) + _PRE_UNITS <= room:
            yield line
            continue
        for span in line.spans:
            for part in split_text(span.text, room - _PRE_UNITS - _TAG_UNITS - 1):
                yield _Line((_Span(part, span.tag),), is_pre=line.is_pre)


def _fill(lines: Iterable[_Line], room: int) -> Iterator[list[_Line]]:
    """Group lines into messages of at most `room` units, each as full as it can be."""
    group: list[_Line] = []
    used = 0
    for line in lines:
        opens_pre = line.is_pre and not (group and group[-1].is_pre)
        cost = _cost(line) + (_PRE_UNITS if opens_pre else 0)
        if group and used + cost > room:
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
