"""What a Slack workspace knows and how it judges calls; it has no network of its own."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes import slack_payloads as payloads
from tests.fakes.slack_blocks import buttons_of, find_faults, is_too_long, texts_of

_MAX_TEXT = 40_000
_MAX_RESPONSES = 5


@dataclass(slots=True, kw_only=True)
class SlackMessage:
    """A message as people see it; `only_for` is set on ephemeral ones."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None
    only_for: str | None = None

    @property
    def words(self) -> str:
        """What stands in it: the blocks if there are any, else the text."""
        return "\n".join(texts_of(self.blocks)) if self.blocks else self.text

    @property
    def buttons(self) -> dict[str, str]:
        """Label and value of each button."""
        return {button["text"]["text"]: button["value"] for button in buttons_of(self.blocks)}


class SlackWorkspace:
    """Channels and messages. `channels` maps each id to the error that writing there gives, or to an empty text."""

    def __init__(self, bot_token: str, app_token: str, channels: tuple[str, ...]) -> None:
        self.bot_token, self.app_token = bot_token, app_token
        self.channels = dict.fromkeys(channels, "")
        self.messages: list[SlackMessage] = []
        self.tickets: set[str] = set()
        self.numbers = itertools.count(1)
        self._responses: dict[str, tuple[str, str, int]] = {}

    def act(self, method: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do what a Web API call asks and return the answer."""
        wanted = self.app_token if method == "apps.connections.open" else self.bot_token
        if token != wanted:
            return {"ok": False, "error": "invalid_auth" if token else "not_authed"}
        acts: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "apps.connections.open": self._open_connection,
            "auth.test": lambda _: {"ok": True, **payloads.IDENTITY},
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._post,
            "chat.update": self._update,
            "conversations.info": self._describe,
        }
        act = acts.get(method)
        return act(body) if act else {"ok": False, "error": "unknown_method"}

    def _open_connection(self, _body: dict[str, Any]) -> dict[str, Any]:
        ticket = f"ticket-{next(self.numbers)}"
        self.tickets.add(ticket)
        return {"ok": True, "url": ticket}

    def _describe(self, body: dict[str, Any]) -> dict[str, Any]:
        channel = body.get("channel", "")
        if channel not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        return {"ok": True, "channel": {"id": channel, "is_im": channel.startswith("D")}}

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        refusal = self._judge(body)
        if refusal:
            return refusal
        message = SlackMessage(
            channel=body["channel"],
            ts=self.next_ts(),
            text=body.get("text", ""),
            blocks=body.get("blocks", []),
            thread_ts=body.get("thread_ts"),
            only_for=body.get("user"),
        )
        self.messages.append(message)
        return {"ok": True, "channel": message.channel, "ts": message.ts, "message": {"text": message.text}}

    def _update(self, body: dict[str, Any]) -> dict[str, Any]:
        refusal = self._judge(body)
        if refusal:
            return refusal
        for message in self.messages:
            if (message.channel, message.ts) == (body["channel"], body.get("ts")):
                message.text, message.blocks = body.get("text", ""), body.get("blocks", [])
                return {"ok": True, "channel": message.channel, "ts": message.ts}
        return {"ok": False, "error": "message_not_found"}

    def _judge(self, body: dict[str, Any]) -> dict[str, Any] | None:
        problem = self.channels.get(body.get("channel", ""), "channel_not_found") or _judge_content(body)
        if not problem:
            return None
        return {"ok": False, "error": problem, "response_metadata": {"messages": find_faults(body.get("blocks", []))}}

    def open_response(self, channel: str, user: str) -> str:
        """Return the number of a new response_url."""
        number = str(next(self.numbers))
        self._responses[number] = (channel, user, 0)
        return number

    def respond(self, number: str, body: dict[str, Any]) -> str:
        """Take an answer to a response_url; returns why not, or an empty text."""
        channel, user, uses = self._responses.get(number, ("", "", _MAX_RESPONSES))
        if uses >= _MAX_RESPONSES:
            return "expired_url"
        problem = _judge_content(body)
        if problem:
            return problem
        self._responses[number] = (channel, user, uses + 1)
        only_for = None if body.get("response_type") == "in_channel" else user
        blocks = body.get("blocks", [])
        self.messages.append(
            SlackMessage(channel=channel, ts=self.next_ts(), text=body["text"], blocks=blocks, only_for=only_for)
        )
        return ""

    def next_ts(self) -> str:
        """Return the time stamp of a new message, unlike any other."""
        return f"1761480000.{next(self.numbers):06d}"


def _judge_content(body: dict[str, Any]) -> str:
    text, blocks = body.get("text", ""), body.get("blocks")
    if not text and not blocks:
        return "no_text"
    if len(text) > _MAX_TEXT:
        return "msg_too_long"
    if blocks is None:
        return ""
    if find_faults(blocks):
        return "invalid_blocks"
    return "msg_blocks_too_long" if is_too_long(blocks) else ""
