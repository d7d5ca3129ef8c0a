"""What others did to our positions at the venue: booked with its true fills, each once. Orders are not sent here."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

from core.domain.errors import RetryLater
from core.domain.events import ClosedOutside, PositionLiquidated
from core.domain.money import NO_MONEY, NO_QUANTITY, ZERO, Money, Price, Quantity
from core.domain.orders import Cancelled, Filled, Order, OrderLeg, VenueFill, VenuePosition
from core.domain.positions import ExitReason, LegKind, Position
from core.domain.signals import Side
from core.ports.edges import Exchange
from core.ports.storage import UnitOfWork
from core.trading.fills import Missing, leg_id, merged, missing_fills, newest, total_of
from core.trading.funding import funded
from core.trading.ground import Ground
from core.trading.results import leg_of, record_exit, record_reduction, stop_reason
from core.trading.sending import answered, ask

_LOOKS = 3
_PATIENCE = timedelta(seconds=30)
"""So often, and for so long, fills that do not explain a size are asked for before their price is guessed."""


class Booking(Enum):
    """How much of what others closed is in the books."""

    TRUE = auto()
    ESTIMATED = auto()
    NOT_YET = auto()


class Outside:
    """Brings positions to what the venue holds. Callers hold the symbol's lock."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._looks: dict[tuple[int, Quantity], tuple[datetime, int]] = {}

    async def take_reduced(
        self, exchange: Exchange, position: Position, left: Quantity, order: Order | None = None
    ) -> tuple[Position, Booking]:
        """Book what closed all but `left` coins of a position, by the venue's fills.

        A fill of an order of ours is taken through that order. What no fill explains is asked for again by later
        calls; after a few it is booked at the last price, as an estimate.

        Args:
            exchange: Where the position is.
            position: Open, or closing with `order`.
            left: What the venue still holds.
            order: An exit that the venue refused because of it; cancelled with the booking.

        Returns:
            The position as stored, and whether everything is booked, and at true prices.
        """
        missing = await self._missing(exchange, position, position.side.exit_side)
        gap = position.quantity - total_of([fill for _, fill in missing.own]) - left
        used = newest(missing.others, gap)
        rest = max(Quantity(gap - total_of(used)), NO_QUANTITY)
        is_known = rest <= 0 or self._is_given_up(position, left)
        if not is_known:
            used = ()
            if not missing.own:
                return position, Booking.NOT_YET
        guess = await self._guess(exchange, position, rest) if is_known and rest > 0 else None
        position = await funded(self._ground, exchange, position)
        async with self._ground.units.writing() as unit:
            if order is not None and is_known:
                await unit.orders.save(answered(order, Cancelled(), self._ground.clock.now()))
            for own, fill in missing.own:
                position = await self._take_own(unit, position, own, fill)
            if position.state.is_live and (used or guess is not None):
                position = await self._take_others(unit, position, used, guess)
        self._ground.book.put(position)
        if not is_known:
            return position, Booking.NOT_YET
        return position, Booking.TRUE if guess is None else Booking.ESTIMATED

    def note_equal(self, position: Position) -> None:
        """Note that the venue holds what we do: looks at a size that has come right count no more."""
        for key in [key for key in self._looks if key[0] == position.id]:
            del self._looks[key]

    async def take_added(
        self, exchange: Exchange, position: Position, theirs: VenuePosition
    ) -> tuple[Position, Booking]:
        """Take over a position that is larger at the venue: what was added cost what the fills say.

        If they do not explain it, by and by the venue's own entry price says it; a venue may show sizes late.

        Returns:
            As `take_reduced`.
        """
        added = theirs.quantity - position.quantity
        missing = await self._missing(exchange, position, position.side.entry_side)
        used = newest(sorted((*missing.others, *(fill for _, fill in missing.own)), key=lambda f: f.filled_at), added)
        is_explained = total_of(used) == added
        if not is_explained and not self._is_given_up(position, theirs.quantity):
            return position, Booking.NOT_YET
        if is_explained:
            fill = merged(used)
            cost, fee = fill.price * added, fill.fee_quote
        else:
            used, fee = (), NO_MONEY
            cost = theirs.entry_price * theirs.quantity - position.entry * position.quantity
            cost = cost if cost > 0 else theirs.entry_price * added
        opened = Quantity(position.entry_quantity + added)
        after = replace(
            position,
            quantity=theirs.quantity,
            entry_quantity=opened,
            entry_price=Price((position.entry * position.entry_quantity + cost) / opened),
            fees_quote=Money(position.fees_quote + fee),
        )
        async with self._ground.units.writing() as unit:
            for each in used:
                leg = leg_of(after, leg_id(after.exchange, each), LegKind.ENTRY, merged([each]))
                await unit.positions.add_leg(leg)
            await unit.positions.save(after)
        self._ground.book.put(after)
        return after, Booking.TRUE if is_explained else Booking.ESTIMATED

    async def _missing(self, exchange: Exchange, position: Position, side: Side) -> Missing:
        """Return what the venue tells beyond our books; nothing while it cannot tell."""
        since_at = position.opened_at or position.created_at
        try:
            fills = await ask(exchange.fills(position.symbol, since_at), self._ground.settings.order_timeout)
        except RetryLater:
            return Missing((), ())
        async with self._ground.units.reading() as unit:
            orders = await unit.orders.of_position(position.id)
            legs = await unit.positions.legs(position.id)
        return missing_fills(exchange.name, side, fills, orders, legs)

    def _is_given_up(self, position: Position, there: Quantity) -> bool:
        """Count one more look at fills that do not explain the size there; True once there were enough."""
        now = self._ground.clock.now()
        first_at, looks = self._looks.get((position.id, there), (now, 0))
        self._looks[position.id, there] = (first_at, looks + 1)
        return looks + 1 >= _LOOKS and now - first_at >= _PATIENCE

    async def _guess(self, exchange: Exchange, position: Position, rest: Quantity) -> VenueFill:
        return VenueFill(
            client_order_id=None,
            symbol=position.symbol,
            side=position.side.exit_side,
            quantity=rest,
            price=await self._last_price(exchange, position),
            fee_quote=NO_MONEY,
            filled_at=self._ground.clock.now(),
        )

    async def _last_price(self, exchange: Exchange, position: Position) -> Price:
        try:
            facts = await ask(exchange.market_facts(position.symbol), self._ground.settings.order_timeout)
        except RetryLater:
            return position.stop_price or position.entry
        return facts.price or position.stop_price or position.entry

    async def _take_own(self, unit: UnitOfWork, position: Position, order: Order, fill: VenueFill) -> Position:
        """Book the fill of an order whose answer said less, or never came."""
        if not position.state.is_live:
            return position
        is_stop = order.request.leg is OrderLeg.STOP
        reason = stop_reason(position) if is_stop else position.exit_reason or ExitReason.CLOSED_OUTSIDE
        execution = merged([fill])
        if order.filled_quantity is None:
            return await record_exit(unit, position, order, execution, reason)
        await unit.orders.save(_grown(order, execution))
        leg = leg_of(position, leg_id(position.exchange, fill), LegKind.EXIT, execution)
        return await record_reduction(unit, position, execution, reason, [leg])

    async def _take_others(
        self, unit: UnitOfWork, position: Position, used: tuple[VenueFill, ...], guess: VenueFill | None
    ) -> Position:
        fill = merged(used if guess is None else (*used, guess))
        is_liquidation = any(each.is_liquidation for each in used)
        reason = ExitReason.LIQUIDATED if is_liquidation else ExitReason.CLOSED_OUTSIDE
        left = Quantity(position.quantity - fill.quantity)
        if is_liquidation:
            await unit.record(
                PositionLiquidated(
                    at=fill.filled_at,
                    exchange=position.exchange,
                    position_id=position.id,
                    symbol=position.symbol,
                    side=position.side,
                    quantity=fill.quantity,
                    left=left,
                    price=fill.price,
                )
            )
        elif left <= 0:
            await unit.record(
                ClosedOutside(
                    at=self._ground.clock.now(),
                    exchange=position.exchange,
                    position_id=position.id,
                    symbol=position.symbol,
                    is_estimate=guess is not None,
                )
            )
        legs = [leg_of(position, leg_id(position.exchange, each), LegKind.EXIT, merged([each])) for each in used]
        return await record_reduction(unit, position, fill, reason, legs)


def _grown(order: Order, more: Filled) -> Order:
    """Return `order`, part of which was booked, with what it executed beyond that."""
    before, price = order.filled_quantity or ZERO, order.filled_price or more.price
    quantity = Quantity(before + more.quantity)
    average = Price((price * before + more.price * more.quantity) / quantity)
    fee = Money(Decimal(order.fee_quote or ZERO) + more.fee_quote)
    total = Filled(quantity=quantity, price=average, fee_quote=fee, filled_at=more.filled_at)
    return answered(order, total, more.filled_at)
