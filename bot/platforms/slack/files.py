"""Puts files into Slack: first the content, which nobody sees, then its showing; what is in them is not known here."""

import logging
from dataclasses import dataclass

from bot.platforms.slack.refusals import reason
from bot.platforms.slack.text import clip, mrkdwn, one_line
from bot.platforms.slack.web import CallRefused, SlackWeb
from core.domain.errors import RetryLater
from core.domain.replies import File

_MAX_COMMENT = 1_000
_MAX_NAME = 200

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file on its way. `fault` says why it cannot come along; empty if Slack has it, as `id`."""

    file: File
    id: str = ""
    fault: str = ""

    @property
    def notice(self) -> str:
        """What people are told instead of the file."""
        return f"The file {one_line(self.file.name)} cannot come along: {self.fault}."


class Files:
    """A file that Slack refuses keeps no words back: what it goes with is sent without it, and says so."""

    def __init__(self, web: SlackWeb) -> None:
        self._web = web

    async def upload(self, file: File) -> Upload:
        """Give Slack the content of `file`.

        Raises:
            RetryLater: Slack is away or asks to wait; nothing is shown to anybody.
        """
        fields = {"filename": one_line(file.name)[:_MAX_NAME] or "file", "length": str(len(file.content))}
        try:
            answer = await self._web.call_form("files.getUploadURLExternal", fields)
            await self._web.upload(str(answer.get("upload_url", "")), file.content)
        except CallRefused as error:
            return self._failed(file, reason(error))
        return Upload(file=file, id=str(answer.get("file_id", "")))

    async def show(self, upload: Upload, channel: str, thread: str | None) -> Upload:
        """Let everybody in `channel` see it; the upload comes back with its fault if that did not succeed.

        Never raises RetryLater: the words that it belongs to are out already and must not be said twice.
        """
        comment = mrkdwn(clip(one_line(upload.file.summary), _MAX_COMMENT))
        payload = {
            "files": [{"id": upload.id, "title": one_line(upload.file.name)[:_MAX_NAME]}],
            "channel_id": channel,
            "initial_comment": comment or None,
            "thread_ts": thread,
        }
        try:
            await self._web.call(
                "files.completeUploadExternal", {name: value for name, value in payload.items() if value is not None}
            )
        except CallRefused as error:
            return self._failed(upload.file, reason(error))
        except RetryLater as error:
            return self._failed(upload.file, str(error))
        return upload

    def _failed(self, file: File, fault: str) -> Upload:
        _log.warning("a file of %d bytes cannot be shown: %s", len(file.content), fault)
        return Upload(file=file, fault=fault)
