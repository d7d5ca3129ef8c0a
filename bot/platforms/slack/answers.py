"""Brings an answer to the place where the question was asked; how it looks belongs to `format`."""

import logging
from collections.abc import Awaitable, Iterator
from datetime import timedelta

from bot.platforms.slack.outbound import SlackMessenger
from bot.platforms.slack.payloads import Heard
from core.domain.errors import RetryLater, Undeliverable
from core.domain.replies import Reply
from core.ports.edges import Clock

_TRIES = 4
_LONGEST_WAIT = timedelta(seconds=60)

_log = logging.getLogger(__name__)


class Answers:
    """Answers are not kept: one that cannot be given within a few tries is logged and forgotten."""

    def __init__(self, messenger: SlackMessenger, clock: Clock) -> None:
        self._messenger = messenger
        self._clock = clock

    async def give(self, heard: Heard, reply: Reply) -> None:
        """Give `reply` where `heard` was said: for all, or for its author alone if it is private."""
        for left in reversed(range(_TRIES)):
            try:
                await self._give(heard, reply)
            except RetryLater as error:
                if not left:
                    _log.warning("an answer in %s is lost: %s", heard.channel, error)
                    return
                await self._clock.sleep(min(error.wait, _LONGEST_WAIT))
            except Undeliverable as error:
                _log.warning("an answer in %s is lost: %s", heard.channel, error)
                return
            else:
                return

    async def _give(self, heard: Heard, reply: Reply) -> None:
        refusal: Undeliverable | None = None
        for way in self._ways(heard, reply):
            try:
                await way
            except Undeliverable as error:
                refusal = refusal or error
            else:
                return
        if refusal is not None:
            raise refusal

    def _ways(self, heard: Heard, reply: Reply) -> Iterator[Awaitable[object]]:
        # Where the app is not a member, the address that came along still reaches the author, and the author alone:
        # that may be two people's private chat.
        if not reply.is_private:
            yield self._messenger.post(heard.channel, reply, thread=heard.thread)
        if heard.response_url is not None:
            yield self._messenger.respond(heard.response_url, reply)
        if reply.is_private and heard.is_private:
            yield self._messenger.post(heard.channel, reply, thread=heard.thread)
        elif reply.is_private:
            yield self._messenger.whisper(heard.channel, heard.person.id, reply, thread=heard.thread)
