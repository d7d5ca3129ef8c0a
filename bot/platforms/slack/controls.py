"""What people press and pick, as blocks; what a press stands for is read in `presses`."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.platforms.slack.text import clip, mrkdwn, one_line, plain
from core.domain.replies import Button, Picker, Reply

Block = dict[str, Any]

# Source: Block Kit reference (actions block, button and select elements, option object).
MAX_BUTTONS = 25
MAX_LABEL = 75
MAX_PLACEHOLDER = 150

_BUTTONS_A_ROW = 5
_BUTTON_BLOCKS = 10
_SHORT_CHOICE = 5
_MAX_PROMPT = 500


def control_blocks(reply: Reply, mark: str = "") -> tuple[list[Block], int]:
    """Return the blocks of buttons and picker, and how many buttons found no place.

    `mark` is put into the blocks' ids, which a press brings back: so a message is known that has no name in Slack.
    """
    buttons = list(_rows(reply.buttons))
    shown = sum(len(block["elements"]) for block in buttons)
    blocks = [*buttons, *(_picker(reply.picker) if reply.picker else ())]
    if mark:
        blocks = [{**block, "block_id": f"{mark}:{number}"} for number, block in enumerate(blocks)]
    return blocks, sum(map(len, reply.buttons)) - shown


def _rows(rows: Sequence[Sequence[Button]]) -> Iterator[Block]:
    groups = [group for row in rows for group in _groups(row, _BUTTONS_A_ROW)]
    if len(groups) > _BUTTON_BLOCKS:
        groups = list(_groups([button for row in rows for button in row], MAX_BUTTONS))[:_BUTTON_BLOCKS]
    for number, group in enumerate(groups):
        yield _actions([_button(button, f"press:{number}:{index}") for index, button in enumerate(group)])


def _picker(picker: Picker) -> Iterator[Block]:
    prompt = clip(one_line(picker.prompt), _MAX_PROMPT)
    if prompt:
        yield {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn(prompt), "verbatim": True}}
    if len(picker.options) <= _SHORT_CHOICE:
        yield _actions([_button(option, f"pick:{index}") for index, option in enumerate(picker.options)])
        return
    select = {
        "type": "static_select",
        "action_id": "pick",
        "placeholder": _words(plain(picker.prompt) or "Choose", MAX_PLACEHOLDER),
        "options": [{"text": _label(option), "value": option.command} for option in picker.options],
    }
    yield _actions([select])


def _groups(buttons: Sequence[Button], limit: int) -> Iterable[Sequence[Button]]:
    return (buttons[start : start + limit] for start in range(0, len(buttons), limit))


def _actions(elements: list[Block]) -> Block:
    return {"type": "actions", "elements": elements}


def _button(button: Button, action_id: str) -> Block:
    element: Block = {"type": "button", "action_id": action_id, "text": _label(button), "value": button.command}
    if button.is_danger:
        element["style"] = "danger"
    return element


def _label(button: Button) -> Block:
    return _words(plain(button.label) or plain(button.command), MAX_LABEL)


def _words(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": clip(text, limit) or "…", "emoji": True}
