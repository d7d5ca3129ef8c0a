"""When a process is killed: moments of trading, of telling and of asking, each waited for. What follows is not here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.fakes.telegram_chats import Shown
from tests.fakes.telegram_server import Fault
from tests.faults.world import ADMIN, CHANNEL, Bot, World, until

_log = logging.getLogger(__name__)

TRADING = ("start", "life", "commit", "submitting", "opening", "closing", "delivery")
"""While starting, at leisure, after the n-th commit, or just as something is seen."""

TELLING = ("card", "edit", "outage", "digest", "asked", "confirmed")
"""A card's first message or an edit arrived and is not noted yet; the fallback is told; a digest arrived and is not
noted; a question waits for its answer; it was just confirmed."""

_CARD = r"(?:opened|closed) #\d|Wave .*(?:received|executing|opened)"
_DIGEST = "While this chat was away"
_SEEN = {
    "submitting": "SELECT count(*) FROM orders WHERE state = 'submitting'",
    "opening": "SELECT count(*) FROM positions WHERE state = 'opening'",
    "closing": "SELECT count(*) FROM positions WHERE state = 'closing'",
}
_NEWEST = "SELECT coalesce(max(id), 0) FROM positions WHERE state = 'open'"
_DIVERTED = "SELECT count(*) FROM deliveries WHERE diverted_at IS NOT NULL"
_MISSED = "SELECT count(*) FROM deliveries WHERE destination = ? AND state = 'pending' AND fold = 'missed'"
_ACTING = "SELECT count(*) FROM positions WHERE state = 'closing' OR exit_reason = 'closed_by_person'"
_TRADING_S, _TELLING_S = 2.0, 6.0
"""How long a kill waits for each step to its moment, of trading or of telling; it strikes anyway."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One planned death."""

    moment: str
    delay_s: float
    commits: int


def plan(seed: int, count: int, among: Sequence[str]) -> list[Kill]:
    """Return the same kills for the same seed; every moment in turn, in an order of its own."""
    random = Random(f"kills {seed}")
    moments = [moment for _ in range(count) for moment in random.sample(among, len(among))][:count]
    return [Kill(m, random.uniform(0.1, 1.2), random.randint(1, 100)) for m in moments]


class Moments:
    """Brings moments about and waits for them.

    Attributes:
        questions: Those that nobody had answered when their process died.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._has_slack = True
        self.questions: list[Shown] = []

    async def wait(self, bot: Bot, kill: Kill) -> None:
        """Return when it is time to kill `bot`, whether its moment came or not."""
        ways: dict[str, Callable[[Bot], Awaitable[object]]] = {
            "life": lambda _: asyncio.sleep(kill.delay_s),
            "commit": lambda bot: self._see(bot, lambda: False, _TRADING_S),
            "delivery": self._delivery,
            "card": lambda bot: self._hold(bot, Fault(method="sendMessage", words=_CARD, holds_answer=True)),
            "edit": lambda bot: self._hold(bot, Fault(method="editMessageText", holds_answer=True)),
            "outage": self._outage,
            "digest": self._digest,
            "asked": self._asked,
            "confirmed": self._confirmed,
        }
        try:
            if kill.moment in _SEEN:
                await self._see(bot, lambda: self._world.count(_SEEN[kill.moment]) > 0, _TRADING_S)
            else:
                await ways[kill.moment](bot)
        except AssertionError:
            if bot.code is None:
                _log.warning("no %s was seen: killed all the same", kill.moment)

    def pass_by(self) -> None:
        """Let nothing that was arranged for one moment reach into the next life, besides an outage."""
        self._world.chat.relent()
        self._world.slack.relent()

    async def end_outage(self) -> None:
        """Let Slack be back."""
        if not self._has_slack:
            await self._world.slack.up()
            self._has_slack = True

    async def _begin_outage(self) -> None:
        await self._world.slack.down()
        self._has_slack = False

    async def _see(self, bot: Bot, condition: Callable[[], bool], patience_s: float = _TELLING_S) -> None:
        await until(lambda: bot.code is not None or condition(), patience_s, "its moment")

    async def _count(self, bot: Bot, query: str, *values: str, more_than: int = 0) -> None:
        await self._see(bot, lambda: self._world.count(query, *values) > more_than)

    async def _delivery(self, bot: Bot) -> None:
        shown = len(self._world.chat.state.shown)
        await self._see(bot, lambda: len(self._world.chat.state.shown) > shown)

    async def _hold(self, bot: Bot, fault: Fault) -> None:
        self._world.chat.order(fault)
        await self._see(bot, lambda: self._world.chat.held > 0)

    async def _outage(self, bot: Bot) -> None:
        before = self._world.count(_DIVERTED)
        await self._begin_outage()
        await self._count(bot, _DIVERTED, more_than=before)

    async def _digest(self, bot: Bot) -> None:
        await self._begin_outage()
        await self._count(bot, _MISSED, f"slack:{CHANNEL}")
        told = self._digests()
        self._world.slack.slow("chat.postMessage", delay_s=60, words=_DIGEST)
        await self.end_outage()
        await self._see(bot, lambda: self._digests() > told)

    def _digests(self) -> int:
        return sum(_DIGEST in message.text for message in self._world.slack.messages(CHANNEL))

    async def _asked(self, bot: Bot) -> None:
        self.questions.append(await self._ask(bot))

    async def _confirmed(self, bot: Bot) -> None:
        question, before = await self._ask(bot), self._world.count(_ACTING)
        self._world.chat.press(ADMIN, question, "Confirm")
        await self._count(bot, _ACTING, more_than=before)

    async def _ask(self, bot: Bot) -> Shown:
        chat = self._world.chat
        await self._count(bot, _NEWEST)
        known = len(chat.messages(ADMIN))
        chat.say(ADMIN, None, f"/close {self._world.count(_NEWEST)}")
        await self._see(bot, lambda: any(message.buttons for message in chat.messages(ADMIN)[known:]))
        found = next((message for message in chat.messages(ADMIN)[known:] if message.buttons), None)
        assert found is not None, "it died before it asked"
        return found
