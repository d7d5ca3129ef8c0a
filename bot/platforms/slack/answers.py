"""Brings an answer to the place where the question was asked; how it looks belongs to `format`."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

from bot.platforms.slack.names import MessageName, parse_name
from bot.platforms.slack.outbound import SlackMessenger
from bot.platforms.slack.payloads import Heard
from core.domain.delivery import Destination
from core.domain.errors import MessageGone, RetryLater, Undeliverable
from core.domain.replies import Reply
from core.ports.edges import Clock

_TRIES = 4
_LONGEST_WAIT = timedelta(seconds=60)

_log = logging.getLogger(__name__)

Shown = Callable[[str, str, str], None]
"""Told where a question stands: its name, the destination, the name of the message (see `Dispatch.shown`)."""


class Answers:
    """Answers are not kept: one that cannot be given within a few tries is logged and forgotten."""

    def __init__(self, messenger: SlackMessenger, clock: Clock, shown: Shown) -> None:
        self._messenger = messenger
        self._clock = clock
        self._shown = shown

    async def give(self, heard: Heard, reply: Reply) -> None:
        """Give `reply` where `heard` was said: for all, for its author alone, or in the place of what was pressed."""
        for left in reversed(range(_TRIES)):
            try:
                name = await self._give(heard, reply)
            except RetryLater as error:
                if not left:
                    _log.warning("an answer in %s is lost: %s", heard.channel, error)
                    return
                await self._clock.sleep(min(error.wait, _LONGEST_WAIT))
            except (Undeliverable, MessageGone) as error:
                _log.warning("an answer in %s is lost: %s", heard.channel, error)
                return
            else:
                if reply.confirmation is not None:
                    destination = Destination(platform="slack", address=name.channel)
                    self._shown(reply.confirmation, str(destination), str(name))
                return

    async def _give(self, heard: Heard, reply: Reply) -> MessageName:
        refusal: Undeliverable | MessageGone | None = None
        for way in self._ways(heard, reply):
            try:
                return await way
            except (Undeliverable, MessageGone) as error:
                refusal = refusal or error
        raise refusal or Undeliverable("there is no way to answer")

    def _ways(self, heard: Heard, reply: Reply) -> Iterator[Awaitable[MessageName]]:
        if reply.replaces and heard.message:
            yield from self._in_its_place(heard, reply)
        if reply.file is not None and reply.is_private and not heard.is_private:
            # Slack shows files to whole conversations only: to one person, in the private one.
            yield self._messenger.post(heard.person.id, reply)
        # Where the app is not a member, the address that came along still reaches the author, and the author alone:
        # that may be two people's private chat.
        if not reply.is_private:
            yield self._messenger.post(heard.channel, reply, thread=heard.thread)
            if reply.file is not None and not heard.is_private:
                yield self._messenger.post(heard.person.id, reply)
        if heard.response_url is not None:
            yield self._messenger.respond(heard.response_url, heard.channel, reply, _new_mark())
        if reply.is_private and heard.is_private:
            yield self._messenger.post(heard.channel, reply, thread=heard.thread)
        elif reply.is_private:
            yield self._messenger.whisper(heard.channel, heard.person.id, reply, _new_mark(), thread=heard.thread)

    def _in_its_place(self, heard: Heard, reply: Reply) -> Iterator[Awaitable[MessageName]]:
        name = parse_name(heard.message)
        if name.is_ephemeral and heard.response_url is not None:
            # It keeps its mark, and with it its name.
            yield self._messenger.respond(heard.response_url, heard.channel, reply, name.mark, is_replacing=True)
        elif not name.is_ephemeral and not reply.is_private:
            # What is for one person alone never takes the place of what everybody sees.
            yield self._messenger.replace(name, reply)


def _new_mark() -> str:
    return secrets.token_hex(6)
