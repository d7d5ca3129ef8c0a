"""Kill -9 at any moment while it trades at two venues: nothing twice, nothing unprotected, both books equal."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from core.domain.events import Severity, event_types
from tests.faults import alert_checks as alerts
from tests.faults import ledger_checks as checks
from tests.faults import venue_books as venues
from tests.faults.alert_checks import Chat
from tests.faults.kill_moments import Kill, plan
from tests.faults.phones import messages_at
from tests.faults.venue_mischief import Mischief
from tests.faults.venue_world import ORDERS, READER, STOPS, WALLET, Prices, VenueWorld, Waves, venues_in
from tests.faults.world import ADMIN, DUTY, Bot, until

_log = logging.getLogger(__name__)

MOMENTS = ("start", "life", "commit", "submitting", "closing", "entering", "entered", "protecting", "protected")
"""While starting, at leisure, after the n-th commit, as an order is written down or a position closes; while a venue
has an order or a stop that it has not taken yet, or has taken and not answered yet."""

IN_SHORT = ("entered", "protecting", "submitting")

_SEEN = {
    "submitting": "SELECT count(*) FROM orders WHERE state = 'submitting'",
    "closing": "SELECT count(*) FROM positions WHERE state = 'closing'",
}
_HELD = {
    "entering": (ORDERS, False),
    "entered": (ORDERS, True),
    "protecting": (STOPS, False),
    "protected": (STOPS, True),
}
_TOLD = {f"telegram:{READER}": Severity.INFO, f"telegram:{DUTY}": Severity.WARNING}
WANTED = {
    kind: {place for place, least in _TOLD.items() if event.severity >= least} for kind, event in event_types().items()
}
HARMS = (
    "DELETE FROM position_legs WHERE id = (SELECT max(id) FROM position_legs)",
    "UPDATE position_legs SET fee_quote = '0' WHERE id = (SELECT max(id) FROM position_legs)",
    "UPDATE position_legs SET price = '7' WHERE id = (SELECT min(id) FROM position_legs)",
    "UPDATE positions SET pnl_quote = '1' WHERE id = (SELECT max(id) FROM positions WHERE state = 'closed')",
    "UPDATE positions SET state = 'open' WHERE id = (SELECT max(id) FROM positions WHERE state = 'closed')",
    "UPDATE positions SET funding_quote = '1' WHERE id = (SELECT max(id) FROM positions WHERE state = 'closed')",
    (
        "UPDATE orders SET client_order_id = 'wh-other' "
        "WHERE id = (SELECT max(id) FROM orders WHERE leg = 'entry' AND state = 'filled')"
    ),
    "UPDATE orders SET state = 'unknown' WHERE id = (SELECT max(id) FROM orders)",
    "DELETE FROM verdicts WHERE signal_id = (SELECT min(signal_id) FROM verdicts)",
)
"""What could be wrong in our books, one thing each."""

PATIENCE_S, END_S, PROTECT_S = 3.0, 60.0, 5.0
_LAST_WORDS = 10


class Ordeal:
    """A world in which both venues and one database outlive the processes."""

    def __init__(self, world: VenueWorld, seed: int) -> None:
        self._world = world
        self._accounts = {name: market.account for name, market in world.markets.items()}
        self._history = checks.History()
        self._random = Random(f"held {seed}")
        self.deaths = 0

    async def suffer(self, kill: Kill) -> None:
        """Start the process, look whether it recovered, kill it at its moment, and look at what is left."""
        world, starts, born_at = self._world, self._world.starts(), self._world.clock.now()
        bot = await world.victim(dies_at_commit=kill.commits if kill.moment == "commit" else 0)
        if kill.moment == "start":
            await asyncio.sleep(kill.delay_s * 2)
        else:
            await world.started(bot, starts + 1)
            await self._check_recovery(bot, starts + 1, born_at)
            await self._wait(bot, kill)
        assert bot.code in {None, -9}, f"it ended by itself with {bot.code}: {bot.log[-3000:]}"
        await bot.kill()
        self.deaths += 1
        for market in world.markets.values():
            market.faults.release()
        self._check_always()
        self._check_log(bot)

    async def end_well(self, mischief: Mischief) -> None:
        """Start it once more without mischief, close everything, stop it in order, and settle the accounts."""
        world, starts, born_at = self._world, self._world.starts(), self._world.clock.now()
        mischief.end()
        bot = await world.victim()
        await world.started(bot, starts + 1)
        await self._check_recovery(bot, starts + 1, born_at)
        closing = asyncio.create_task(self._close_all())
        try:
            await until(lambda: bot.code is not None or not self._open(), END_S, "the end of all", every_s=0.05)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self._open()}; {bot.log[-3000:]}") from None
        finally:
            closing.cancel()
            await asyncio.gather(closing, return_exceptions=True)
        bot.terminate()
        assert await bot.end(10.0) == 0, bot.log[-3000:]
        self._check_end()
        self._check_log(bot)

    # --- moments -------------------------------------------------------------------------------------------------

    async def _wait(self, bot: Bot, kill: Kill) -> None:
        try:
            if kill.moment in _SEEN:
                await self._see(bot, lambda: self._world.count(_SEEN[kill.moment]) > 0)
            elif kill.moment in _HELD:
                await self._hold(bot, *_HELD[kill.moment])
            elif kill.moment == "commit":
                await self._see(bot, lambda: False)
            else:
                await asyncio.sleep(kill.delay_s)
        except AssertionError:
            _log.warning("no %s was seen: killed all the same", kill.moment)

    async def _see(self, bot: Bot, condition: Callable[[], bool]) -> None:
        await until(lambda: bot.code is not None or condition(), PATIENCE_S, "its moment")

    async def _hold(self, bot: Bot, paths: dict[str, str], is_taken: bool) -> None:
        name = self._random.choice(sorted(self._accounts))
        faults = self._world.markets[name].faults
        fault = faults.hang(paths[name], method="POST", is_taken=is_taken)
        faults.listed.insert(0, faults.listed.pop())
        try:
            await self._see(bot, lambda: fault.used > 0)
        finally:
            faults.listed.remove(fault)

    async def _close_all(self) -> None:
        """A person closes everything from the phone, and what was opened or half closed meanwhile again."""
        chat = self._world.chat
        while True:
            known = len(chat.messages(ADMIN))
            chat.say(ADMIN, None, "/closeall")
            await until(lambda: len(chat.messages(ADMIN)) > known, END_S, "an answer")  # noqa: B023 - waited for here
            question = next((message for message in chat.messages(ADMIN)[known:] if message.buttons), None)
            if question is not None:
                chat.press(ADMIN, question, "Confirm")
            await asyncio.sleep(1.5)

    # --- checks --------------------------------------------------------------------------------------------------

    async def _check_recovery(self, bot: Bot, starts: int, born_at: datetime) -> None:
        """Whatever was not traded since this process was born must be protected by now, the rest soon.

        A venue that did not answer while it recovered leaves it as it is; that was told.
        """
        bare = self._bare()
        told = [row["payload"] for row in self._world.ask("SELECT payload FROM events WHERE kind = 'started'")]
        if len(told) < starts:
            return  # It died while it started.
        silent = [name for name in self._accounts if f"{name} does not answer" in told[-1]]
        self._judge([f"no stop: {each}" for each in bare if each.since_at < born_at and each.where[0] not in silent])
        if not silent:
            await until(lambda: bot.code is not None or not self._bare(), PROTECT_S, f"stops for {bare}")

    def _bare(self) -> list[venues.Naked]:
        books = checks.read_books(self._world.database)
        return [each for each in venues.naked(self._accounts) if each.where not in venues.unsettled(books)]

    def _check_always(self) -> None:
        if self._world.database.exists():
            books = checks.read_books(self._world.database)
            self._judge([*checks.damage(self._world.database), *self._everywhere(books)])

    def _everywhere(self, books: checks.Books) -> list[str]:
        return [
            *checks.doubles(books),
            *self._history.changes(books),
            *venues.executed_twice(self._accounts),
            *venues.unknown_orders(self._accounts, books),
        ]

    def _open(self) -> list[str]:
        waiting = self._world.count("SELECT count(*) FROM deliveries WHERE state = 'pending' AND fold IS NULL")
        books = checks.read_books(self._world.database)
        found = [*venues.open_still(self._accounts, books), *checks.unfinished(books), *checks.misjudged(books)]
        return found if waiting <= _LAST_WORDS else [*found, f"{waiting} deliveries"]

    def _check_end(self) -> None:
        books = checks.read_books(self._world.database)
        self._judge([*self._everywhere(books), *self.findings(self._world.database), *self._told_wrong(books)])
        for name in self._accounts:
            closed = [p for p in books["positions"] if p["state"] == "closed" and p["exchange"] == name]
            assert closed, f"nothing was traded on {name}"
        _log.warning("%s; guessed: %s", {table: len(books[table]) for table in checks.TABLES}, venues.guesses(books))

    def findings(self, database: Path) -> list[str]:
        """Name what is wrong with books that are at rest."""
        books = checks.read_books(database)
        return [
            *checks.damage(database),
            *checks.unfinished(books),
            *checks.misjudged(books),
            *checks.in_flight(books),
            *venues.open_still(self._accounts, books),
            *venues.unknown_orders(self._accounts, books),
            *venues.misbooked(self._accounts, books),
            *venues.miscounted(self._accounts, books, WALLET),
        ]

    def unnoticed(self, harms: Sequence[str]) -> list[str]:
        """Return those of `harms`, done one at a time to copies of the books, that no check sees."""
        missed = []
        for number, harm in enumerate(harms):
            copy = self._world.folder / f"harmed-{number}.db"
            with contextlib.closing(sqlite3.connect(self._world.database)) as books:
                books.execute("VACUUM INTO ?", (str(copy),))
            with contextlib.closing(sqlite3.connect(copy)) as books, books:
                assert books.execute(harm).rowcount > 0, f"{harm}: nothing to harm"
            missed += [] if self.findings(copy) else [harm]
        return missed

    def _told_wrong(self, books: checks.Books) -> list[str]:
        (last,) = self._world.ask("SELECT max(at) AS at FROM events WHERE kind = 'stopped'")
        wrong = [*alerts.undelivered(books, str(last["at"])), *alerts.unannounced(books, WANTED)]
        for place in _TOLD:
            shown = messages_at(self._world, place)
            wrong += alerts.misdelivered(Chat(destination=place, messages=shown, books=books, repeats=self.deaths))
        return wrong

    def _check_log(self, bot: Bot) -> None:
        crashed = [line for line in bot.log.splitlines() if '"task_crashed"' in line]
        self._judge(crashed)

    @staticmethod
    def _judge(found: Sequence[str]) -> None:
        assert not found, "\n".join([f"{len(found)} findings:", *found[:40]])


@contextlib.asynccontextmanager
async def going_on(*works: Awaitable[None]) -> AsyncIterator[None]:
    """Let endless works go on during the block."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
        ended = [task.exception() for task in tasks if task.done()]
        assert not ended, ended
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def endure(folder: Path, *, seed: int, kills: Sequence[Kill]) -> None:
    """Run the whole ordeal, and see that harm to its books would be found; a failure names the seed and the kill."""
    async with venues_in(folder) as world:
        ordeal, mischief = Ordeal(world, seed), Mischief(world, seed)
        at = "the end"
        try:
            async with going_on(Prices(world.markets, seed).run()):
                async with going_on(Waves(world, seed).run(0.6), mischief.run()):
                    for number, kill in enumerate(kills):
                        at = f"kill {number}, {kill}"
                        _log.warning("seed %d, %s", seed, at)
                        await ordeal.suffer(kill)
                at = "the end"
                await ordeal.end_well(mischief)
            assert ordeal.unnoticed(HARMS) == []
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, {at}, after {dict(mischief.done)}: {error}") from error
        _log.warning("%s", dict(mischief.done))


async def test_nothing_is_doubled_or_lost_by_kills_at_two_venues(tmp_path: Path) -> None:
    await endure(tmp_path, seed=1, kills=plan(1, len(IN_SHORT), IN_SHORT))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
async def test_fifty_kills_at_two_venues(tmp_path: Path, seed: int) -> None:
    await endure(tmp_path, seed=seed, kills=plan(seed, 17, MOMENTS))
