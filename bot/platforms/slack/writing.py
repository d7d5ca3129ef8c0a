"""One document into one message of Slack, as blocks or, where those are refused, as plain words; when is `pacing`'s."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.platforms.slack.format import render
from bot.platforms.slack.names import block_mark
from bot.platforms.slack.pacing import Pacing
from bot.platforms.slack.refusals import MARKUP, THREADLESS, translate
from bot.platforms.slack.web import CallRefused, Limited, SlackWeb
from bot.platforms.slack.words import plain_text, spoken
from core.domain.replies import Reply

_Write = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
_THREAD = frozenset({"thread_ts", "reply_broadcast"})

_log = logging.getLogger(__name__)


class Writer:
    """Writes for real; everything it raises is RetryLater, Undeliverable (DestinationLost) or MessageGone."""

    def __init__(self, web: SlackWeb, pacing: Pacing) -> None:
        self._web = web
        self._pacing = pacing

    async def write(
        self, method: str, target: Mapping[str, Any], reply: Reply, *, is_loud: bool = False, mark: str = ""
    ) -> dict[str, Any]:
        """Call `method` with `target` and the content of `reply`; values of None are left out."""
        given = {name: value for name, value in target.items() if value is not None}

        async def write(content: dict[str, Any]) -> dict[str, Any]:
            try:
                return await self._call(method, given | content)
            except CallRefused as error:
                if error.code not in THREADLESS or "thread_ts" not in given:
                    raise
                _log.warning("nothing can be written in a thread (%s); it goes to the channel", error.code)
            bare = {name: value for name, value in given.items() if name not in _THREAD}
            return await self._call(method, bare | content)

        return await _deliver(write, f"channel {target['channel']}", reply, is_loud=is_loud, mark=mark)

    async def respond(self, url: str, reply: Reply, *, mark: str, is_replacing: bool) -> None:
        """Answer through the address that came with a command or a press: its author, or in the pressed one's place."""
        target = {"response_type": "ephemeral", "replace_original": is_replacing}

        async def write(content: dict[str, Any]) -> dict[str, Any]:
            await self._web.respond(url, target | content)
            return {}

        await _deliver(write, "the answer", reply, mark=mark)

    async def _call(self, method: str, payload: dict[str, Any]) -> dict[str, Any]:
        try:
            return await self._web.call(method, payload)
        except Limited as error:
            self._pacing.hold(method, error.wait)
            raise


async def _deliver(
    write: _Write, target: str, reply: Reply, *, is_loud: bool = False, mark: str = ""
) -> dict[str, Any]:
    rendered = render(reply, is_loud=is_loud, mark=block_mark(mark) if mark else "")
    try:
        return await write({"text": rendered.text, "blocks": rendered.blocks})
    except CallRefused as error:
        if error.code not in MARKUP:
            raise translate(error, target) from error
        _log.warning("Slack refused the layout of a message (%s); it goes out as plain text", error.code)
    try:
        return await write({"text": plain_text(spoken(reply), is_loud=is_loud)})
    except CallRefused as error:
        raise translate(error, target) from error
