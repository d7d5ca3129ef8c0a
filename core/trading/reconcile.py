"""Our positions against the venue's and its protective orders; the venue is right."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from core.domain.errors import RetryLater
from core.domain.events import ReconcileReport, UnprotectedPosition
from core.domain.orders import VenuePosition, VenueStop
from core.domain.positions import Position, PositionState
from core.ports.edges import Exchange
from core.trading.entries import Entries
from core.trading.exits import Exits
from core.trading.ground import Ground
from core.trading.sending import ask
from core.trading.stops import initial_stop

_OUR_PREFIX = "wh-"


class Reconcile:
    """Compares one exchange at a time and mends what may be mended without a person."""

    def __init__(
        self,
        ground: Ground,
        *,
        exchanges: Mapping[str, Exchange],
        entries: Entries,
        exits: Exits,
    ) -> None:
        self._ground = ground
        self._exchanges = exchanges
        self._entries = entries
        self._exits = exits
        self._told: set[str] = set()
        self._orphans: dict[str, set[str]] = {}

    async def run(self) -> tuple[str, ...]:
        """Compare every exchange once. Safe to repeat; a finding is reported once while it lasts.

        Returns:
            A sentence a difference, new ones only.
        """
        findings: list[str] = []
        for exchange in self._exchanges.values():
            try:
                await self._compare(exchange, findings)
            except RetryLater as error:
                findings.append(f"{exchange.name} does not answer: {error}")
        fresh = tuple(f for f in findings if f not in self._told)
        self._told = set(findings)
        if fresh:
            async with self._ground.units.writing() as unit:
                await unit.record(ReconcileReport(at=self._ground.clock.now(), findings=fresh))
        return fresh

    async def _compare(self, exchange: Exchange, findings: list[str]) -> None:
        """Append what differs to `findings`, each as soon as it is dealt with: an answer missed later loses none."""
        limit = self._ground.settings.order_timeout
        ours = {p.symbol: p for p in self._ground.book.live() if p.exchange == exchange.name}
        theirs = {p.symbol: p for p in await ask(exchange.positions(), limit)}
        stops = await ask(exchange.stops(), limit)
        for position in ours.values():
            if position.state is PositionState.OPEN:
                findings += await self._compare_position(exchange, position, theirs.get(position.symbol), stops)
            elif position.state is PositionState.CLOSING and position.symbol not in theirs:
                findings += await self._compare_closing(exchange, position)
        findings += [
            f"{exchange.name} holds {p.quantity} {p.symbol} that is not ours: left alone"
            for p in theirs.values()
            if self._ground.book.get(exchange.name, p.symbol) is None and p.symbol not in ours
        ]
        await self._cancel_orphans(exchange, stops, findings)

    async def _compare_position(
        self, exchange: Exchange, seen: Position, theirs: VenuePosition | None, stops: Sequence[VenueStop]
    ) -> list[str]:
        async with self._ground.book.lock(exchange.name, seen.symbol):
            position = self._ground.book.get(exchange.name, seen.symbol)
            if position is not seen:
                return []  # It moved while the venue was being asked: the next round will see.
            if theirs is None or theirs.side is not position.side.entry_side:
                after = await self._exits.take_gone(exchange, position)
                end = "how is not known yet" if after.state.is_live else after.exit_reason
                return [f"{seen.symbol} on {exchange.name} is gone there: {end}"]
            has_stop = any(s.client_order_id == position.stop_order_id for s in stops)
            if not has_stop:
                # It may have fired after the venue told its positions: then nothing is missing, and its fill counts.
                after = await self._exits.take_fired_stop(exchange, position)
                if after is not position:
                    return [f"{seen.symbol} on {exchange.name} is gone there: {after.exit_reason}"]
            findings = []
            if theirs.quantity != position.quantity:
                findings.append(
                    f"{seen.symbol} on {exchange.name}: {position.quantity} here, {theirs.quantity} there: taken over"
                )
                position = await self._store(replace(position, quantity=theirs.quantity))
            if not has_stop:
                findings.append(await self._protect(exchange, position))
            return findings

    async def _compare_closing(self, exchange: Exchange, seen: Position) -> list[str]:
        """Take in the stop that was faster than an exit whose outcome is still unknown; the rest is settlement's."""
        async with self._ground.book.lock(exchange.name, seen.symbol):
            if self._ground.book.get(exchange.name, seen.symbol) is not seen:
                return []
            after = await self._exits.take_fired_stop(exchange, seen)
            return [] if after is seen else [f"{seen.symbol} on {exchange.name} is gone there: {after.exit_reason}"]

    async def _protect(self, exchange: Exchange, position: Position) -> str:
        """Place the missing stop at once: where it stood, or where the first one belongs."""
        async with self._ground.units.writing() as unit:
            await unit.record(
                UnprotectedPosition(
                    at=self._ground.clock.now(),
                    exchange=exchange.name,
                    position_id=position.id,
                    symbol=position.symbol,
                    action="placing its stop",
                    detail="the venue has no stop order for it",
                )
            )
        price = position.stop_price
        if price is None:
            instruments = await ask(exchange.instruments(), self._ground.settings.order_timeout)
            price = initial_stop(position, instruments[position.symbol])
        position = await self._store(replace(position, stop_order_id=None, stop_price=None))
        position = await self._entries.protect(exchange, position, price)
        stands = f"placed at {position.stop_price}" if position.stop_order_id else f"not placed, now {position.state}"
        return f"{position.symbol} on {exchange.name} had no stop: {stands}"

    async def _store(self, position: Position) -> Position:
        async with self._ground.units.writing() as unit:
            await unit.positions.save(position)
        self._ground.book.put(position)
        return position

    async def _cancel_orphans(self, exchange: Exchange, stops: Sequence[VenueStop], findings: list[str]) -> None:
        """Cancel stops of ours that protect nothing, at their second sighting; never anybody else's.

        Such is one without a position, and one that was left behind beside the stop that stands: the process died, or
        the answer was lost, while it was being replaced.
        """
        named = {s.client_order_id: s for s in stops if s.client_order_id is not None}
        orphans = {
            client_order_id: stop.symbol
            for client_order_id, stop in named.items()
            if client_order_id.startswith(_OUR_PREFIX) and self._is_orphan(exchange, stop, named)
        }
        seen = self._orphans.get(exchange.name, set())
        self._orphans[exchange.name] = set(orphans)
        for client_order_id, symbol in orphans.items():
            if client_order_id in seen:
                await ask(exchange.cancel(symbol, client_order_id), self._ground.settings.order_timeout)
                findings.append(f"{exchange.name} had a stop order of {symbol} that protected nothing: cancelled")

    def _is_orphan(self, exchange: Exchange, stop: VenueStop, standing: Collection[str]) -> bool:
        position = self._ground.book.get(exchange.name, stop.symbol)
        return position is None or (
            position.stop_order_id in standing and position.stop_order_id != stop.client_order_id
        )
