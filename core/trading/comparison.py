"""One position of ours against the venue's and its stop, and what is done about a difference; the venue is right.

Which positions are compared when, and what is told of it, belongs to `reconcile`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from core.domain.events import UnprotectedPosition
from core.domain.money import Price
from core.domain.orders import (
    Accepted,
    Filled,
    OrderOutcome,
    PartiallyFilled,
    RefusalReason,
    Refused,
    VenuePosition,
    VenueStop,
)
from core.domain.positions import Position, PositionState
from core.ports.edges import Exchange
from core.trading.entries import Entries
from core.trading.exits import Exits
from core.trading.ground import Ground
from core.trading.outside import Booking
from core.trading.results import stop_reason
from core.trading.stops import Stops


class FindingKind(Enum):
    """What is found: a difference that is dealt with, somebody else's position, an end, or what is to be seen again."""

    DIFFERENCE = auto()
    STRANGER = auto()
    ENDED = auto()
    UNEXPLAINED = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, as a sentence for people."""

    sentence: str
    kind: FindingKind = FindingKind.DIFFERENCE


class Comparison:
    """Compares and mends. Safe to repeat: what matches is left alone."""

    def __init__(self, ground: Ground, *, entries: Entries, exits: Exits, stops: Stops) -> None:
        self._ground = ground
        self._entries = entries
        self._exits = exits
        self._stops = stops

    async def compare(
        self, exchange: Exchange, seen: Position, theirs: VenuePosition | None, stops: Sequence[VenueStop]
    ) -> list[Finding]:
        """Compare a position as it was `seen` before the venue was asked; one that moved since is left alone."""
        async with self._ground.book.lock(exchange.name, seen.symbol):
            if self._ground.book.get(exchange.name, seen.symbol) is not seen:
                return []  # It moved while the venue was being asked: the next round will see.
            if seen.state is PositionState.OPEN:
                return await self._compare_open(exchange, seen, theirs, stops)
            if seen.state is PositionState.CLOSING:
                return await self._compare_closing(exchange, seen, theirs, stops)
        return []

    async def _compare_open(
        self, exchange: Exchange, position: Position, theirs: VenuePosition | None, stops: Sequence[VenueStop]
    ) -> list[Finding]:
        if theirs is None or theirs.side is not position.side.entry_side:
            return [_end(exchange, await self._exits.take_gone(exchange, position))]
        standing, is_listed_late = standing_stop(position, stops), False
        if standing is None:
            # It may have fired after the venue told its positions: then nothing is missing, and its fill counts.
            outcome = await self._exits.stop_outcome(exchange, position)
            if isinstance(outcome, Filled | PartiallyFilled):
                after = await self._exits.take_fired_stop(exchange, position)
                if after is not position:
                    return [await self._after_stop(exchange, after)]
                # All that it did is booked, and this is what it left.
            is_listed_late = isinstance(outcome, Accepted)
        findings: list[Finding] = []
        if theirs.quantity == position.quantity:
            self._exits.outside.note_equal(position)
        else:
            position, finding = await self._take_size(exchange, position, theirs)
            findings.append(finding)
        if position.state is not PositionState.OPEN or is_listed_late:
            return findings
        if standing is None:
            findings.append(await self._protect(exchange, position))
        else:
            findings += await self._compare_stop(exchange, position, standing)
        return findings

    async def _after_stop(self, exchange: Exchange, after: Position) -> Finding:
        """Say that the stop ended the position; what it could not close gets a stop of its own."""
        if after.state is PositionState.OPEN:
            return await self._protect(exchange, after)
        return _end(exchange, after)

    async def _compare_closing(
        self, exchange: Exchange, seen: Position, theirs: VenuePosition | None, stops: Sequence[VenueStop]
    ) -> list[Finding]:
        """Take in the stop that was faster than an exit whose outcome is unknown; let one stand until it is known."""
        if theirs is not None and standing_stop(seen, stops) is not None:
            return []
        after = await self._exits.take_fired_stop(exchange, seen)
        if after is not seen:
            return [_end(exchange, after)]
        is_gone = theirs is None or theirs.side is not seen.side.entry_side
        if is_gone or isinstance(await self._exits.stop_outcome(exchange, seen), Accepted):
            return []
        price = await self._stops.wanted_price(exchange, seen)
        await self._tell_unprotected(seen, "placing its stop while the outcome of its exit is unknown")
        # Reduce-only, so it can do no harm whatever has become of the exit.
        position, outcome = await self._stops.put(exchange, await self._stops.forget(seen), price)
        return [Finding(f"{seen.symbol} on {exchange.name} had no stop: {_placed(position, outcome)}")]

    async def _take_size(
        self, exchange: Exchange, position: Position, theirs: VenuePosition
    ) -> tuple[Position, Finding]:
        sizes = f"{position.symbol} on {exchange.name}: {position.quantity} here, {theirs.quantity} there"
        if theirs.quantity > position.quantity:
            position, booking = await self._exits.outside.take_added(exchange, position, theirs)
        else:
            position, booking = await self._exits.outside.take_reduced(exchange, position, theirs.quantity)
        if booking is Booking.NOT_YET:
            return position, Finding(f"{sizes}: what made it so is not known yet", FindingKind.UNEXPLAINED)
        guessed = ", at an estimated price" if booking is Booking.ESTIMATED else ""
        return position, Finding(f"{sizes}: taken over{guessed}")

    async def _compare_stop(self, exchange: Exchange, position: Position, standing: VenueStop) -> list[Finding]:
        """Take over a stop that was tightened at the venue; put ours back in the place of one that was not."""
        wanted = await self._stops.wanted_price(exchange, position)
        at = standing.trigger_price
        stop = f"the stop of {position.symbol} on {exchange.name}"
        if position.is_better(at, wanted):
            await self._stops.adopt(position, at)
            return [Finding(f"{stop} stands at {at} there, {_shown(position.stop_price)} here: taken over")]
        if at != wanted:
            put_back = await self._put(exchange, position, wanted)
            return [Finding(f"{stop} stood at {at} there, {_shown(position.stop_price)} here: {put_back}")]
        if position.stop_order_id is None:
            await self._stops.adopt(position, at)
            return [Finding(f"{stop} stands at {at}, where it belongs: taken over")]
        if standing.client_order_id is not None and standing.quantity < position.quantity:
            larger = await self._put(exchange, position, wanted)
            return [Finding(f"{stop} covered {standing.quantity} of {position.quantity}: {larger}")]
        return []

    async def _put(self, exchange: Exchange, position: Position, price: Price) -> str:
        """Let the stop stand at `price` in the place of the one that stands; crossed already, the position ends."""
        position, outcome = await self._stops.put(exchange, position, price)
        if isinstance(outcome, Refused) and outcome.reason is RefusalReason.STOP_CROSSED:
            position, outcome = await self._exits.close(exchange, position, stop_reason(position))
            return f"crossed already, now {position.state}"
        return _placed(position, outcome)

    async def _protect(self, exchange: Exchange, position: Position) -> Finding:
        """Place the missing stop at once: where it stood, or where the first one belongs."""
        await self._tell_unprotected(position, "placing its stop")
        price = await self._stops.wanted_price(exchange, position)
        position = await self._entries.protect(exchange, await self._stops.forget(position), price)
        stands = f"placed at {position.stop_price}" if position.stop_order_id else f"not placed, now {position.state}"
        return Finding(f"{position.symbol} on {exchange.name} had no stop: {stands}")

    async def _tell_unprotected(self, position: Position, action: str) -> None:
        async with self._ground.units.writing() as unit:
            await unit.record(
                UnprotectedPosition(
                    at=self._ground.clock.now(),
                    exchange=position.exchange,
                    position_id=position.id,
                    symbol=position.symbol,
                    action=action,
                    detail="the venue has no stop order for it",
                )
            )


def standing_stop(position: Position, stops: Sequence[VenueStop]) -> VenueStop | None:
    """Return the stop that protects `position`: the one with its id, else the one attached to the position there."""
    ours = [stop for stop in stops if stop.symbol == position.symbol and stop.side is position.side.exit_side]
    named = next((stop for stop in ours if stop.client_order_id == position.stop_order_id is not None), None)
    return named or next((stop for stop in ours if stop.client_order_id is None), None)


def _end(exchange: Exchange, after: Position) -> Finding:
    gone = f"{after.symbol} on {exchange.name} is gone there"
    if after.state.is_live:
        return Finding(f"{gone}: how is not known yet", FindingKind.UNEXPLAINED)
    why = str(after.exit_reason).replace("_", " ")
    return Finding(f"{gone}: {why}", FindingKind.ENDED)


def _placed(position: Position, outcome: OrderOutcome) -> str:
    if isinstance(outcome, Accepted):
        return f"placed at {position.stop_price}"
    detail = outcome.detail if isinstance(outcome, Refused) else ""
    return f"not placed ({detail or type(outcome).__name__.lower()}), now {position.state}"


def _shown(price: Price | None) -> str:
    return "none" if price is None else str(price)
