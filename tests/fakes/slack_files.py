"""Files on their way into a Slack workspace: an address, the content, and only then the showing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True, kw_only=True)
class SlackFile:
    """A file; `channel` is empty until it is shown to somebody."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    channel: str = ""
    thread_ts: str | None = None
    title: str = ""
    comment: str = ""


class SlackFiles:
    """The files of a workspace by id."""

    def __init__(self) -> None:
        self._files: dict[str, SlackFile] = {}

    def open(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Answer files.getUploadURLExternal, which takes a form; the address is completed by the server."""
        name, length = str(form.get("filename", "")), str(form.get("length", ""))
        if not name or not length.isdigit() or int(length) == 0:
            return {"ok": False, "error": "invalid_arguments"}
        file = SlackFile(id=f"F{len(self._files) + 1:04d}", name=name, length=int(length))
        self._files[file.id] = file
        return {"ok": True, "upload_url": file.id, "file_id": file.id}

    def receive(self, file_id: str, content: bytes) -> str:
        """Take the content; returns why not, or an empty text."""
        file = self._files.get(file_id)
        if file is None or file.content is not None or len(content) != file.length:
            return "no such upload, or not its length"
        file.content = content
        return ""

    def complete(self, body: Mapping[str, Any], channels: Mapping[str, str]) -> dict[str, Any]:
        """Answer files.completeUploadExternal; a person's id is no conversation for it."""
        channel = str(body.get("channel_id", ""))
        problem = channels.get(channel, "channel_not_found")
        if problem:
            return {"ok": False, "error": problem}
        named = body.get("files")
        files = [self._files.get(str(item.get("id"))) for item in named] if isinstance(named, list) else []
        if not files or any(file is None or file.content is None or file.channel for file in files):
            return {"ok": False, "error": "file_not_found"}
        for file, item in zip(files, named or (), strict=True):
            if file is not None:
                file.channel, file.thread_ts = channel, body.get("thread_ts")
                file.title, file.comment = str(item.get("title", "")), str(body.get("initial_comment", ""))
        return {"ok": True, "files": named}

    def shown(self, channel: str) -> list[SlackFile]:
        """Return what people see in `channel`, oldest first."""
        return [file for file in self._files.values() if file.channel == channel]
