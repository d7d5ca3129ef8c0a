"""The same world on virtual time: hours of it pass in seconds, with the real clients and servers on real sockets."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bot.app.keeping import Keeping
from bot.app.process import ProcessOptions
from bot.virtual_time import VirtualClock, VirtualTimeLoop
from core.domain.events import Event
from core.waves.calendar import floor_to_grid
from tests.scenarios.world import CHANNEL, CONFIG, GROUP, SLACK_OPERATOR, World

T = TypeVar("T")
START_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class CountingLoop(VirtualTimeLoop):
    """Counts what a bot that runs in circles would do too often.

    Attributes:
        dialled: The port of every attempt to connect; refused ones, too.
        turns: How often the loop went round.
    """

    def __init__(self, start_at: datetime, is_busy: Callable[[], bool]) -> None:
        super().__init__(start_at, is_busy)
        self.dialled: list[int] = []
        self.turns = 0

    async def create_connection(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as they come
        """Connect as ever."""
        port = named.get("port", arguments[2] if len(arguments) > 2 else None)
        if port is not None:
            self.dialled.append(int(port))
        return await super().create_connection(*arguments, **named)

    def _run_once(self) -> None:
        self.turns += 1
        super()._run_once()  # type: ignore[misc]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One state of a message, as it came to its chat: `message` counts from 0, `at_s` from the start of the world."""

    at_s: float
    message: int
    text: str


class VirtualWorld(World):
    """A world whose hours may be waited for."""

    @property
    def keeping(self) -> Keeping:
        """The database of the bot."""
        assert self.process._keeping is not None
        return self.process._keeping

    async def crash(self) -> None:
        """End the bot as a kill does: nothing more is said or recorded, what is on its way is cut off."""
        opened, self.process._opened = self.process._opened, None
        assert opened is not None
        await opened.aclose()

    async def record(self, *events: Event) -> None:
        """Let all of `events` happen at once."""
        async with self.keeping.units.writing() as unit:
            for event in events:
                await unit.record(event)

    @property
    def turns(self) -> int:
        """How often the loop went round; grows fast in a bot that runs in circles."""
        return self._loop.turns

    def dialled(self, url: str) -> int:
        """Return how often anybody tried to connect to the server of `url`, in vain or not."""
        return self._loop.dialled.count(urlsplit(url).port or 0)

    @property
    def _loop(self) -> CountingLoop:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CountingLoop)
        return loop

    def shown_on_telegram(self, chat: int = GROUP) -> list[Seen]:
        """Return everything that was sent and edited in `chat`; only where nothing was refused or deleted."""
        ids = [message.message_id for message in self.telegram.messages(chat)]
        sent = iter(range(len(ids)))
        return [
            Seen(
                at_s=at_s - START_AT.timestamp(),
                message=next(sent) if method == "sendMessage" else ids.index(int(params["message_id"])),
                text=unescape(str(params["text"])),
            )
            for at_s, (method, params) in zip(self.telegram.called_at_s, self.telegram.calls, strict=True)
            if method in {"sendMessage", "editMessageText"} and int(params["chat_id"]) == chat
        ]

    def shown_on_slack(self, channel: str = CHANNEL) -> list[Seen]:
        """Return everything that was sent and edited in `channel`; only where nothing was refused or deleted."""
        names = [message.ts for message in self.slack.messages(channel)]
        sent = iter(range(len(names)))
        return [
            Seen(
                at_s=at_s - START_AT.timestamp(),
                message=next(sent) if method == "chat.postMessage" else names.index(str(body["ts"])),
                text=str(body["text"]),
            )
            for at_s, (method, body) in zip(self.slack.called_at_s, self.slack.calls, strict=True)
            if method in {"chat.postMessage", "chat.update"} and body["channel"] == channel
        ]

    async def wave(self, *symbols: str, **changes: Any) -> list[str]:  # noqa: ANN401 - fields of the wire
        """Let the signal server tell signals of the wave that is due by now."""
        self.wave_at = floor_to_grid(self.clock.now())
        return await self.publish(*symbols, **changes)

    @property
    def in_group(self) -> list[str]:
        """What stands in the Telegram group, oldest first."""
        return [message.text for message in self.telegram.messages(GROUP)]

    @property
    def in_channel(self) -> list[str]:
        """What stands in the Slack channel, oldest first."""
        return [message.words for message in self.slack.messages(CHANNEL)]

    async def ask_slack(self, words: str) -> str:
        """Let the operator give a command in the channel, and return the answer."""
        before = len(self.in_channel)
        await self.slack.command(SLACK_OPERATOR, CHANNEL, "/wave", words)
        return (await self.until(lambda: self.in_channel[before:]))[-1]

    async def pass_by(self, **duration: float) -> None:
        """Let time pass: `seconds=`, `minutes=`, `hours=`."""
        await self.clock.sleep(timedelta(**duration))

    async def until(self, look: Callable[[], T], within: timedelta = timedelta(minutes=1)) -> T:
        """Return what `look` finds as soon as it finds anything, looking twice a second.

        Raises:
            AssertionError: it does not find anything `within` that time.
        """
        give_up_at = self.clock.now() + within
        while not (found := look()):
            assert self.clock.now() < give_up_at, f"nothing was found until {give_up_at:%d %b %H:%M:%S}"
            await self.clock.sleep(timedelta(seconds=0.5))
        return found


def numbers_told(text: str) -> list[int]:
    """Return the numbers of the alerts that a message tells: its own, or those that a digest names."""
    own = re.search(r"#(\d+)(?: ·.*)?\s*\Z", text)
    return [int(own[1])] if own else [int(number) for number in re.findall(r"\(alert (\d+)\)", text)]


def play(
    folder: Path,
    scene: Callable[[VirtualWorld], Awaitable[T]],
    *,
    config: str = CONFIG,
    options: ProcessOptions | None = None,
    enforces_limits: bool = True,
    environment: Mapping[str, str] | None = None,
) -> T:
    """Run `scene` in a world of virtual time and return what it returns; no limit of a chat may be met in it."""
    worlds: list[VirtualWorld] = []

    def is_busy() -> bool:
        # There is no process before the servers stand.
        return any(hasattr(world, "process") and world.process.is_writing for world in worlds)

    loop = CountingLoop(START_AT, is_busy)
    clock = VirtualClock(loop)
    chosen = replace(options or ProcessOptions(price_interval=timedelta(seconds=10)), clock=clock)

    async def whole() -> T:
        world = VirtualWorld(
            folder,
            clock=clock,
            config=config,
            options=chosen,
            enforces_limits=enforces_limits,
            environment=environment,
        )
        worlds.append(world)
        async with world:
            result = await scene(world)
        assert world.telegram.violations == []
        assert world.slack.violations == []
        return result

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(whole())
