"""Runs a scene on virtual time: hours of it pass at once, on real sockets of this machine."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bot.virtual_time import VirtualClock, VirtualTimeLoop

START_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def run_virtually(scene: Callable[[VirtualClock], Awaitable[None]], start_at: datetime = START_AT) -> None:
    """Run `scene`, which uses no thread while anything waits for the time."""
    loop = VirtualTimeLoop(start_at, lambda: False)

    async def main() -> None:
        await scene(VirtualClock(loop))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main())
