"""A Reply as Slack blocks with a plain text beside them, within Slack's limits; sending belongs to `outbound`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.platforms.slack.text import MORE, clean, clip, code, mrkdwn, one_line, plain, take, units, width
from core.domain.replies import Align, Button, Field, Reply, Table, Tone

Block = dict[str, Any]

# Sources: Block Kit reference (blocks, objects, elements). The total is not documented; Slack answers
# msg_blocks_too_long somewhat above 13,000 characters.
MAX_BLOCKS = 50
MAX_HEADER = 150
MAX_SECTION = 3_000
MAX_FIELDS = 10
MAX_FIELD = 2_000
MAX_BUTTONS = 25
MAX_LABEL = 75
MAX_TOTAL = 12_000
PLAIN_LIMIT = 3_500

_BUTTONS_A_ROW = 5
_BUTTON_BLOCKS = 10
_MAX_CELL = 200
_MAX_FOOTER = 500
_SCRAP = 100
_FENCE = "```"
_HERE = "<!here>"
_NOTHING = "-"
_SHORTENED = "Shortened: too long for Slack"
_MARKS = {
    Tone.PLAIN: "",
    Tone.GOOD: "🟢",
    Tone.BAD: "🔴",
    Tone.NOTICE: "🔵",
    Tone.WARNING: "⚠️",
    Tone.CRITICAL: "🚨",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What is sent: `text` is for notifications and for clients that cannot show blocks."""

    text: str
    blocks: list[Block]


@dataclass(slots=True)
class _Room:
    """What is left of the limits of the message as a whole."""

    blocks: int
    size: int
    is_short: bool = field(default=False)

    def allows(self, wanted: int) -> bool:
        """Tell whether one more block of `wanted` characters fits; if not, the message counts as shortened."""
        if self.blocks > 0 and self.size >= wanted:
            return True
        self.is_short = True
        return False

    def use(self, text: str) -> str:
        self.size -= units(text)
        return text


def render(reply: Reply, *, is_loud: bool = False) -> Rendered:
    """Return `reply` for Slack; `is_loud` calls everybody who is active in the channel."""
    head = _head(reply, is_loud=is_loud)
    actions = list(_actions(reply.buttons))
    room = _Room(MAX_BLOCKS - len(head) - len(actions) - 1, MAX_TOTAL - MAX_HEADER - _MAX_FOOTER)
    room.is_short = sum(len(block["elements"]) for block in actions) < sum(map(len, reply.buttons))
    body = [
        *_paragraphs(reply.lines, room),
        *_fields(reply.fields, room),
        *(_table(reply.table, room) if reply.table else ()),
    ]
    blocks = [*head, *body, *actions, *_footer(reply, is_short=room.is_short)]
    return Rendered(text=plain_text(reply, is_loud=is_loud), blocks=blocks or [_section(_NOTHING)])


def plain_text(reply: Reply, *, is_loud: bool = False) -> str:
    """Return the whole of `reply` without blocks, buttons told as the words to type."""
    parts = [headline(reply), *map(clean, reply.lines)]
    parts += [f"{one_line(item.name)}: {one_line(item.value)}" for item in reply.fields if item.name or item.value]
    text = mrkdwn(clip("\n".join(part for part in parts if part), PLAIN_LIMIT // 2))
    if reply.table:
        table = clip("\n".join(_table_lines(reply.table)), PLAIN_LIMIT // 4)
        text = f"{text}\n{_FENCE}\n{code(table)}\n{_FENCE}".lstrip("\n")
    tail = [f"{one_line(b.label)}: /wave {one_line(b.command.lstrip('/'))}" for row in reply.buttons for b in row]
    tail += [_footer_line(reply)]
    text = "\n".join(filter(None, [text, mrkdwn(clip("\n".join(filter(None, tail)), PLAIN_LIMIT // 5))])) or _NOTHING
    return f"{_HERE} {text}" if is_loud else text


def headline(reply: Reply) -> str:
    """Return the first line of a message: the tone's mark, the mode, the title."""
    banner = f"[{one_line(reply.banner)}]" if reply.banner else ""
    return " ".join(filter(None, [_MARKS[reply.tone], banner, one_line(reply.title)]))


def _head(reply: Reply, *, is_loud: bool) -> list[Block]:
    blocks: list[Block] = []
    if is_loud:
        blocks.append(_section(_HERE))
    if line := plain(headline(reply)):
        text = {"type": "plain_text", "text": clip(line, MAX_HEADER), "emoji": True}
        blocks.append({"type": "header", "text": text})
    return blocks


def _paragraphs(lines: Sequence[str], room: _Room) -> Iterator[Block]:
    rest = "\n".join(map(clean, lines)).strip()
    while rest and room.allows(min(len(rest), _SCRAP)):
        part, rest = take(rest, min(MAX_SECTION, room.size))
        room.blocks -= 1
        if rest and (room.blocks == 0 or room.size - MAX_SECTION < _SCRAP):
            part, rest, room.is_short = clip(part + MORE, min(MAX_SECTION, room.size)), "", True
        if part.strip():
            yield _section(room.use(mrkdwn(part)))


def _fields(fields: Sequence[Field], room: _Room) -> Iterator[Block]:
    for start in range(0, len(fields), MAX_FIELDS):
        if not room.allows(MAX_FIELDS * 2 * _SCRAP):
            return
        texts = []
        share = min(MAX_FIELD, room.size // MAX_FIELDS)
        for item in fields[start : start + MAX_FIELDS]:
            name = mrkdwn(clip(one_line(item.name), _SCRAP)) or _NOTHING
            limit = share - 3 - units(name)
            value = mrkdwn(clip(clean(item.value).strip(), limit)) or _NOTHING
            texts.append({"type": "mrkdwn", "text": room.use(f"*{name}*\n{value}"), "verbatim": True})
        room.blocks -= 1
        yield {"type": "section", "fields": texts}


def _table(table: Table, room: _Room) -> Iterator[Block]:
    head, *rows = _table_lines(table)
    limit = MAX_SECTION - 2 * len(_FENCE) - 2
    while rows and room.allows(_SCRAP):
        room.blocks -= 1
        left = min(limit, room.size)
        part = [code(clip(head, left // 2))]
        left -= units(part[0])
        while rows and units(line := code(clip(rows[0], limit // 2))) < left:
            left -= units(line) + 1
            part.append(line)
            rows = rows[1:]
        if len(part) == 1:
            room.is_short = True
            return
        yield _section(room.use(f"{_FENCE}\n" + "\n".join(part) + f"\n{_FENCE}"))


def _table_lines(table: Table) -> list[str]:
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


def _actions(rows: Sequence[Sequence[Button]]) -> Iterator[Block]:
    groups = [group for row in rows for group in _groups(row, _BUTTONS_A_ROW)]
    if len(groups) > _BUTTON_BLOCKS:
        groups = list(_groups([button for row in rows for button in row], MAX_BUTTONS))[:_BUTTON_BLOCKS]
    for number, group in enumerate(groups):
        elements = [_button(button, f"press:{number}:{index}") for index, button in enumerate(group)]
        yield {"type": "actions", "elements": elements}


def _groups(buttons: Sequence[Button], limit: int) -> Iterable[Sequence[Button]]:
    return (buttons[start : start + limit] for start in range(0, len(buttons), limit))


def _button(button: Button, action_id: str) -> Block:
    label = clip(plain(button.label) or plain(button.command), MAX_LABEL)
    element: Block = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label, "emoji": True},
        "value": button.command,
    }
    if button.is_danger:
        element["style"] = "danger"
    return element


def _footer_line(reply: Reply) -> str:
    number = f"#{reply.alert_id}" if reply.alert_id is not None else ""
    return " · ".join(filter(None, [number, one_line(reply.footer)]))


def _footer(reply: Reply, *, is_short: bool) -> list[Block]:
    line = " · ".join(filter(None, [_footer_line(reply), _SHORTENED if is_short else ""]))
    if not line:
        return []
    text = mrkdwn(clip(line, _MAX_FOOTER))
    return [{"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}]


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
