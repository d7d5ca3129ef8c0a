"""Two hours of the demo's market on virtual time, to have something to show: waves, positions, results, a pause."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bot.app.conversation import Conversation
from bot.app.process import Process, ProcessOptions
from bot.demo.signal_script import SignalGenerator, play
from bot.demo.signal_server import SimulatedSignalServer
from bot.settings import Settings, load_settings
from bot.virtual_time import VirtualClock, VirtualTimeLoop
from core.domain.delivery import Destination, Loudness, Route
from core.domain.events import Severity
from core.domain.money import Ratio
from core.domain.people import Person
from core.domain.replies import Reply
from core.domain.waves import WaveProgress
from core.ports.edges import Clock
from core.ports.storage import Units
from core.waves.calendar import GRID
from handlers.invocation import Invocation, InvocationKind

T = TypeVar("T")
START_AT = datetime(2026, 11, 20, 8, 2, tzinfo=UTC)
PLAYED = timedelta(hours=4, minutes=34)
PERSON = Person(platform="terminal", id="local", name="Ann")


@dataclass(slots=True)
class Chat:
    """A chat that keeps everything: what every message showed, one after another; `thread` is what it belongs under."""

    messages: list[tuple[str | None, list[Reply]]] = field(default_factory=list)

    def ready_at(self, destination: Destination) -> datetime | None:
        return None

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness, thread: str | None = None) -> str:
        self.messages.append((thread, [reply]))
        return str(len(self.messages) - 1)

    async def edit(self, destination: Destination, message_ref: str, reply: Reply) -> None:
        self.messages[int(message_ref)][1].append(reply)


class Stage:
    """A process that has traded for a while, and the chat that was told of it."""

    def __init__(self, process: Process, clock: Clock, chat: Chat) -> None:
        self._process = process
        self.clock = clock
        self.chat = chat
        self._shown = 0

    @property
    def conversation(self) -> Conversation:
        """What people see and say."""
        return self._process._conversation

    @property
    def units(self) -> Units:
        """What it has stored."""
        assert self._process._keeping is not None
        return self._process._keeping.units

    def progress(self) -> Sequence[WaveProgress]:
        """Return what it trades right now."""
        return self._process._trade.board.progress()

    async def say(self, words: str, *, confirms: bool = False) -> list[Reply]:
        """Say something, and confirm what asks for it; return all answers."""
        replies = [await self._dispatch(words)]
        if confirms and replies[0].confirmation:
            self._shown += 1
            self.conversation.dispatch.shown(replies[0].confirmation, "terminal", f"gallery-{self._shown}")
            replies.append(await self._dispatch(f"/confirm {replies[0].confirmation}"))
        return replies

    async def _dispatch(self, words: str) -> Reply:
        # A person who looks at everything at once would be told to slow down.
        await self.clock.sleep(timedelta(seconds=4))
        reply = await self.conversation.dispatch(
            Invocation(
                person=PERSON,
                chat="telegram:-1001",
                kind=InvocationKind.COMMAND,
                words=words,
                is_private=False,
                received_at=self.clock.now(),
            )
        )
        assert reply is not None, words
        return reply


def play_out(folder: Path, scene: Callable[[Stage], Awaitable[T]], *, played: timedelta = PLAYED, veto_s: int = 0) -> T:
    """Let the market play, then run `scene`."""
    made: list[Process] = []
    loop = VirtualTimeLoop(START_AT, lambda: any(process.is_writing for process in made))
    clock = VirtualClock(loop)

    async def whole() -> T:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(SimulatedSignalServer(token="demo", clock=clock))
            process = Process(_settings(folder, server.url, veto_s), ProcessOptions(clock=clock, volatility=6.0))
            made.append(process)
            await process.start()
            chat = Chat()
            process._conversation.chats.messengers["telegram"] = chat
            stack.push_async_callback(process.stop, "the gallery is closed")
            generator = SignalGenerator(seed=4, smallest_wave=6, filters_hold=2)
            playing = asyncio.create_task(play(generator.waves(clock.now() - 2 * GRID), server.publish, clock))
            await clock.sleep(played)
            try:
                return await scene(Stage(process, clock, chat))
            finally:
                playing.cancel()
                await asyncio.gather(playing, return_exceptions=True)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(whole())


def _settings(folder: Path, url: str, veto_s: int) -> Settings:
    words = ["prices.source=simulated", "ops.http=null", "terminal.enabled=false", f"waves.veto_window_s={veto_s}"]
    settings = load_settings(None, {"SIGNAL_WS_TOKEN": "demo"}, words, folder=folder)
    return replace(
        settings,
        feed=replace(settings.feed, url=url),
        routes=(Route(to=(Destination.parse("telegram:-1001"),), severity=Severity.INFO),),
        database=replace(settings.database, url=f"sqlite:///{folder / 'gallery.db'}"),
        validation=replace(settings.validation, max_move_5m=Ratio(settings.validation.max_move_5m * 5)),
    )
