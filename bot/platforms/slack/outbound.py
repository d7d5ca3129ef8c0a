"""Sends documents to Slack; which ones, and what a failed one means for the outbox, is decided by the relay."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from bot.platforms.slack.format import plain_text, render
from bot.platforms.slack.web import CallRefused, SlackWeb
from core.domain.delivery import Destination, Loudness
from core.domain.errors import Undeliverable
from core.domain.replies import Reply
from core.ports.edges import Clock

# Slack allows one message a second and channel, and short bursts above that.
_PACE = timedelta(seconds=1)
_BURST = timedelta(seconds=3)
_PACED_CHANNELS = 500

_MARKUP = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "block_mismatch"}
)
_REINSTALL = (
    "Slack no longer accepts the bot token ({code}); install the app again and put its new token into the settings"
)
_REASONS = {
    "channel_not_found": "no such channel, or the app is not in it; check the id, or type /invite @wavehelm there",
    "not_in_channel": "the app is not in that channel; type /invite @wavehelm there",
    "user_not_in_channel": "that person is not in the channel",
    "is_archived": "the channel is archived; restore it or send to another one",
    "restricted_action": "the workspace does not let apps write there; ask its admin or send to another channel",
    "missing_scope": "the app lacks a permission; update its manifest (wavehelm slack-manifest) and install it again",
} | dict.fromkeys(("account_inactive", "token_revoked", "token_expired", "invalid_auth", "not_authed"), _REINSTALL)

_log = logging.getLogger(__name__)


class SlackMessenger:
    """Implements Messenger for Slack. Everything it raises is RetryLater or Undeliverable."""

    def __init__(self, web: SlackWeb, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._next_at: dict[str, datetime] = {}

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness) -> str:
        """Send `reply` at the pace that Slack allows and return channel/ts.

        Slack has no silent messages: SILENT is sent like NORMAL; MENTION calls everybody active in the channel.
        """
        await self._keep_pace(destination.address)
        is_loud = loudness is Loudness.MENTION
        return await self.post(destination.address, reply, thread=destination.topic or None, is_loud=is_loud)

    async def post(self, channel: str, reply: Reply, *, thread: str | None = None, is_loud: bool = False) -> str:
        """Write `reply` for all in `channel` and return channel/ts."""
        answer = await self._write("chat.postMessage", channel, {"thread_ts": thread}, reply, is_loud=is_loud)
        return f"{answer.get('channel', channel)}/{answer.get('ts', '')}"

    async def whisper(self, channel: str, person_id: str, reply: Reply, *, thread: str | None = None) -> None:
        """Write `reply` in `channel` so that only that person sees it."""
        await self._write("chat.postEphemeral", channel, {"user": person_id, "thread_ts": thread}, reply)

    async def respond(self, url: str, reply: Reply) -> None:
        """Answer the command or press that `url` came with, for its author only."""

        async def answer(content: dict[str, Any]) -> dict[str, Any]:
            await self._web.respond(url, {"response_type": "ephemeral", "replace_original": False, **content})
            return {}

        await _deliver(answer, "the answer", reply)

    async def _write(
        self, method: str, channel: str, extra: dict[str, Any], reply: Reply, *, is_loud: bool = False
    ) -> dict[str, Any]:
        target = {"channel": channel, "unfurl_links": False, "unfurl_media": False}
        target |= {name: value for name, value in extra.items() if value is not None}

        async def write(content: dict[str, Any]) -> dict[str, Any]:
            return await self._web.call(method, target | content)

        return await _deliver(write, f"channel {channel}", reply, is_loud=is_loud)

    async def _keep_pace(self, channel: str) -> None:
        now = self._clock.now()
        if len(self._next_at) > _PACED_CHANNELS:
            self._next_at = {name: at for name, at in self._next_at.items() if at > now}
        turn_at = max(self._next_at.get(channel, now), now)
        self._next_at[channel] = turn_at + _PACE
        if turn_at - now > _BURST:
            await self._clock.sleep_until(turn_at - _BURST)


async def _deliver(
    write: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]], target: str, reply: Reply, *, is_loud: bool = False
) -> dict[str, Any]:
    rendered = render(reply, is_loud=is_loud)
    try:
        return await write({"text": rendered.text, "blocks": rendered.blocks})
    except CallRefused as error:
        if error.code not in _MARKUP:
            raise _undeliverable(error, target) from error
        _log.warning("Slack refused the layout of a message (%s); it goes out as plain text", error.code)
    try:
        return await write({"text": plain_text(reply, is_loud=is_loud)})
    except CallRefused as error:
        raise _undeliverable(error, target) from error


def _undeliverable(error: CallRefused, target: str) -> Undeliverable:
    reason = _REASONS.get(error.code, "Slack says {code}").format(code=error.code)
    return Undeliverable(f"Slack takes no message for {target}: {reason}")
