"""Files on their way into a chat: names that no phone stumbles over, sizes that Telegram takes. Sending is not here."""

import re
import unicodedata
from collections.abc import Iterable

from core.domain.replies import File

MOST_BYTES = 50_000_000
"""What a bot may upload (the Bot API says 50 MB)."""
_NAME_LENGTH = 64


def file_name(file: File) -> str:
    """Return the name of `file` in plain letters, without folders, leading dots or anything that a shell could read."""
    plain = unicodedata.normalize("NFKD", file.name).encode("ascii", "ignore").decode()
    name = re.sub(r"[^\w.-]+", "_", plain.replace("\\", "/").rpartition("/")[2]).strip("._-")
    stem, dot, ending = name.rpartition(".")
    if not dot:
        return name[:_NAME_LENGTH] or "file"
    return f"{stem[: _NAME_LENGTH - len(ending[:16]) - 1]}.{ending[:16]}"


def why_not(file: File) -> str:
    """Return why Telegram would not take `file`, empty if it would."""
    if not file.content:
        return f"{file.name} is empty"
    if len(file.content) > MOST_BYTES:
        return f"{file.name} is too big for Telegram ({len(file.content) / 1_000_000:.0f} MB)"
    return ""


def as_file(lines: Iterable[str]) -> File:
    """Return a text that is too long for messages as a file."""
    content = "\n".join(lines).encode("utf-8", "replace")
    return File(name="message.txt", content=content, media_type="text/plain", summary="The whole text")
