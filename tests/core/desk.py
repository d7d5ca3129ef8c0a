"""The core wired with fakes, as the process wires it with real edges. No test is here."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from core.domain.cards import Card
from core.domain.events import Event
from core.domain.market import ExchangeRef
from core.domain.orders import Order, OrderLeg
from core.domain.pauses import Pause
from core.domain.people import StopListing
from core.domain.positions import Position, PositionSide
from core.domain.settings import GuardSettings, TradingSettings, ValidationSettings, WaveSettings
from core.domain.signals import Signal, SignalBatch
from core.domain.verdicts import Verdict
from core.guard.freshness import Freshness
from core.guard.guardian import Guardian
from core.ports.storage import UnitOfWork
from core.trading.book import PositionBook
from core.trading.entries import Entries, Entry
from core.trading.exits import Exits
from core.trading.funding import Funding
from core.trading.ground import Ground
from core.trading.notices import Notices
from core.trading.pausing import Pausing
from core.trading.reconcile import Reconcile
from core.trading.settlement import Settlement
from core.trading.stops import Stops
from core.waves.board import WaveBoard
from core.waves.candidates import Candidates
from core.waves.collector import Collector
from core.waves.conductor import Conductor
from core.waves.exchange_wave import ExchangeWave
from core.waves.executor import WaveExecutor
from core.waves.veto import Vetoes
from core.waves.wave_params import WaveParamsKeeper
from tests.builders import NOW, make_plan, make_signal, quantity
from tests.fakes.clock import FakeClock
from tests.fakes.exchange import FakeExchange, plain_instrument
from tests.fakes.prices import FakePrices
from tests.fakes.units import MemoryUnits

REFS = (ExchangeRef(id=1, name="binance", title="Binance"), ExchangeRef(id=2, name="bybit", title="Bybit"))
TRADING = TradingSettings(order_timeout=timedelta(milliseconds=20))
"""A short real-time limit: it is only ever waited for by tests in which a venue does not answer at all."""

T = TypeVar("T")
E = TypeVar("E", bound=Event)


class FakeSource:
    """Implements SignalSource: `send` is the server; `answers` are sent one a request."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[SignalBatch | None] = asyncio.Queue()
        self.requests = 0

    def send(self, signals: Sequence[Signal]) -> None:
        self.frames.put_nowait(SignalBatch(signals=tuple(signals)))

    async def batches(self) -> AsyncIterator[SignalBatch]:
        while (batch := await self.frames.get()) is not None:
            yield batch

    async def request(self) -> None:
        self.requests += 1


class WatchedUnits(MemoryUnits):
    """Units that note which cards committed transactions let be shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Card] = []

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        async with super().writing() as unit:
            noted: list[Card] = []
            show = unit.show

            async def note(card: Card) -> None:
                noted.append(card)
                await show(card)

            unit.show = note  # type: ignore[method-assign]
            yield unit
        self.shown += noted


class Desk:
    """One process' worth of core. `units`, `exchanges` and `clock` may outlive it: that is a restart."""

    def __init__(
        self,
        *,
        clock: FakeClock | None = None,
        units: WatchedUnits | None = None,
        exchanges: dict[str, FakeExchange] | None = None,
        trading: TradingSettings = TRADING,
        waves: WaveSettings = WaveSettings(),  # noqa: B008 - frozen
        guard: GuardSettings = GuardSettings(),  # noqa: B008 - frozen
        validation: ValidationSettings = ValidationSettings(),  # noqa: B008 - frozen
        attaches_stops: bool = False,
        live_keys: Mapping[str, str] | None = None,
    ) -> None:
        self.clock = clock or FakeClock(NOW)
        self.units = units or WatchedUnits()
        self.exchanges = exchanges or {
            ref.name: FakeExchange(self.clock, ref.name, attaches_stops=attaches_stops) for ref in REFS
        }
        self.trading, self.waves, self.guard, self.validation = trading, waves, guard, validation
        self.live_keys = live_keys
        self.prices = FakePrices(self.clock)
        self.source = FakeSource()
        self.book = PositionBook()
        self.halting = asyncio.Event()
        self.unsettled: asyncio.Queue[Order] = asyncio.Queue()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.crashes: list[BaseException] = []
        self._wire_trading()
        self._wire_guard()
        self._wire_waves()

    def _wire_trading(self) -> None:
        ground = self.ground = Ground(
            units=self.units, clock=self.clock, book=self.book, settings=self.trading, unsettled=self.unsettled
        )
        self.stops = Stops(ground)
        self.exits = Exits(ground)
        self.entries = Entries(ground, stops=self.stops, exits=self.exits)
        self.settlement = Settlement(
            ground, exchanges=self.exchanges, refs=REFS, entries=self.entries, exits=self.exits, stops=self.stops
        )
        self.reconcile = Reconcile(
            ground, exchanges=self.exchanges, entries=self.entries, exits=self.exits, stops=self.stops
        )
        self.notices = Notices(
            ground,
            exchanges=self.exchanges,
            settlement=self.settlement,
            reconcile=self.reconcile,
            exits=self.exits,
        )
        self.funding = Funding(ground, exchanges=self.exchanges)
        self.pausing = Pausing(units=self.units, clock=self.clock)

    def _wire_guard(self) -> None:
        self.guardian = Guardian(
            units=self.units,
            clock=self.clock,
            book=self.book,
            prices=self.prices,
            exchanges=self.exchanges,
            stops=self.stops,
            exits=self.exits,
            notices=self.notices,
            settings=self.guard,
            trading=self.trading,
            spawn=self.spawn,
        )
        self.freshness = Freshness(
            units=self.units,
            clock=self.clock,
            book=self.book,
            prices=self.prices,
            guardian=self.guardian,
            settings=self.guard,
            every=timedelta(seconds=5),
        )

    def _wire_waves(self) -> None:
        self.collector = Collector(units=self.units, clock=self.clock, settings=self.waves)
        self.board = WaveBoard()
        self.vetoes = Vetoes(units=self.units, clock=self.clock, board=self.board)
        self.exchange_waves = [self._exchange_wave(ref) for ref in REFS]
        self.executor = WaveExecutor(
            units=self.units,
            clock=self.clock,
            exchange_waves=self.exchange_waves,
            settings=self.waves,
            halting=self.halting,
        )
        self.conductor = Conductor(
            units=self.units,
            clock=self.clock,
            source=self.source,
            collector=self.collector,
            executor=self.executor,
            settings=self.waves,
        )

    def _exchange_wave(self, ref: ExchangeRef) -> ExchangeWave:
        exchange = self.exchanges[ref.name]
        return ExchangeWave(
            ref=ref,
            exchange=exchange,
            units=self.units,
            clock=self.clock,
            book=self.book,
            params=WaveParamsKeeper(ref=ref, units=self.units, clock=self.clock, defaults=self.trading.defaults),
            candidates=Candidates(
                exchange=exchange,
                prices=self.prices,
                book=self.book,
                clock=self.clock,
                validation=self.validation,
                trading=self.trading,
                price_stale_after=self.guard.price_stale_after,
            ),
            entries=self.entries,
            waves=self.waves,
            trading=self.trading,
            halting=self.halting,
            board=self.board,
            live_keys=self.live_keys,
        )

    # --- the life of the process ------------------------------------------------------------------------------------

    @property
    def venue(self) -> FakeExchange:
        """The exchange of tests that need but one."""
        return self.exchanges["binance"]

    def restarted(self) -> "Desk":
        """Return what a process that starts now would be: only storage and venues are left of the old one."""
        after = Desk(
            clock=self.clock,
            units=self.units,
            exchanges=self.exchanges,
            trading=self.trading,
            waves=self.waves,
            guard=self.guard,
            validation=self.validation,
        )
        after._tasks, after.crashes = self._tasks, self.crashes
        return after

    async def recover(self) -> tuple[str, ...]:
        """Bring what a dead process left to a known state, in the order of the real start."""
        async with self.units.reading() as unit:
            for position in await unit.positions.live():
                self.book.put(position)
        found = await self.settlement.recover()
        found += await self.reconcile.run()
        found += await self.executor.recover()
        await self.conductor.sweep()
        return found

    def spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Start work that is not waited for; what it raises is kept in `crashes`."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.crashes.append(error)

    async def finish(self, work: Awaitable[T]) -> T:
        """Let time pass until `work` is done, and return its result."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await self.clock.settle()
            if task.done():
                break
            if self.clock.sleepers:
                await self.clock.advance(timedelta(seconds=1))
            else:
                await asyncio.wait({task}, timeout=0.005)
        return task.result()

    async def end(self) -> None:
        """Cancel what still runs."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    # --- what tests set up and look at ------------------------------------------------------------------------------

    def list_symbol(self, symbol: str, price: Decimal | int | str = 100, exchange: str = "binance") -> None:
        """Let the venue trade `symbol` at `price`."""
        venue = self.exchanges[exchange]
        venue.contracts.setdefault(symbol, plain_instrument(symbol))
        venue.set_price(symbol, price)

    def entry(self, signal: Signal | None = None, coins: Decimal | int | str = 1) -> Entry:
        """Return an entry that the venue will take."""
        signal = signal or make_signal()
        return Entry(
            signal=signal,
            instrument=self.venue.contracts.get(signal.symbol) or plain_instrument(signal.symbol),
            quantity=quantity(coins),
            plan=make_plan(),
            leverage=1,
        )

    async def open(self, signal: Signal | None = None, coins: Decimal | int | str = 1) -> Position:
        """Open and protect a position as a wave would; the venue must list its symbol."""
        signal = signal or make_signal()
        await self.store([signal])
        exchange = self.exchanges[REFS[signal.exchange_id - 1].name]
        await self.finish(self.entries.open(exchange, self.entry(signal, coins)))
        position = self.book.get(exchange.name, signal.symbol)
        assert position is not None
        return position

    async def keep(self, position: Position, *, is_held: bool = True, has_stop: bool = True) -> Position:
        """Store `position` as a live one; the venue holds it and its stop unless told otherwise."""
        async with self.units.writing() as unit:
            stored = await unit.positions.add(position)
        self.book.put(stored)
        venue = self.exchanges[stored.exchange]
        self.list_symbol(stored.symbol, stored.entry, stored.exchange)
        if is_held:
            venue.hold(stored.symbol, stored.side.entry_side, stored.quantity, stored.entry)
        if has_stop and stored.stop_price is not None:
            at = stored.stop_price
            stored = replace(stored, stop_order_id=None, stop_price=None)
            stored, _ = await self.stops.put(venue, stored, at)
        return stored

    async def store(self, signals: Sequence[Signal]) -> None:
        """Store signals and let their waves collect."""
        async with self.units.writing() as unit:
            await unit.signals.add_new(signals, self.clock.now())
            for signal in signals:
                await unit.waves.collect(signal.wave_at)

    async def pause(self, pause: Pause) -> None:
        async with self.units.writing() as unit:
            await unit.pauses.add(pause)

    async def stop_list(self, listing: StopListing) -> None:
        async with self.units.writing() as unit:
            await unit.stop_list.add(listing)

    def events(self, kind: type[E]) -> list[E]:
        """Return the recorded events of `kind`, oldest first."""
        return [event for event in self.units.events if isinstance(event, kind)]

    def verdicts(self, exchange_id: int = 1) -> dict[str, Verdict]:
        """Return verdict by signal id."""
        return {v.signal_id: v.verdict for v in self.units.store.verdicts.values() if v.exchange_id == exchange_id}

    def position(self, position_id: int = 1) -> Position:
        """Return a position as stored."""
        return self.units.store.positions[position_id]

    def orders(self, leg: OrderLeg) -> list[Order]:
        """Return the stored orders of a leg, oldest first."""
        return [order for order in self.units.store.orders.values() if order.request.leg is leg]

    def sent(self, leg: OrderLeg, exchange: str = "binance") -> list[str]:
        """Return the symbols of the orders of `leg` that a venue was sent, in order."""
        return [request.symbol for request in self.exchanges[exchange].requests if request.leg is leg]


def short(symbol: str = "SOLUSDT") -> dict[str, Any]:
    """Return the fields of `make_position` for a short."""
    return {"symbol": symbol, "side": PositionSide.SHORT}
