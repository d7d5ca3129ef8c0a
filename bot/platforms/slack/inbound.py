"""Takes what Slack delivers, acknowledges it, hands each new thing on once; the line itself belongs to `platform`."""

import re
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.platforms.slack.payloads import Heard, read_command, read_event
from bot.platforms.slack.presses import read_press, read_shortcut
from bot.platforms.slack.web import SlackWeb

_REMEMBERED = 1_000
_ANY = re.compile("")


class Inbox:
    """What was heard and not begun yet, and what was heard before; Slack repeats what it deems lost."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._waiting: deque[Heard] = deque()

    def put(self, heard: Heard) -> None:
        """Note `heard` down unless it was delivered before."""
        if heard.key in self._seen:
            return
        if heard.key:
            self._seen[heard.key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        self._waiting.append(heard)

    def take(self) -> Heard | None:
        """Return the next thing to begin, or None."""
        return self._waiting.popleft() if self._waiting else None


def build_app(identity: AuthorizeResult, names: Collection[str], web: SlackWeb, inbox: Inbox) -> AsyncApp:
    """Return the Bolt app that fills `inbox`; `names` are the first words that make a sentence a command."""

    async def authorize() -> AuthorizeResult:
        return identity

    # One sign-in answers for every request: asking Slack again would stand between a press and its acknowledgement.
    app = AsyncApp(
        name="wavehelm",
        logger=web.logger,
        client=web.anonymous(),
        authorize=authorize,
        # Our listeners only read and note down; in this order the library acknowledges right after them.
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    own_id = identity.bot_user_id or ""
    app.command(_ANY)(_listener(inbox, read_command))
    app.event(_ANY)(_listener(inbox, lambda body: read_event(body, own_id, names)))
    app.action(_ANY)(_listener(inbox, read_press))
    app.global_shortcut(_ANY)(_listener(inbox, read_shortcut))
    return app


def _listener(
    inbox: Inbox, read: Callable[[Mapping[str, Any]], Heard | None]
) -> Callable[[AsyncAck, dict[str, Any]], Awaitable[None]]:
    async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        heard = read(body)
        if heard is not None:
            inbox.put(heard)

    return listen
