"""Judges blocks as Slack's reference describes them, on its own, without the library and without our format module."""

from collections.abc import Mapping, Sequence
from typing import Any

_MAX_BLOCKS = 50
_MAX_TOTAL = 13_000


def find_faults(blocks: object, most: int = _MAX_BLOCKS) -> list[str]:
    """Return what Slack would not take in `blocks`, of which there may be `most`; empty if nothing."""
    if not isinstance(blocks, list):
        return ["blocks: must be an array"]
    faults = [] if 0 < len(blocks) <= most else [f"blocks: 1 to {most}, not {len(blocks)}"]
    action_ids: list[str] = []
    for number, block in enumerate(blocks):
        faults += [f"/blocks/{number}: {fault}" for fault in _judge_block(block, action_ids)]
    if len(set(action_ids)) != len(action_ids):
        faults.append("blocks: action_id must be unique in a message")
    named = [str(block["block_id"]) for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(set(named)) != len(named) or any(not 0 < len(name) <= 255 for name in named):
        faults.append("blocks: block_id must be unique in a message, with 1 to 255 characters")
    return faults


def is_too_long(blocks: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether all texts together are more than Slack takes in one message."""
    return sum(map(len, texts_of(blocks))) > _MAX_TOTAL


def texts_of(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the texts that a person reads, in order; buttons left out."""
    texts: list[str] = []
    for block in blocks:
        parts = [block.get("text"), *block.get("fields", ())]
        if block.get("type") == "context":
            parts += block.get("elements", ())
        texts += [str(part["text"]) for part in parts if isinstance(part, dict) and "text" in part]
    return texts


def buttons_of(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the buttons in order, each with the block it stands in."""
    return [element for element in _elements_of(blocks) if element["type"] == "button"]


def options_of(blocks: Sequence[Mapping[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the options of all selects in order, each with its select."""
    selects = [element for element in _elements_of(blocks) if element["type"] == "static_select"]
    return [(select, option) for select in selects for option in select["options"]]


def _elements_of(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**element, "block_id": block.get("block_id", f"b{number}")}
        for number, block in enumerate(blocks)
        if block.get("type") == "actions"
        for element in block["elements"]
    ]


def _judge_block(block: object, action_ids: list[str]) -> list[str]:
    if not isinstance(block, dict):
        return ["must be an object"]
    judges = {"header": _judge_header, "section": _judge_section, "context": _judge_context, "divider": _nothing}
    kind = block.get("type")
    if kind == "actions":
        return _judge_actions(block, action_ids)
    judge = judges.get(str(kind))
    return judge(block) if judge else [f"unsupported type: {kind}"]


def _nothing(_block: dict[str, Any]) -> list[str]:
    return []


def _judge_header(block: dict[str, Any]) -> list[str]:
    return _unknown(block, {"text"}) + _judge_text(block.get("text"), 150, {"plain_text"})


def _judge_section(block: dict[str, Any]) -> list[str]:
    faults = _unknown(block, {"text", "fields", "accessory", "expand"})
    fields = block.get("fields")
    if "text" in block:
        faults += _judge_text(block["text"], 3_000)
    elif not fields:
        faults.append("needs text or fields")
    if fields is not None:
        faults += [] if isinstance(fields, list) and 0 < len(fields) <= 10 else ["1 to 10 fields"]
        faults += [fault for item in fields for fault in _judge_text(item, 2_000)]
    return faults


def _judge_context(block: dict[str, Any]) -> list[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 0 < len(elements) <= 10:
        return ["1 to 10 elements"]
    return _unknown(block, {"elements"}) + [fault for item in elements for fault in _judge_text(item, 3_000)]


def _judge_actions(block: dict[str, Any], action_ids: list[str]) -> list[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 0 < len(elements) <= 25:
        return ["1 to 25 elements"]
    faults = _unknown(block, {"elements"})
    for element in elements:
        judge = _judge_select if element.get("type") == "static_select" else _judge_button
        faults += [f"{element.get('type')}: {fault}" for fault in judge(element)]
        action_ids.append(str(element.get("action_id")))
    return faults


def _judge_button(button: dict[str, Any]) -> list[str]:
    faults = [] if button.get("type") == "button" else [f"unsupported element: {button.get('type')}"]
    faults += _judge_text(button.get("text"), 75, {"plain_text"})
    if not 0 < len(str(button.get("action_id", ""))) <= 255:
        faults.append("action_id of 1 to 255 characters")
    if not 0 < len(str(button.get("value", "x"))) <= 2_000:
        faults.append("value of 1 to 2000 characters")
    if button.get("style", "danger") not in {"primary", "danger"}:
        faults.append("style is primary or danger")
    return faults


def _judge_select(select: dict[str, Any]) -> list[str]:
    faults = _unknown(select, {"action_id", "placeholder", "options", "initial_option", "focus_on_load"})
    faults += _judge_text(select.get("placeholder"), 150, {"plain_text"}) if "placeholder" in select else []
    options = select.get("options")
    if not isinstance(options, list) or not 0 < len(options) <= 100:
        return [*faults, "1 to 100 options"]
    for option in options:
        faults += _judge_text(option.get("text"), 75, {"plain_text"})
        if not 0 < len(str(option.get("value", ""))) <= 150:
            faults.append("value of 1 to 150 characters")
    return faults


def _judge_text(
    text: object, limit: int, kinds: frozenset[str] | set[str] = frozenset({"plain_text", "mrkdwn"})
) -> list[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        return [f"text must be one of {sorted(kinds)}"]
    allowed = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    faults = [f"text has no {name}" for name in text if name not in allowed]
    words = text.get("text")
    if not isinstance(words, str) or not 0 < len(words.encode("utf-16-le", "surrogatepass")) // 2 <= limit:
        faults.append(f"text of 1 to {limit} characters")
    return faults


def _unknown(block: dict[str, Any], known: set[str]) -> list[str]:
    return [f"unknown property {name}" for name in block if name not in known | {"type", "block_id"}]
