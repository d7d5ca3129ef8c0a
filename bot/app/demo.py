"""The demo: the real process on faster time, with our own signal server beside it and nothing to set up."""

import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.app.chat import TerminalUse
from bot.app.process import Process, ProcessOptions
from bot.app.running import run_until_stopped
from bot.clock import ScaledClock
from bot.demo.signal_script import SignalGenerator, play
from bot.demo.signal_server import SimulatedSignalServer
from bot.settings import Settings, load_settings
from bot.telemetry.logs import logging_to
from core.waves.calendar import GRID

_TOKEN = "demo"  # noqa: S105 - opens nothing but the server of this demo
_VOLATILITY = 8.0
_SMALLEST_WAVE = 4
_SETTINGS = ("prices.source=simulated", "ops.http=null", "ops.log_level=warning")


async def run_demo(*, duration: timedelta | None, speed: float, seed: int, reads_input: bool) -> None:
    """Run the demo for `duration` of real time, or until it is told to stop."""
    is_interactive = reads_input and sys.stdin.isatty() and sys.stdout.isatty()
    clock = ScaledClock(speed, datetime.now(UTC))
    generator = SignalGenerator(seed=seed, smallest_wave=_SMALLEST_WAVE, filters_hold=2)
    with tempfile.TemporaryDirectory(prefix="wavehelm-demo-") as folder:
        async with SimulatedSignalServer(token=_TOKEN, clock=clock) as server:
            settings = _demo_settings(Path(folder), server.url, seed)
            with logging_to(sys.stderr, form="console", level=settings.ops.log_level, secrets=settings.secrets) as log:
                options = ProcessOptions(
                    clock=clock,
                    terminal=TerminalUse(is_interactive=is_interactive, reads_input=is_interactive),
                    volatility=_VOLATILITY,
                    price_interval=timedelta(seconds=speed / 5),
                    logs=log.lines,
                )
                await run_until_stopped(
                    Process(settings, options),
                    duration,
                    beside=lambda: play(generator.waves(clock.now() - 2 * GRID), server.publish, clock),
                )


def _demo_settings(folder: Path, url: str, seed: int) -> Settings:
    """Return the defaults, with everything this demo needs in `folder`."""
    settings = load_settings(None, {"SIGNAL_WS_TOKEN": _TOKEN}, [*_SETTINGS, f"prices.seed={seed}"], folder=folder)
    return replace(
        settings,
        feed=replace(settings.feed, url=url),
        database=replace(settings.database, url=f"sqlite:///{folder / 'demo.db'}"),
    )
