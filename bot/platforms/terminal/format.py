"""A Reply as plain text, or as something that rich prints; pure, and nothing is written to a terminal here."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from core.domain.replies import Align, Button, Field, File, Picker, Reply, Table, Tone

MARKS = {
    Tone.PLAIN: "",
    Tone.GOOD: "+ ",
    Tone.BAD: "- ",
    Tone.NOTICE: "* ",
    Tone.WARNING: "! ",
    Tone.CRITICAL: "!!! ",
}
STYLES = {
    Tone.PLAIN: "bold",
    Tone.GOOD: "bold green",
    Tone.BAD: "bold red",
    Tone.NOTICE: "bold cyan",
    Tone.WARNING: "bold yellow",
    Tone.CRITICAL: "bold white on red",
}
_GAP = "  "
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?", re.DOTALL)


def clean(text: str) -> str:
    """Return `text` on one line and without anything that a terminal would obey: escapes, controls, direction marks."""
    text = _ESCAPES.sub("", text)
    shown = (" " if char in "\t\r\n\v\f\u2028\u2029" else char for char in text)
    return "".join(char for char in shown if unicodedata.category(char) not in {"Cc", "Cf", "Cs"})


def to_plain(reply: Reply) -> str:
    """Return `reply` as text of several lines, without a line break at the end."""
    lines = [_header(reply, MARKS[reply.tone]), *_body(reply)]
    lines += _field_lines(reply.fields)
    if reply.table is not None:
        lines += _table_lines(reply.table)
    if reply.footer:
        lines.append(clean(reply.footer))
    lines += _presses(reply)
    return "\n".join(line.rstrip() for line in lines)


def to_rich(reply: Reply) -> Group:
    """Return `reply` for a rich console; no text in it is read as markup."""
    parts: list[RenderableType] = [Text(_header(reply, ""), style=STYLES[reply.tone])]
    parts += [Text(line) for line in _body(reply)]
    if reply.fields:
        grid = RichTable.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column()
        for field in reply.fields:
            grid.add_row(Text(clean(field.name)), Text(clean(field.value)))
        parts.append(grid)
    if reply.table is not None:
        parts.append(_rich_table(reply.table))
    if reply.footer:
        parts.append(Text(clean(reply.footer), style="dim"))
    parts += [Text(line, style="dim") for line in _presses(reply)]
    return Group(*parts)


def _header(reply: Reply, mark: str) -> str:
    """Return the first line: mode, mark, title (or the first paragraph) and the alert's number."""
    banner = f"[{clean(reply.banner)}] " if reply.banner else ""
    title = reply.title or next(iter(reply.lines), "") or _prompt_alone(reply)
    number = f" (alert {reply.alert_id})" if reply.alert_id is not None else ""
    return f"{banner}{mark}{clean(title)}{number}"


def _body(reply: Reply) -> Iterator[str]:
    return (clean(line) for line in (reply.lines if reply.title else reply.lines[1:]))


def _field_lines(fields: Sequence[Field]) -> list[str]:
    pairs = [(clean(field.name), clean(field.value)) for field in fields]
    width = max((len(name) for name, _ in pairs), default=0)
    return [f"{name.ljust(width)}{_GAP}{value}" for name, value in pairs]


def _table_lines(table: Table) -> list[str]:
    rows = [tuple(clean(column.title) for column in table.columns)]
    rows += [tuple(clean(cell) for cell in row) for row in table.rows]
    widths = [max(len(row[index]) for row in rows) for index in range(len(table.columns))]
    sides = [column.align is Align.RIGHT for column in table.columns]
    return [
        _GAP.join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, sides, strict=True)
        )
        for row in rows
    ]


def _rich_table(table: Table) -> RichTable:
    shown = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for column in table.columns:
        shown.add_column(Text(clean(column.title)), justify="right" if column.align is Align.RIGHT else "left")
    for row in table.rows:
        shown.add_row(*(Text(clean(cell)) for cell in row))
    return shown


def _presses(reply: Reply) -> list[str]:
    """Return in words what a terminal has no presses for: what each would type, and the file that comes along."""
    file = [] if reply.file is None else [_file_line(reply.file)]
    prompt = [] if reply.picker is None or _prompt_alone(reply) else [clean(reply.picker.prompt)]
    return [*file, *prompt, *_picker_lines(reply.picker), *map(_button_line, reply.buttons)]


def _prompt_alone(reply: Reply) -> str:
    """Return what is asked where nothing else is said: it is the first line then."""
    return reply.picker.prompt if reply.picker is not None and not (reply.title or reply.lines) else ""


def _file_line(file: File) -> str:
    return f"File {clean(file.name)}: {clean(file.summary)}"


def _picker_lines(picker: Picker | None) -> list[str]:
    if picker is None:
        return []
    width = max(len(clean(option.label)) for option in picker.options)
    return [f"  {clean(option.label).ljust(width)}{_GAP}{clean(option.command)}" for option in picker.options]


def _button_line(row: Sequence[Button]) -> str:
    return " · ".join(f"{clean(button.label)}: {clean(button.command)}" for button in row)
