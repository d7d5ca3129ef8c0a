"""Kill -9 at any moment, again and again on one database: nothing twice, nothing lost, no position without its stop."""

import asyncio
import contextlib
import logging
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.events import Severity, event_types
from core.waves.calendar import GRID
from tests.faults import alert_checks as alerts
from tests.faults import ledger_checks as checks
from tests.faults.alert_checks import Chat, Message
from tests.faults.kill_moments import TELLING, TRADING, Kill, Moments, plan
from tests.faults.phones import messages_at
from tests.faults.world import ADMIN, CHANNEL, CHAT, DUTY, STANDBY, Bot, Feed, World, until, world_in

_log = logging.getLogger(__name__)

FILTERS = {"stop_loss_filter": 1.0, "trailing_activation_filter": 0.6, "trailing_distance_filter": 0.3}
_TOLD = {f"telegram:{CHAT}": Severity.INFO, f"telegram:{DUTY}": Severity.WARNING, f"slack:{CHANNEL}": Severity.INFO}
WANTED = {
    kind: {place for place, least in _TOLD.items() if event.severity >= least} for kind, event in event_types().items()
}
PLACES = (*_TOLD, f"telegram:{STANDBY}")
PATIENCE_S, END_S = 5.0, 60.0
LAST_WORDS = 10
"""So many alerts may still be on their way when the process is told to end."""

IN_SHORT = tuple(moment for moment in TRADING if moment not in {"life", "delivery"})
_NEVER = "9999"
_REFUSED = "SELECT count(*) FROM audit WHERE words LIKE '/confirm%' AND outcome = 'refused'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What an ordeal leaves behind; `shown` are the messages by destination, `repeats` how many there may be twice."""

    database: Path
    shown: Mapping[str, Sequence[Message]]
    ended_at: str
    repeats: int


def findings(database: Path) -> list[str]:
    """Name what is wrong with books that should be at rest."""
    books = checks.read_books(database)
    return [
        *checks.doubles(books),
        *checks.unfinished(books),
        *checks.unrecovered(books, _NEVER, _NEVER),
        *checks.misjudged(books),
        *checks.miscounted(books),
    ]


def told_wrong(remains: Remains) -> list[str]:
    """Name what is wrong with what people were told, when nothing more is on its way to them."""
    books = checks.read_books(remains.database)
    wrong = [*alerts.undelivered(books, remains.ended_at), *alerts.unannounced(books, WANTED)]
    return wrong + [
        finding
        for place, messages in remains.shown.items()
        for finding in alerts.misdelivered(
            Chat(destination=place, messages=messages, books=books, repeats=remains.repeats)
        )
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
        "WHERE id = (SELECT max(id) FROM paper_orders WHERE leg = 'entry' AND filled_price IS NOT NULL)"
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

UNTOLD = (
    "UPDATE cards SET version = version + 1 WHERE rowid = (SELECT max(rowid) FROM cards)",
    "UPDATE cards SET alert_id = alert_id - 1 WHERE rowid = (SELECT max(rowid) FROM cards WHERE card LIKE 'position%')",
    (
        "UPDATE cards SET message_ref = (SELECT message_ref FROM cards AS other WHERE other.rowid <> cards.rowid AND "
        "other.destination = cards.destination) WHERE rowid = (SELECT max(rowid) FROM cards)"
    ),
    (
        "DELETE FROM cards WHERE destination = 'telegram:-1001' AND card = "
        "(SELECT card FROM deliveries WHERE is_detail AND fold IS NULL AND destination = 'telegram:-1001')"
    ),
    "UPDATE deliveries SET message_ref = NULL WHERE id = (SELECT max(id) FROM deliveries WHERE fold = 'missed')",
    "UPDATE deliveries SET fold = NULL WHERE id = (SELECT max(id) FROM deliveries WHERE fold = 'missed')",
    "UPDATE deliveries SET state = 'expired' WHERE id = (SELECT max(id) FROM deliveries WHERE fold IS NULL)",
    "UPDATE deliveries SET diverted_at = NULL WHERE id = (SELECT max(id) FROM deliveries WHERE diverted_at > '')",
    "UPDATE deliveries SET diverted_to = NULL WHERE id = (SELECT max(id) FROM deliveries WHERE diverted_to > '')",
    (
        "UPDATE positions SET pnl_quote = '1' WHERE id = (SELECT max(positions.id) FROM positions, cards "
        "WHERE card LIKE 'position/' || positions.id || '/%' AND closed_at > '')"
    ),
    "UPDATE wave_results SET executed = executed + 1 WHERE rowid = (SELECT max(rowid) FROM wave_results)",
)
"""What could be wrong in the books about what people were told."""

MISTOLD: dict[str, Callable[[Sequence[Message]], list[Message]]] = {
    "a message is lost": lambda messages: list(messages[:-1]),
    "messages are shown again and again": lambda messages: [
        *messages, *(replace(messages[0], ref=f"again {n}") for n in range(20))
    ],
    "something nobody has recorded": lambda messages: [*messages, Message(ref="new", text="Buy now! #999999")],
    "the other way round": lambda messages: list(reversed(messages)),
    "no details under cards": lambda messages: [replace(message, under=None) for message in messages],
    "numbers are wrong": lambda messages: [replace(message, text=message.text + "\n#1") for message in messages],
    "cards do not go on": lambda messages: [
        replace(message, text=message.text.replace(" closed #", " opened #")) for message in messages
    ],
}  # fmt: skip
"""What could be wrong in a chat."""


def unnoticed(remains: Remains, harm: str) -> bool:
    """Do the harm to a copy of the books and look whether the checks are blind to it; SQLite may refuse it itself."""
    harmed = remains.database.with_name("harmed.db")
    shutil.copy(remains.database, harmed)
    with contextlib.closing(sqlite3.connect(harmed)) as connection:
        try:
            assert connection.execute(harm).rowcount >= 1, f"there is nothing to harm: {harm}"
        except sqlite3.IntegrityError:
            return False
        connection.commit()
    after = replace(remains, database=harmed)
    return {*findings(harmed), *told_wrong(after)} <= {*findings(remains.database), *told_wrong(remains)}


def noticed_in_chat(remains: Remains, harm: Callable[[Sequence[Message]], list[Message]]) -> bool:
    """Do the harm to what a chat shows and look whether the checks see it."""
    place = f"telegram:{CHAT}"
    shown = {**remains.shown, place: harm(remains.shown[place])}
    return bool(told_wrong(replace(remains, shown=shown)))


class Ordeal:
    """A world in which one database outlives its processes."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._history = checks.History()
        self._moments = Moments(world)
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
            await self._moments.end_outage()
            await self._press_old_questions(bot)
            await self._moments.wait(bot, kill)
        assert bot.code in {None, -9}, f"it ended by itself with {bot.code}: {bot.log[-3000:]}"
        await bot.kill()
        self.deaths += 1
        self._moments.pass_by()
        self._check_always()

    async def end_well(self) -> None:
        """Start it once more, let everything come to its end, stop it in order, and settle the accounts."""
        world, starts, born = self._world, self._world.starts(), self._now()
        bot = await world.victim(fault_seed=self._seed * 1000 + 999)
        await world.started(bot, starts + 1)
        self._check_recovery(starts + 1, born)
        await self._moments.end_outage()
        await self._press_old_questions(bot)
        try:
            await until(lambda: bot.code is not None or not self._open(), END_S, "the end of all", every_s=0.05)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self._open()}; {bot.log[-3000:]}") from None
        bot.terminate()
        assert await bot.end(10.0) == 0, bot.log[-3000:]
        self._check_end()

    def _open(self) -> list[str]:
        """Name what does not add up yet: the process may be in the middle of something."""
        waiting = self._world.count("SELECT count(*) FROM deliveries WHERE state = 'pending' AND fold IS NULL")
        return findings(self._world.database) if waiting <= LAST_WORDS else [f"{waiting} deliveries"]

    async def _press_old_questions(self, bot: Bot) -> None:
        """A question does not outlive its process: whoever confirms it later is told so."""
        questions, self._moments.questions = self._moments.questions, []
        for question in questions:
            refused = self._world.count(_REFUSED)
            self._world.chat.press(ADMIN, question, "Confirm")
            await until(
                lambda: bot.code is not None or self._world.count(_REFUSED) > refused,  # noqa: B023 - waited for here
                PATIENCE_S,
                "the refusal of an old question",
            )

    def _stopped_at(self) -> str:
        """Return when the process said that it ends; what became due later was for another life."""
        (last,) = self._world.ask("SELECT max(at) AS at FROM events WHERE kind = 'stopped'")
        return str(last["at"])

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
        self._judge(
            [
                *checks.damage(self._world.database),
                *self._everywhere(books),
                *checks.in_flight(books),
                *told_wrong(self.remains()),
            ]
        )
        assert any(p["state"] == "closed" for p in books["positions"]), "nothing was traded"
        _log.warning("%s", {table: len(books[table]) for table in checks.TABLES})

    def remains(self) -> Remains:
        shown = {place: messages_at(self._world, place) for place in PLACES}
        return Remains(database=self._world.database, shown=shown, ended_at=self._stopped_at(), repeats=self.deaths)

    def _everywhere(self, books: checks.Books) -> list[str]:
        return [*checks.doubles(books), *self._history.changes(books)]

    @staticmethod
    def _judge(found: list[str]) -> None:
        assert not found, "\n".join([f"{len(found)} findings:", *found[:40]])


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
            "delivery": {"failover_after_s": speed / 2, "missed_after_s": speed * 1.5, "edit_every_s": speed / 4},
        }
    )


async def endure(folder: Path, *, seed: int, kills: Sequence[Kill], mode: str, speed: float, wave_s: float) -> Remains:
    """Run the whole ordeal and return what is left of it."""
    fate = {"speed": speed, "volatility": 960 / speed, "price_interval_s": speed / 10, "fault_ratio": 0.04}
    async with world_in(folder, has_slack=True, **fate) as world:
        configure(world, mode)
        ordeal = Ordeal(world, seed)
        feed = Feed(world, seed=seed, filters=FILTERS)
        behind = GRID if mode == "scheduled" else timedelta(hours=22)
        playing = asyncio.create_task(feed.play(behind, timedelta(seconds=wave_s * speed), created=mode == "scheduled"))
        try:
            for number, kill in enumerate(kills):
                _log.warning("seed %d, kill %d: %s", seed, number, kill)
                await ordeal.suffer(kill)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
        await ordeal.end_well()
        return ordeal.remains()


async def test_nothing_is_doubled_or_lost_by_kills_while_it_trades(tmp_path: Path) -> None:
    kills = plan(1, len(IN_SHORT), IN_SHORT)
    remains = await endure(tmp_path, seed=1, kills=kills, mode="on_arrival", speed=120, wave_s=0.8)
    assert [harm for harm in HARMS if unnoticed(remains, harm)] == []


async def test_nobody_is_told_wrong_by_kills_while_it_talks(tmp_path: Path) -> None:
    kills = plan(4, len(TELLING), TELLING)
    remains = await endure(tmp_path, seed=4, kills=kills, mode="on_arrival", speed=120, wave_s=0.8)
    assert [harm for harm in UNTOLD if unnoticed(remains, harm)] == []
    assert [name for name, harm in MISTOLD.items() if not noticed_in_chat(remains, harm)] == []


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "mode", "speed", "wave_s"), [(2, "on_arrival", 120, 1.5), (3, "scheduled", 450, 2.0)])
async def test_fifty_kills(tmp_path: Path, seed: int, mode: str, speed: float, wave_s: float) -> None:
    kills = plan(seed, 50, (*TRADING, *TELLING))
    await endure(tmp_path, seed=seed, kills=kills, mode=mode, speed=speed, wave_s=wave_s)
