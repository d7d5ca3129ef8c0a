"""Kill -9 at any moment, again and again on one database: nothing twice, nothing lost, no position without its stop."""

import asyncio
import contextlib
import logging
import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from core.domain.events import Severity, event_types
from core.waves.calendar import GRID
from tests.faults import ledger_checks as checks
from tests.faults.world import CHAT, DUTY, Bot, Feed, World, until, world_in

_log = logging.getLogger(__name__)

MOMENTS = ("start", "life", "commit", "submitting", "opening", "closing", "delivery")
"""When a kill strikes: while starting, at leisure, after the n-th commit, or just as something is seen."""

FILTERS = {"stop_loss_filter": 1.0, "trailing_activation_filter": 0.6, "trailing_distance_filter": 0.3}
_TOLD = {f"telegram:{CHAT}": Severity.INFO, f"telegram:{DUTY}": Severity.WARNING}
WANTED = {
    kind: {place for place, least in _TOLD.items() if event.severity >= least} for kind, event in event_types().items()
}
_SEEN = {
    "submitting": "SELECT count(*) FROM orders WHERE state = 'submitting'",
    "opening": "SELECT count(*) FROM positions WHERE state = 'opening'",
    "closing": "SELECT count(*) FROM positions WHERE state = 'closing'",
}
_NEVER = "9999"
_PATIENCE_S = 2.0
"""How long a kill waits for its moment; it strikes anyway."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One planned death."""

    moment: str
    delay_s: float
    commits: int


def plan(seed: int, count: int) -> list[Kill]:
    """Return the same kills for the same seed; every moment in turn, in an order of its own."""
    random = Random(f"kills {seed}")
    moments = [moment for _ in range(count) for moment in random.sample(MOMENTS, len(MOMENTS))][:count]
    return [Kill(m, random.uniform(0.1, 1.2), random.randint(1, 100)) for m in moments]


def findings(database: Path) -> list[str]:
    """Name what is wrong with books that should be at rest."""
    books = checks.read_books(database)
    return [
        *checks.doubles(books),
        *checks.unfinished(books),
        *checks.unrecovered(books, _NEVER, _NEVER),
        *checks.misjudged(books),
        *checks.miscounted(books),
        *checks.unannounced(books, WANTED),
    ]


HARMS = (
    "DELETE FROM verdicts WHERE signal_id = (SELECT min(signal_id) FROM verdicts)",
    (
        "UPDATE verdicts SET verdict = 'stale' "
        "WHERE signal_id = (SELECT max(signal_id) FROM positions WHERE state = 'closed')"
    ),
    "UPDATE waves SET state = 'executing' WHERE wave_at = (SELECT max(wave_at) FROM waves)",
    "UPDATE orders SET state = 'unknown' WHERE id = (SELECT max(id) FROM orders)",
    "DELETE FROM orders WHERE id = (SELECT max(id) FROM orders WHERE leg = 'entry' AND state = 'filled')",
    (
        "UPDATE paper_orders SET filled_quantity = '0' "
        "WHERE id = (SELECT max(id) FROM paper_orders WHERE filled_price IS NOT NULL)"
    ),
    "UPDATE positions SET pnl_quote = '1' WHERE id = (SELECT max(id) FROM positions WHERE state = 'closed')",
    (
        "UPDATE positions SET state = 'open', quantity = '7' "
        "WHERE id = (SELECT min(id) FROM positions WHERE state = 'closed')"
    ),
    (
        "UPDATE positions SET (exchange, wave_at, symbol) = "
        "(SELECT exchange, wave_at, symbol FROM positions AS other WHERE other.id > positions.id AND state = 'closed') "
        "WHERE id = (SELECT min(id) FROM positions WHERE state = 'closed')"
    ),
    "UPDATE deliveries SET state = 'failed' WHERE id = (SELECT max(id) FROM deliveries)",
    "DELETE FROM deliveries WHERE id = (SELECT max(id) FROM deliveries)",
)
"""What a kill could have done to sound books, one thing each."""


def unnoticed(database: Path, harm: str) -> bool:
    """Do the harm to a copy of the books and look whether the checks are blind to it; SQLite may refuse it itself."""
    harmed = database.with_name("harmed.db")
    shutil.copy(database, harmed)
    with contextlib.closing(sqlite3.connect(harmed)) as connection:
        try:
            assert connection.execute(harm).rowcount == 1, f"there is nothing to harm: {harm}"
        except sqlite3.IntegrityError:
            return False
        connection.commit()
    return set(findings(harmed)) <= set(findings(database))


class Ordeal:
    """A world in which one database outlives its processes."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._history = checks.History()
        self.deaths = 0

    async def suffer(self, kill: Kill) -> None:
        """Start the process, look whether it recovered, kill it at its moment, and look at what is left."""
        world, starts, born = self._world, self._world.starts(), self._now()
        bot = await world.victim(
            fault_seed=self._seed * 1000 + self.deaths, dies_at_commit=kill.commits if kill.moment == "commit" else 0
        )
        if kill.moment == "start":
            await asyncio.sleep(kill.delay_s)
        else:
            await world.started(bot, starts + 1)
            self._check_recovery(starts + 1, born)
            await self._wait(bot, kill)
        assert bot.code in {None, -9}, f"it ended by itself with {bot.code}: {bot.log[-3000:]}"
        await bot.kill()
        self.deaths += 1
        self._check_always()

    async def end_well(self) -> None:
        """Start it once more, let everything come to its end, stop it in order, and settle the accounts."""
        world, starts, born = self._world, self._world.starts(), self._now()
        bot = await world.victim(fault_seed=self._seed * 1000 + 999)
        await world.started(bot, starts + 1)
        self._check_recovery(starts + 1, born)
        try:
            await until(lambda: bot.code is not None or not self._open(), 20.0, "the end of everything open")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self._open()}; {bot.log[-3000:]}") from None
        bot.terminate()
        assert await bot.end(10.0) == 0, bot.log[-3000:]
        self._check_end()

    def _open(self) -> list[str]:
        """Name what does not add up yet: the process may be in the middle of something."""
        if self._world.count("SELECT count(*) FROM deliveries WHERE state = 'pending'"):
            return ["deliveries"]
        return findings(self._world.database)

    async def _wait(self, bot: Bot, kill: Kill) -> None:
        shown = len(self._world.chat.state.shown)
        seen: dict[str, Callable[[], bool]] = {
            "commit": lambda: False,
            "delivery": lambda: len(self._world.chat.state.shown) > shown,
        }
        if kill.moment in _SEEN:
            seen[kill.moment] = lambda: self._world.count(_SEEN[kill.moment]) > 0
        if kill.moment == "life":
            await asyncio.sleep(kill.delay_s)
            return
        try:
            await until(lambda: bot.code is not None or seen[kill.moment](), _PATIENCE_S, kill.moment)
        except AssertionError:
            _log.warning("no %s was seen: killed all the same", kill.moment)

    def _now(self) -> str:
        return self._world.clock.now().isoformat(timespec="microseconds")

    def _check_recovery(self, starts: int, born: str) -> None:
        rows = self._world.ask("SELECT at FROM events WHERE kind = 'started' ORDER BY id")
        if len(rows) < starts:
            return  # It died while it started.
        books = checks.read_books(self._world.database)
        self._judge([*checks.unrecovered(books, born, rows[-1]["at"]), *self._everywhere(books)])

    def _check_always(self) -> None:
        if self._world.database.exists():
            self._judge(checks.damage(self._world.database) + self._everywhere(checks.read_books(self._world.database)))

    def _check_end(self) -> None:
        books = checks.read_books(self._world.database)
        found = [
            *checks.damage(self._world.database),
            *self._everywhere(books),
            *checks.in_flight(books),
            *checks.unannounced(books, WANTED),
        ]
        for chat in (CHAT, DUTY):
            found += checks.misdelivered(books, f"telegram:{chat}", self._numbers(chat), self.deaths)
        self._judge(found)
        assert any(p["state"] == "closed" for p in books["positions"]), "nothing was traded"
        _log.warning("%s", {table: len(books[table]) for table in checks.TABLES})

    def _everywhere(self, books: checks.Books) -> list[str]:
        return [*checks.doubles(books), *self._history.changes(books)]

    def _numbers(self, chat: int) -> list[int]:
        found = [re.search(r"#(\d+)\s*$", message.text) for message in self._world.chat.messages(chat)]
        assert all(found), "an alert without its number"
        return [int(match[1]) for match in found if match]

    @staticmethod
    def _judge(found: list[str]) -> None:
        assert not found, "\n".join(found)


def configure(world: World, mode: str) -> None:
    """Write settings that let much happen within seconds; waits are as long for a person as usual, or longer."""
    speed = world.fate.speed
    least_s = min(300.0, 2 * speed)
    world.configure(
        {
            "trading": {
                "order_timeout_s": least_s,
                "stop_deadline_s": min(300.0, speed),
                "settle_waits_s": [speed / 4, speed / 4, speed / 2],
            },
            "waves": {
                "mode": mode,
                "settle_s": 1,
                "delay_s": speed / 20,
                "resume_within_s": min(840.0, 2 * speed),
                "max_signal_age_min": 35 if mode == "scheduled" else 1440,
            },
            "validation": {"max_move_5m_pct": 50},
            "guard": {
                "max_age_h": None,
                "time_exit_h": round(2.5 * speed / 3600, 3),
                "trail_min_interval_s": 0,
                "price_stale_after_s": 3600,
                "reconcile_every_min": round(speed / 60, 2),
            },
            "paper": {"slippage_pct": dict.fromkeys(("large", "mid", "small", "meme"), 0.02)},
            "feed": {"backoff_max_s": speed / 4},
        }
    )


async def endure(folder: Path, *, seed: int, kills: int, mode: str, speed: float, wave_s: float) -> Path:
    """Run the whole ordeal and return the database."""
    planned = plan(seed, kills)
    fate = {"speed": speed, "volatility": 960 / speed, "price_interval_s": speed / 10, "fault_ratio": 0.04}
    async with world_in(folder, **fate) as world:
        configure(world, mode)
        ordeal = Ordeal(world, seed)
        feed = Feed(world, seed=seed, filters=FILTERS)
        behind = GRID if mode == "scheduled" else timedelta(hours=22)
        playing = asyncio.create_task(feed.play(behind, timedelta(seconds=wave_s * speed), created=mode == "scheduled"))
        try:
            for number, kill in enumerate(planned):
                _log.warning("seed %d, kill %d: %s", seed, number, kill)
                await ordeal.suffer(kill)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
        await ordeal.end_well()
    return world.database


async def test_nothing_is_doubled_or_lost_by_kills(tmp_path: Path) -> None:
    database = await endure(tmp_path, seed=1, kills=7, mode="on_arrival", speed=120, wave_s=0.8)
    assert [harm for harm in HARMS if unnoticed(database, harm)] == []


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "mode", "speed", "wave_s"), [(2, "on_arrival", 120, 1.5), (3, "scheduled", 450, 2.0)])
async def test_fifty_kills(tmp_path: Path, seed: int, mode: str, speed: float, wave_s: float) -> None:
    await endure(tmp_path, seed=seed, kills=50, mode=mode, speed=speed, wave_s=wave_s)
