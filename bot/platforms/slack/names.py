"""How messages of Slack are named among us; what stands in them is not known here."""

import re
from dataclasses import dataclass

_EPHEMERAL = "ephemeral:"
_MARK = re.compile(r"only-([0-9a-f]{12}):\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageName:
    """channel/ts; or channel/ephemeral:mark for one that a person alone sees, which has no name in Slack.

    Attributes:
        mark: What its controls carry in their ids, so that a press tells which message it was.
    """

    channel: str
    ts: str = ""
    mark: str = ""

    @property
    def is_ephemeral(self) -> bool:
        """True for a message that only one person sees."""
        return bool(self.mark)

    def __str__(self) -> str:
        return f"{self.channel}/{_EPHEMERAL}{self.mark}" if self.mark else f"{self.channel}/{self.ts}"


def parse_name(text: str) -> MessageName:
    """Return the name that was written as `text`."""
    channel, _, rest = text.partition("/")
    if rest.startswith(_EPHEMERAL):
        return MessageName(channel=channel, mark=rest.removeprefix(_EPHEMERAL))
    return MessageName(channel=channel, ts=rest)


def block_mark(mark: str) -> str:
    """Return how the ids of marked blocks begin."""
    return f"only-{mark}"


def mark_of(block_id: str) -> str:
    """Return the mark in the id of a block; empty if there is none."""
    found = _MARK.fullmatch(block_id)
    return found[1] if found else ""
