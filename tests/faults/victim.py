"""The real process as a victim: on faster time, in a wild market, at a faulty venue, and killed at its n-th commit.

Run as a program: `python victim.py '<JSON of Fate>'`. Who starts it, and when it dies otherwise, is told elsewhere.
"""

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.app.process import Process, ProcessOptions
from bot.app.running import run_until_stopped
from bot.cli.exits import exit_code_of
from bot.clock import ScaledClock
from bot.exchanges.paper.faults import FaultRates, PaperFaults
from bot.settings import Settings, load_settings
from bot.telemetry.logs import logging_to
from core.domain.errors import WavehelmError
from core.domain.money import Ratio
from storage.engine import Database

_ON_DEATH_OF_PARENT = 1


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """How the victim lives.

    Attributes:
        start_at, began_s: What its clock showed when the machine's showed `began_s`, whoever was alive then.
        price_interval_s: Of the victim's own time.
        fault_ratio: How often an order meets a fault of each kind.
        parent: The process that started it, which it does not outlive.
        dies_at_commit: It kills itself right after so many commits; 0: it does not.
    """

    config: str
    start_at: datetime
    began_s: float
    speed: float
    parent: int
    volatility: float = 1.0
    price_interval_s: float = 1.0
    fault_seed: int = 0
    fault_ratio: float = 0.0
    dies_at_commit: int = 0


def clock_of(start_at: datetime, began_s: float, speed: float) -> ScaledClock:
    """Return the clock that all processes share."""
    return ScaledClock(speed, start_at + timedelta(seconds=(time.time() - began_s) * speed))


def options_of(fate: Fate) -> ProcessOptions:
    rate = Ratio(Decimal(str(fate.fault_ratio)))
    rates = FaultRates(refuse=rate, refuse_stop=rate, lose_request=rate, lose_answer=rate, fill_partly=rate)
    return ProcessOptions(
        clock=clock_of(fate.start_at, fate.began_s, fate.speed),
        faults=PaperFaults(rates, fate.fault_seed),
        volatility=fate.volatility,
        price_interval=timedelta(seconds=fate.price_interval_s),
    )


def die_at_commit(count: int) -> None:
    """Let this process be killed as soon as `count` transactions are committed."""
    write, left = Database.write, count

    @asynccontextmanager
    async def counted(database: Database) -> AsyncIterator[AsyncConnection]:
        nonlocal left
        async with write(database) as connection:
            yield connection
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    Database.write = counted  # type: ignore[method-assign, assignment]


def die_with(parent: int) -> None:
    """Let this process be killed when `parent`, who started it, ends: no kill of it leaves this one behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_ON_DEATH_OF_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


async def live(settings: Settings, fate: Fate) -> None:
    with logging_to(sys.stderr, form="json", level="info", secrets=settings.secrets):
        await run_until_stopped(Process(settings, options_of(fate)), None)


def main() -> None:
    fate = msgspec.json.decode(sys.argv[1], type=Fate)
    die_with(fate.parent)
    if fate.dies_at_commit:
        die_at_commit(fate.dies_at_commit)
    try:
        asyncio.run(live(load_settings(Path(fate.config), os.environ), fate))
    except WavehelmError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(exit_code_of(error))


if __name__ == "__main__":
    main()
