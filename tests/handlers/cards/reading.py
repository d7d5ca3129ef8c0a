"""A reply as golden files have it: everything that is in it, nothing of any platform; no test is here."""

from collections.abc import Mapping
from pathlib import Path

from core.domain.replies import Reply

GOLDEN = Path(__file__).parents[1] / "golden"


def whole(reply: Reply) -> str:
    """Return all of a reply as text."""
    number = "" if reply.alert_id is None else f" #{reply.alert_id}"
    lines = [f"[{reply.banner}] ({reply.tone.value}) {reply.title}{number}", *reply.lines]
    lines += [f"{field.name}: {field.value}" for field in reply.fields]
    lines += [f"_{reply.footer}_"] if reply.footer else []
    lines += [
        " ".join(f"<{button.label}{'!' if button.is_danger else ''} {button.command}>" for button in row)
        for row in reply.buttons
    ]
    return "\n".join(lines)


def as_golden(scenes: Mapping[str, Reply]) -> str:
    """Return scenes as one golden text."""
    return "\n\n".join(f"--- {name}\n{whole(reply)}" for name, reply in scenes.items()) + "\n"
