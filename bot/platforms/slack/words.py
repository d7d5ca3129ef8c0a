"""What a Reply says without any block: its heading, its table, its foot, and the whole of it as plain text."""

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.platforms.slack.manifest import MAIN_COMMAND
from bot.platforms.slack.text import clean, clip, code, mrkdwn, one_line, width
from core.domain.replies import Align, Button, Field, Reply, Table, Tone

PLAIN_LIMIT = 3_500
FENCE = "```"
HERE = "<!here>"
NOTHING = "-"

_MAX_CELL = 200
_COMMAND = re.compile(r"(?<![\w/.:-])/(?=[a-z_]{2,32}(?![\w/]))")
"""The slash of a command in a sentence; not that of a path, an address or a fraction."""

_MARKS = {
    Tone.PLAIN: "",
    Tone.GOOD: "🟢",
    Tone.BAD: "🔴",
    Tone.NOTICE: "🔵",
    Tone.WARNING: "⚠️",
    Tone.CRITICAL: "🚨",
}


def spoken(reply: Reply) -> Reply:
    """Return `reply` with commands named as they are typed here, behind /wave; not to be repeated."""
    return replace(
        reply,
        title=_typed_words(reply.title),
        lines=tuple(map(_typed_words, reply.lines)),
        fields=tuple(Field(name=_typed_words(each.name), value=_typed_words(each.value)) for each in reply.fields),
        footer=_typed_words(reply.footer),
    )


def _typed_words(text: str) -> str:
    return _COMMAND.sub(f"/{MAIN_COMMAND} ", text)


def plain_text(reply: Reply, *, is_loud: bool = False) -> str:
    """Return the whole of a `spoken` reply without blocks, buttons and choices told as the words to type."""
    parts = [headline(reply), *map(clean, reply.lines)]
    parts += [f"{one_line(item.name)}: {one_line(item.value)}" for item in reply.fields if item.name or item.value]
    text = mrkdwn(clip("\n".join(part for part in parts if part), PLAIN_LIMIT // 2))
    if reply.table:
        table = clip("\n".join(table_lines(reply.table)), PLAIN_LIMIT // 4)
        text = f"{text}\n{FENCE}\n{code(table)}\n{FENCE}".lstrip("\n")
    tail = clip("\n".join(filter(None, _tail(reply))), PLAIN_LIMIT // 5)
    text = "\n".join(filter(None, [text, mrkdwn(tail)])) or NOTHING
    return f"{HERE} {text}" if is_loud else text


def headline(reply: Reply) -> str:
    """Return the first line of a message: the tone's mark, the mode, the title."""
    banner = f"[{one_line(reply.banner)}]" if reply.banner else ""
    return " ".join(filter(None, [_MARKS[reply.tone], banner, one_line(reply.title)]))


def footer_line(reply: Reply) -> str:
    """Return the last line of a message: the alert's number and the footer."""
    number = f"#{reply.alert_id}" if reply.alert_id is not None else ""
    return " · ".join(filter(None, [number, one_line(reply.footer)]))


def table_lines(table: Table) -> list[str]:
    """Return `table` as lines of a code block, the heads first."""
    cells = [[one_line(column.title) for column in table.columns]]
    cells += [[clip(one_line(cell), _MAX_CELL) for cell in row] for row in table.rows]
    widths = [max(width(row[index]) for row in cells) for index in range(len(table.columns))]
    lines = []
    for row in cells:
        parts = []
        for text, column, wide in zip(row, table.columns, widths, strict=True):
            gap = " " * (wide - width(text))
            parts.append(gap + text if column.align is Align.RIGHT else text + gap)
        lines.append("  ".join(parts).rstrip())
    return lines


def _tail(reply: Reply) -> Iterator[str]:
    yield from (_typed(button) for row in reply.buttons for button in row)
    if reply.picker is not None:
        yield one_line(reply.picker.prompt)
        yield from map(_typed, reply.picker.options)
    yield footer_line(reply)


def _typed(button: Button) -> str:
    return f"{one_line(button.label)}: /wave {one_line(button.command.lstrip('/'))}"
