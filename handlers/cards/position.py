"""The card of a position, from opened to closed with its result; how it is guarded is decided elsewhere."""

from collections.abc import Iterable
from datetime import datetime

from core.domain import cards
from core.domain.cards import Card
from core.domain.delivery import Alert
from core.domain.events import PositionClosed, PositionOpened
from core.domain.money import ZERO
from core.domain.positions import Position, PositionState
from core.domain.replies import Button, Field, Reply, Tone
from handlers import labels, texts
from handlers.card_sources import CardSources
from handlers.valuations import value

KIND = cards.POSITION
LONGEST_COMMAND = 60


async def render(card: Card, alert: Alert | None, sources: CardSources) -> Reply | None:
    """Return the position as it stands, or its result; None for one that was never opened."""
    async with sources.units.reading() as unit:
        position = await unit.positions.get(card.position_id)
    if position is None or position.entry_price is None:
        return None
    if position.state.is_live:
        return _open(position, alert, sources)
    return _closed(position, alert, sources.clock.now())


def _open(position: Position, alert: Alert | None, sources: CardSources) -> Reply:
    """Return entry, stop, size and wave; what it is worth once something has happened to it."""
    now = sources.clock.now()
    # The first stop is placed right after the opening is told; its price is known before it stands.
    is_new = alert is not None and isinstance(alert.event, PositionOpened)
    is_bare = position.stop_price is None and not is_new
    verb = "closing" if position.state is PositionState.CLOSING else "opened"
    details = Button(label="Details", command=f"/position {position.id}")
    close = Button(label="Close", command=f"/close {position.id}", is_danger=True)
    return Reply(
        title=_title(position, verb),
        tone=Tone.CRITICAL if is_bare else Tone.PLAIN,
        fields=(
            Field(name="Entry", value=texts.price(position.entry)),
            Field(name="Stop", value=_stop(position, alert)),
            *_worth(position, sources),
            Field(name="Size", value=_size(position)),
            *_wave(position, now),
        ),
        buttons=((details, close),),
    )


def _stop(position: Position, alert: Alert | None) -> str:
    """Return where the stop stands, how far that is from the entry, and what it does."""
    price = position.stop_price
    if price is None:
        if alert is None or not isinstance(alert.event, PositionOpened):
            return "NONE"
        price = alert.event.stop_price
    distance = position.profit_ratio(price)
    words = f"locks in {texts.percent(distance)}" if distance > ZERO else texts.percent(distance)
    if position.is_breakeven and not position.is_trailing:
        words = "break-even"
    return f"{texts.price(price)} ({words}{', trailing' if position.is_trailing else ''})"


def _worth(position: Position, sources: CardSources) -> Iterable[Field]:
    """Return what closing would leave, with its time, because a card is not written anew with every price."""
    valued = value(position, sources.prices, sources.fee)
    has_moved = position.stop_version > 1 or position.exit_quantity
    if not has_moved or valued.pnl_quote is None or valued.return_ratio is None:
        return ()
    at = texts.time(sources.clock.now(), sources.clock.now())
    worth = f"{texts.money(valued.pnl_quote)} ({texts.percent(valued.return_ratio)}) at {at}"
    return (Field(name="P&L", value=worth),)


def _size(position: Position) -> str:
    quantity = texts.quantity(position.quantity)
    if position.exit_quantity:
        quantity += f" of {texts.quantity(position.entry_quantity)} left"
    size = f"{texts.size(position.quantity * position.entry)} ({quantity})"
    return size if position.leverage == 1 else f"{size}, {position.leverage}x"


def _closed(position: Position, alert: Alert | None, now: datetime) -> Reply:
    """Return the result first, then the way there."""
    pnl = position.pnl_quote
    result = "unknown" if pnl is None else f"{texts.money(pnl)} ({texts.percent(position.return_ratio or ZERO)})"
    fields = [Field(name="Result", value=result)]
    if position.exit_reason is not None:
        by = alert.event.author if alert is not None and isinstance(alert.event, PositionClosed) else None
        reason = labels.EXIT_REASONS[position.exit_reason][1]
        fields.append(Field(name="Reason", value=f"{reason} ({labels.author(by)})" if by else reason))
    if position.exit_price is not None:
        path = f"{texts.price(position.entry)} → {texts.price(position.exit_price)}"
        fields.append(Field(name="Price", value=path))
    if position.closed_at is not None and position.opened_at is not None:
        fields.append(Field(name="Held", value=texts.age(position.closed_at - position.opened_at)))
    fields += [Field(name="Fees", value=texts.cost(position.fees_quote)), *_wave(position, now)]
    return Reply(
        title=_title(position, "closed"),
        tone=Tone.PLAIN if pnl is None else Tone.GOOD if pnl >= ZERO else Tone.BAD,
        fields=tuple(fields),
        buttons=(tuple(_after(position)),),
    )


def _after(position: Position) -> Iterable[Button]:
    yield Button(label="Outcome", command=f"/position {position.id}")
    if len((why := f"/why {position.symbol}").encode()) <= LONGEST_COMMAND:
        yield Button(label="Why", command=why)


def _title(position: Position, verb: str) -> str:
    return f"{position.symbol} {position.side.value.upper()} {verb} #{position.id}"


def _wave(position: Position, now: datetime) -> Iterable[Field]:
    return (Field(name="Wave", value=texts.time(position.wave_at, now)),) if position.wave_at else ()
