"""What people do in Slack: type, press, pick, open, edit, delete; taking the app's calls belongs to the server."""

from abc import ABC, abstractmethod
from typing import Any

from tests.fakes import slack_payloads as payloads
from tests.fakes.slack_blocks import buttons_of, options_of
from tests.fakes.slack_workspace import SlackMessage, SlackWorkspace


class SlackPeople(ABC):
    """Every act returns when the app has acknowledged it."""

    workspace: SlackWorkspace

    @abstractmethod
    def response_url(self, channel: str, user: str, message: SlackMessage | None = None) -> str:
        """Return a new address for answers to `user` in `channel`."""

    @abstractmethod
    async def _tell(self, kind: str, body: dict[str, Any], repeats: int) -> None:
        """Deliver `body` so often, and wait for each acknowledgement."""

    async def command(
        self, user: str, channel: str, name: str, text: str = "", *, repeats: int = 1, trigger: str = ""
    ) -> None:
        """Type a slash command."""
        url = self.response_url(channel, user)
        body = payloads.slash_command(
            user, channel, name, text, trigger_id=trigger or self._trigger(), response_url=url
        )
        await self._tell("slash_commands", body, repeats)

    async def mention(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None, repeats: int = 1, **extra: object
    ) -> None:
        """Mention the app in a channel."""
        words = f"<@{payloads.BOT_USER}> {payloads.escape(text)}"
        event = payloads.message("app_mention", user, channel, words, ts=self._say(channel), thread_ts=thread_ts)
        await self._tell_event({**event, **extra}, repeats)

    async def direct(self, user: str, text: str, *, channel: str = "D0001", repeats: int = 1, **extra: object) -> str:
        """Write to the app in private and return the message's ts; `extra` replaces parts of the event."""
        ts = self._say(channel)
        event = payloads.message("message", user, channel, payloads.escape(text), ts=ts, thread_ts=None)
        await self._tell_event({**event, "channel_type": "im", **extra}, repeats)
        return ts

    async def edit(
        self, user: str, ts: str, old: str, new: str, *, channel: str = "D0001", by_person: bool = True
    ) -> None:
        """Change a private message; without `by_person` Slack itself does, to show what a link leads to."""
        event = payloads.edited(
            user,
            channel,
            ts,
            payloads.escape(old),
            payloads.escape(new),
            edited_ts=self.workspace.next_ts() if by_person else None,
        )
        await self._tell_event(event, 1)

    async def press(self, user: str, message: SlackMessage, label: str, *, repeats: int = 1) -> None:
        """Press the button of `message` that says `label`."""
        button = next(button for button in buttons_of(message.blocks) if button["text"]["text"] == label)
        await self._use(user, message, button, repeats)

    async def pick(self, user: str, message: SlackMessage, label: str) -> None:
        """Choose the option of `message` that says `label`."""
        select, option = next(pair for pair in options_of(message.blocks) if pair[1]["text"]["text"] == label)
        action = {name: select[name] for name in ("type", "action_id", "block_id")}
        await self._use(user, message, {**action, "selected_option": option}, 1)

    async def press_home(self, user: str, label: str) -> None:
        """Press a button in the Home tab."""
        view = self.workspace.views[user]
        button = next(button for button in buttons_of(view["blocks"]) if button["text"]["text"] == label)
        await self._tell("interactive", payloads.view_action(user, button, view, self._trigger()), 1)

    async def open_home(self, user: str, tab: str = "home") -> None:
        """Open the app's Home tab (or its messages)."""
        await self._tell_event(payloads.home_opened(user, tab, self.workspace.next_ts()), 1)

    async def shortcut(self, user: str, callback_id: str, *, repeats: int = 1) -> None:
        """Use a global shortcut."""
        await self._tell("interactive", payloads.shortcut(user, callback_id, self._trigger()), repeats)

    def delete(self, message: SlackMessage) -> None:
        """Delete a message of the app."""
        self.workspace.delete(message)

    def archive(self, channel: str) -> None:
        """Archive a channel: nobody writes there any more."""
        self.workspace.channels[channel] = "is_archived"

    async def _use(self, user: str, message: SlackMessage, action: dict[str, Any], repeats: int) -> None:
        shown = {"ts": message.ts, "text": message.text, "blocks": message.blocks}
        is_ephemeral = message.only_for is not None
        body = payloads.block_action(user, message.channel, action, shown, message.thread_ts, is_ephemeral=is_ephemeral)
        body["trigger_id"] = self._trigger()
        body["response_url"] = self.response_url(message.channel, user, message)
        await self._tell("interactive", body, repeats)

    async def _tell_event(self, event: dict[str, Any], repeats: int) -> None:
        await self._tell("events_api", payloads.event_callback(event, f"Ev{next(self.workspace.numbers)}"), repeats)

    def _say(self, channel: str) -> str:
        ts = self.workspace.next_ts()
        self.workspace.said.add((channel, ts))
        return ts

    def _trigger(self) -> str:
        return f"trigger.{next(self.workspace.numbers)}"
