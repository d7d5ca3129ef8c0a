"""Sends documents to Slack; which ones, and what a failed one means for the outbox, is decided by the relay."""

import logging
from dataclasses import replace
from datetime import datetime

from bot.platforms.slack.files import Files, Upload
from bot.platforms.slack.names import MessageName, parse_name
from bot.platforms.slack.pacing import Pacing
from bot.platforms.slack.web import SlackWeb
from bot.platforms.slack.writing import Writer
from core.domain.delivery import Destination, Loudness
from core.domain.errors import MessageGone, RetryLater, Undeliverable
from core.domain.replies import Reply
from core.ports.edges import Clock

_QUIET_LINKS = {"unfurl_links": False, "unfurl_media": False}

_log = logging.getLogger(__name__)


class SlackMessenger:
    """Implements Messenger for Slack, and writes what answers say. Messages are named channel/ts."""

    def __init__(self, web: SlackWeb, clock: Clock) -> None:
        self._files = Files(web)
        self._pacing = Pacing(clock)
        self._writer = Writer(web, self._pacing)

    def ready_at(self, destination: Destination) -> datetime | None:
        """Return when the next message may go there; room is left for an answer."""
        return self._pacing.ready_at(destination.address)

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness, thread: str | None = None) -> str:
        """Send `reply` and return channel/ts.

        Slack has no silent messages: SILENT is sent like NORMAL. MENTION calls everybody active in the channel; under
        another message it is shown in the channel, too, for a thread alone is easily overlooked.
        """
        await self._pacing.turn(destination.address)
        under = parse_name(thread).ts if thread else ""
        in_thread = destination.topic or under or None
        is_loud = loudness is Loudness.MENTION
        name = await self._post(
            destination.address, reply, thread=in_thread, is_loud=is_loud, is_broadcast=is_loud and bool(under)
        )
        return str(name)

    async def edit(self, destination: Destination, message_ref: str, reply: Reply) -> None:
        """Let a message of ours show `reply`; its files stay as they are."""
        name = parse_name(message_ref)
        if name.is_ephemeral:
            raise MessageGone("what one person alone sees can only be replaced when that person presses")
        await self._pacing.turn(destination.address)
        await self._update(name, reply)

    async def post(self, channel: str, reply: Reply, *, thread: str | None = None) -> MessageName:
        """Answer for all in `channel` (in private, if it is a person's id), in its turn."""
        await self._pacing.turn(channel)
        return await self._post(channel, reply, thread=thread)

    async def replace(self, name: MessageName, reply: Reply) -> MessageName:
        """Answer by letting a message of ours show `reply`, in its turn. Raises MessageGone as `edit`."""
        await self._pacing.turn(name.channel)
        await self._update(name, reply)
        return name

    async def whisper(
        self, channel: str, person_id: str, reply: Reply, mark: str, *, thread: str | None = None
    ) -> MessageName:
        """Answer in `channel` so that only that person sees it; `mark` makes the message known when it is pressed."""
        await self._pacing.turn(channel)
        target = {"channel": channel, "user": person_id, "thread_ts": thread, **_QUIET_LINKS}
        await self._writer.write("chat.postEphemeral", target, _without_file(reply), mark=mark)
        return MessageName(channel=channel, mark=mark)

    async def respond(
        self, url: str, channel: str, reply: Reply, mark: str, *, is_replacing: bool = False
    ) -> MessageName:
        """Answer the command or press in `channel` that `url` came with: its author, or in the pressed one's place."""
        await self._writer.respond(url, _without_file(reply), mark=mark, is_replacing=is_replacing)
        return MessageName(channel=channel, mark=mark)

    async def _post(
        self, channel: str, reply: Reply, *, thread: str | None, is_loud: bool = False, is_broadcast: bool = False
    ) -> MessageName:
        upload = await self._files.upload(reply.file) if reply.file is not None else None
        if upload is not None and upload.fault:
            reply = _with_line(reply, upload.notice)
        target = {"channel": channel, "thread_ts": thread, "reply_broadcast": is_broadcast or None, **_QUIET_LINKS}
        answer = await self._writer.write("chat.postMessage", target, reply, is_loud=is_loud)
        name = MessageName(channel=str(answer.get("channel", channel)), ts=str(answer.get("ts", "")))
        if name.channel != channel:
            self._pacing.join(channel, name.channel)
        if upload is not None and not upload.fault:
            await self._show(upload, name, thread)
        return name

    async def _show(self, upload: Upload, name: MessageName, thread: str | None) -> None:
        shown = await self._files.show(upload, name.channel, thread)
        if not shown.fault:
            return
        target = {"channel": name.channel, "thread_ts": thread or name.ts}
        try:
            await self._pacing.turn(name.channel)
            await self._writer.write("chat.postMessage", target, Reply(lines=(shown.notice,)))
        except (RetryLater, Undeliverable) as error:
            _log.warning("nobody in %s could be told that a file is missing: %s", name.channel, error)

    async def _update(self, name: MessageName, reply: Reply) -> None:
        # Blocks that are not named would stay as they were; plain words must not stand beside old ones.
        await self._writer.write("chat.update", {"channel": name.channel, "ts": name.ts, "blocks": []}, reply)


def _without_file(reply: Reply) -> Reply:
    # Slack shows files to whole conversations only.
    if reply.file is None:
        return reply
    return _with_line(reply, Upload(file=reply.file, fault="open a private chat with the app and ask there").notice)


def _with_line(reply: Reply, line: str) -> Reply:
    return replace(reply, lines=(*reply.lines, line))
