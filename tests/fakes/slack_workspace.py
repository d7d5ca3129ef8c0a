"""What a Slack workspace knows and how it judges calls; it has no network of its own."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes import slack_payloads as payloads
from tests.fakes.slack_blocks import buttons_of, find_faults, is_too_long, options_of, texts_of
from tests.fakes.slack_files import SlackFiles

_MAX_TEXT = 40_000
_MAX_RESPONSES = 5
_MAX_VIEW_BLOCKS = 100
_SCOPES = {"files.getUploadURLExternal": "files:write", "files.completeUploadExternal": "files:write"}


@dataclass(slots=True, kw_only=True)
class SlackMessage:
    """A message as people see it.

    Attributes:
        only_for: Set on ephemeral ones.
        is_broadcast: A thread's message that is shown in the channel, too.
        edits: How often it was changed.
    """

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None
    only_for: str | None = None
    is_broadcast: bool = False
    edits: int = 0

    @property
    def words(self) -> str:
        """What stands in it: the blocks if there are any, else the text."""
        return "\n".join(texts_of(self.blocks)) if self.blocks else self.text

    @property
    def buttons(self) -> dict[str, str]:
        """Label and value of each button."""
        return {button["text"]["text"]: button["value"] for button in buttons_of(self.blocks)}

    @property
    def choices(self) -> dict[str, str]:
        """Label and value of each option of its selects."""
        return {option["text"]["text"]: option["value"] for _, option in options_of(self.blocks)}


@dataclass(slots=True, kw_only=True)
class _Address:
    """A response_url: whose, for which pressed message, and how often it was used."""

    channel: str
    user: str
    message: SlackMessage | None
    uses: int = 0


class SlackWorkspace:
    """Channels and messages of the app.

    Attributes:
        channels: The error that writing there gives, or an empty text, by the id of a channel or a person.
        said: Messages of people, as (channel, ts).
        views: The Home tabs by person; `published` all of them in order.
        scopes: What the app may do besides writing.
    """

    def __init__(self, bot_token: str, app_token: str, channels: tuple[str, ...]) -> None:
        self.bot_token, self.app_token = bot_token, app_token
        self.channels = dict.fromkeys(channels, "")
        self.messages: list[SlackMessage] = []
        self.said: set[tuple[str, str]] = set()
        self.views: dict[str, dict[str, Any]] = {}
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.files = SlackFiles()
        self.scopes = {"files:write"}
        self.tickets: set[str] = set()
        self.numbers = itertools.count(1)
        self._responses: dict[str, _Address] = {}

    def act(self, method: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do what a Web API call asks and return the answer."""
        wanted = self.app_token if method == "apps.connections.open" else self.bot_token
        if token != wanted:
            return {"ok": False, "error": "invalid_auth" if token else "not_authed"}
        scope = _SCOPES.get(method)
        if scope is not None and scope not in self.scopes:
            return {"ok": False, "error": "missing_scope", "needed": scope, "provided": "chat:write"}
        acts: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "apps.connections.open": self._open_connection,
            "auth.test": lambda _: {"ok": True, **payloads.IDENTITY},
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._whisper,
            "chat.update": self._update,
            "conversations.info": self._describe,
            "files.getUploadURLExternal": self.files.open,
            "files.completeUploadExternal": lambda form: self.files.complete(form, self.channels),
            "views.publish": self._publish,
        }
        act = acts.get(method)
        return act(body) if act else {"ok": False, "error": "unknown_method"}

    def room(self, channel: str) -> str:
        """Return the conversation that `channel` names: a person's id is the private chat of the app with them."""
        if not channel.startswith(("U", "W")) or self.channels.get(channel):
            return channel
        self.channels.setdefault(f"D{channel}", "")
        return f"D{channel}"

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
        body = {**body, "channel": self.room(str(body.get("channel", "")))}
        message = self._add(body)
        if isinstance(message, dict):
            return message
        return {"ok": True, "channel": message.channel, "ts": message.ts, "message": {"text": message.text}}

    def _whisper(self, body: dict[str, Any]) -> dict[str, Any]:
        if not body.get("user"):
            return {"ok": False, "error": "invalid_arguments"}
        message = self._add(body)
        return message if isinstance(message, dict) else {"ok": True, "message_ts": message.ts}

    def _add(self, body: dict[str, Any]) -> SlackMessage | dict[str, Any]:
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
            is_broadcast=bool(body.get("reply_broadcast") and body.get("thread_ts")),
        )
        self.messages.append(message)
        return message

    def _update(self, body: dict[str, Any]) -> dict[str, Any]:
        channel, ts = str(body.get("channel", "")), str(body.get("ts", ""))
        problem = self.channels.get(channel, "channel_not_found")
        if problem:
            return {"ok": False, "error": problem}
        if (channel, ts) in self.said:
            return {"ok": False, "error": "cant_update_message"}
        message = next((m for m in self.messages if (m.channel, m.ts, m.only_for) == (channel, ts, None)), None)
        if message is None:
            return {"ok": False, "error": "message_not_found"}
        # Blocks that are not named stay; an empty list takes them away.
        blocks = body.get("blocks", message.blocks)
        problem = _judge_content({**body, "blocks": blocks or None})
        if problem:
            return _refuse(problem, blocks)
        message.text, message.blocks = body.get("text", ""), blocks
        message.edits += 1
        return {"ok": True, "channel": channel, "ts": ts}

    def _publish(self, body: dict[str, Any]) -> dict[str, Any]:
        user, view = body.get("user_id"), body.get("view")
        if not isinstance(user, str) or not isinstance(view, dict) or set(view) != {"type", "blocks"}:
            return {"ok": False, "error": "invalid_arguments"}
        if self.channels.get(user):
            return {"ok": False, "error": self.channels[user]}
        faults = find_faults(view["blocks"], _MAX_VIEW_BLOCKS)
        if view["type"] != "home" or faults:
            return {"ok": False, "error": "invalid_arguments", "response_metadata": {"messages": faults}}
        self.views[user] = view
        self.published.append((user, view))
        return {"ok": True, "view": {**view, "id": f"V{user}"}}

    def _judge(self, body: dict[str, Any]) -> dict[str, Any] | None:
        problem = self.channels.get(body.get("channel", ""), "channel_not_found") or _judge_content(body)
        return _refuse(problem, body.get("blocks", [])) if problem else None

    def delete(self, message: SlackMessage) -> None:
        """Let a person with the right to do so delete a message."""
        self.messages.remove(message)

    def open_response(self, channel: str, user: str, message: SlackMessage | None = None) -> str:
        """Return the number of a new response_url, of a command or of a press in `message`."""
        number = str(next(self.numbers))
        self._responses[number] = _Address(channel=channel, user=user, message=message)
        return number

    def respond(self, number: str, body: dict[str, Any]) -> str:
        """Take an answer to a response_url; returns why not, or an empty text."""
        address = self._responses.get(number)
        if address is None or address.uses >= _MAX_RESPONSES:
            return "expired_url"
        problem = _judge_content(body)
        if problem:
            return problem
        address.uses += 1
        pressed = address.message
        if body.get("replace_original") and pressed is not None and pressed in self.messages:
            pressed.text, pressed.blocks = body["text"], body.get("blocks", [])
            pressed.edits += 1
            return ""
        self.messages.append(
            SlackMessage(
                channel=address.channel,
                ts=self.next_ts(),
                text=body["text"],
                blocks=body.get("blocks", []),
                only_for=None if body.get("response_type") == "in_channel" else address.user,
            )
        )
        return ""

    def next_ts(self) -> str:
        """Return the time stamp of a new message, unlike any other."""
        return f"1761480000.{next(self.numbers):06d}"


def _refuse(problem: str, blocks: object) -> dict[str, Any]:
    return {"ok": False, "error": problem, "response_metadata": {"messages": find_faults(blocks)}}


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
