"""A Reply as Slack blocks with a plain text beside them, within Slack's limits; sending belongs to `outbound`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.platforms.slack.controls import Block, control_blocks
from bot.platforms.slack.text import MORE, clean, clip, code, mrkdwn, one_line, plain, take, units
from bot.platforms.slack.words import FENCE, HERE, NOTHING, footer_line, headline, plain_text, spoken, table_lines
from core.domain.replies import Field, Reply, Table

# Sources: Block Kit reference (blocks, objects, elements). The total is not documented; Slack answers
# msg_blocks_too_long somewhat above 13,000 characters.
MAX_BLOCKS = 50
MAX_HEADER = 150
MAX_SECTION = 3_000
MAX_FIELDS = 10
MAX_FIELD = 2_000
MAX_TOTAL = 12_000
MAX_HOME_BLOCKS = 100
MAX_HOME_TOTAL = 30_000

_MAX_FOOTER = 500
_SCRAP = 100
_SHORTENED = "Shortened: too long for Slack"


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


def render(reply: Reply, *, is_loud: bool = False, mark: str = "") -> Rendered:
    """Return `reply` for Slack; `is_loud` calls everybody who is active in the channel, `mark` names its controls."""
    reply = spoken(reply)
    head = _head(reply, is_loud=is_loud)
    blocks = _blocks(reply, head, mark=mark, most=MAX_BLOCKS, total=MAX_TOTAL)
    return Rendered(text=plain_text(reply, is_loud=is_loud), blocks=blocks)


def render_home(reply: Reply) -> dict[str, Any]:
    """Return `reply` as the view of the Home tab."""
    reply = spoken(reply)
    blocks = _blocks(reply, _head(reply, is_loud=False), mark="", most=MAX_HOME_BLOCKS, total=MAX_HOME_TOTAL)
    return {"type": "home", "blocks": blocks}


def _blocks(reply: Reply, head: list[Block], *, mark: str, most: int, total: int) -> list[Block]:
    controls, left_out = control_blocks(reply, mark)
    room = _Room(most - len(head) - len(controls) - 1, total - MAX_HEADER - _MAX_FOOTER)
    room.is_short = left_out > 0
    body = [
        *_paragraphs(_opened(reply), room),
        *_fields(reply.fields, room),
        *(_table(reply.table, room) if reply.table else ()),
    ]
    blocks = [*head, *body, *controls, *_footer(reply, is_short=room.is_short)]
    return blocks or [_section(NOTHING)]


def _head(reply: Reply, *, is_loud: bool) -> list[Block]:
    blocks: list[Block] = []
    if is_loud:
        blocks.append(_section(HERE))
    if (reply.title or not reply.lines) and (line := plain(headline(reply))):
        text = {"type": "plain_text", "text": clip(line, MAX_HEADER), "emoji": True}
        blocks.append({"type": "header", "text": text})
    return blocks


def _opened(reply: Reply) -> Sequence[str]:
    """Return the paragraphs; without a title the first of them says what the header would."""
    if reply.title or not reply.lines:
        return reply.lines
    first, *rest = reply.lines
    return (f"{headline(reply)} {first}".strip(), *rest)


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
            name = mrkdwn(clip(one_line(item.name), _SCRAP)) or NOTHING
            limit = share - 3 - units(name)
            value = mrkdwn(clip(clean(item.value).strip(), limit)) or NOTHING
            texts.append({"type": "mrkdwn", "text": room.use(f"*{name}*\n{value}"), "verbatim": True})
        room.blocks -= 1
        yield {"type": "section", "fields": texts}


def _table(table: Table, room: _Room) -> Iterator[Block]:
    head, *rows = table_lines(table)
    limit = MAX_SECTION - 2 * len(FENCE) - 2
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
        yield _section(room.use(f"{FENCE}\n" + "\n".join(part) + f"\n{FENCE}"))


def _footer(reply: Reply, *, is_short: bool) -> list[Block]:
    line = " · ".join(filter(None, [footer_line(reply), _SHORTENED if is_short else ""]))
    if not line:
        return []
    text = mrkdwn(clip(line, _MAX_FOOTER))
    return [{"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}]


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
