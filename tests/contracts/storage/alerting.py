"""Who is told what in the contract suite of storage, and the events that it tells."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from core.domain.cards import Card, position_card, wave_card
from core.domain.delivery import CardUpdate, Delivery, Destination, Digest, FoldReason, Hold, Loudness, Target
from core.domain.events import (
    Event,
    OrderRefused,
    Paused,
    PositionClosed,
    PositionOpened,
    PositionReduced,
    PricesStale,
    Resumed,
    StopMoved,
    TaskCrashed,
    UnprotectedPosition,
    WaveFinished,
)
from core.domain.positions import ExitReason, PositionSide
from core.ports.delivery import Outbox
from core.ports.storage import Units
from tests.builders import WAVE_AT, at, make_wave_result, money, price, quantity, ratio

CHAT = Destination(platform="telegram", address="-1001", topic="5")
DESK = Destination(platform="slack", address="C0001")
SPARE = Destination(platform="slack", address="C0002")
SCREEN = Destination(platform="terminal")
WAVE_CARD = wave_card(WAVE_AT, "binance")
POSITION_CARD = position_card(12, "binance")


@dataclass(slots=True, kw_only=True)
class Routing:
    """The router of the suite; a test changes whom it names.

    Attributes:
        told: Where every event goes that is not in `by_kind`; pauses go to two places, their ends to the chat.
        cards: Where cards are opened that nobody was told of.
    """

    told: tuple[Target, ...] = ()
    by_kind: dict[str, tuple[Target, ...]] = field(default_factory=dict)
    cards: tuple[Target, ...] = ()

    def targets(self, event: Event) -> Sequence[Target]:
        return self.by_kind.get(event.kind, self.told)

    def card_targets(self, card: Card) -> Sequence[Target]:
        return self.cards


def usual() -> Routing:
    """Pauses go to both places, their ends to the chat, nothing else anywhere."""
    chat = Target(destination=CHAT)
    desk = Target(destination=DESK, loudness=Loudness.MENTION)
    resumed = Target(destination=CHAT, loudness=Loudness.SILENT)
    return Routing(by_kind={"paused": (chat, desk), "resumed": (resumed,)})


def living(destination: Destination = CHAT, *, fallback: Destination | None = None) -> Target:
    return Target(destination=destination, is_living=True, fallback=fallback)


def held(reason: FoldReason, minutes: float, destination: Destination = CHAT, *, is_living: bool = False) -> Target:
    hold = Hold(reason=reason, until_at=at(minutes))
    return Target(destination=destination, hold=hold, is_living=is_living)


def paused(minutes: float = 0) -> Paused:
    return Paused(at=at(minutes), scope="all", reason="news <&> _x_", author="Ann", until_at=at(minutes + 60))


def resumed(minutes: float = 0) -> Resumed:
    return Resumed(at=at(minutes), exchange="bybit", scope="bybit", author="Ann")


def stale(minutes: float = 0) -> PricesStale:
    """Urgent, and one of a group."""
    return PricesStale(at=at(minutes), exchange="binance", symbols=("SOLUSDT",), age=timedelta(seconds=75))


def crashed(minutes: float = 0, task: str = "guardian") -> TaskCrashed:
    """Critical, and one of a group."""
    return TaskCrashed(at=at(minutes), task=task, error="KeyError", restarts=2)


def refused(minutes: float = 0, reason: str = "insufficient_funds") -> OrderRefused:
    """Not urgent, and one of a group."""
    return OrderRefused(
        at=at(minutes), exchange="binance", symbol="SOLUSDT", side="BUY", leg="entry", reason=reason, detail="no"
    )


def finished(minutes: float = 0) -> WaveFinished:
    """Told by a card."""
    return WaveFinished(at=at(minutes), exchange="binance", result=make_wave_result())


def opened(minutes: float = 0) -> PositionOpened:
    """Told by a card, and changes the card of its wave."""
    return PositionOpened(
        at=at(minutes),
        exchange="binance",
        position_id=12,
        symbol="SOLUSDT",
        side=PositionSide.LONG,
        quantity=quantity(1),
        entry_price=price(100),
        stop_price=price(95),
        size_quote=money(100),
        leverage=1,
        wave_at=WAVE_AT,
    )


def moved(minutes: float = 0) -> StopMoved:
    """Told by a card; old after a quarter of an hour."""
    return StopMoved(
        at=at(minutes),
        exchange="binance",
        position_id=12,
        symbol="SOLUSDT",
        old_price=price(95),
        new_price=price(99),
    )


def reduced(minutes: float = 0, exchange: str | None = None) -> PositionReduced:
    return PositionReduced(
        at=at(minutes),
        exchange=exchange,
        position_id=12,
        symbol="SOLUSDT",
        side=PositionSide.LONG,
        quantity=quantity(1),
        left=quantity(2),
        price=price(100),
        reason=ExitReason.AGED,
    )


def closed(minutes: float = 0) -> PositionClosed:
    """A detail under a card."""
    return PositionClosed(
        at=at(minutes),
        exchange="binance",
        position_id=12,
        symbol="SOLUSDT",
        side=PositionSide.LONG,
        entry_price=price(100),
        exit_price=price(110),
        reason=ExitReason.TRAILING_STOP,
        pnl_quote=money(10),
        return_ratio=ratio("0.1"),
        fees_quote=money("0.1"),
        held=timedelta(hours=1),
    )


def unprotected(minutes: float = 0) -> UnprotectedPosition:
    """An urgent detail under a card; never too old."""
    return UnprotectedPosition(
        at=at(minutes),
        exchange="binance",
        position_id=12,
        symbol="SOLUSDT",
        action="it is closed at market",
        detail="the venue refused the stop",
    )


async def tell(units: Units, *events: Event) -> None:
    """Record `events`, each in a transaction of its own."""
    for event in events:
        async with units.writing() as unit:
            await unit.record(event)


async def next_single(outbox: Outbox, minutes: float = 0, *, besides: Collection[Destination] = ()) -> Delivery:
    """Return the one thing that is due, which must be a message of its own."""
    (work,) = await outbox.due(at(minutes), besides)
    assert isinstance(work, Delivery)
    return work


async def next_card(outbox: Outbox, minutes: float = 0, *, besides: Collection[Destination] = ()) -> CardUpdate:
    """Return the one thing that is due, which must be a card."""
    (work,) = await outbox.due(at(minutes), besides)
    assert isinstance(work, CardUpdate)
    return work


async def next_digest(outbox: Outbox, minutes: float = 0, *, besides: Collection[Destination] = ()) -> Digest:
    """Return the one thing that is due, which must be a digest."""
    (work,) = await outbox.due(at(minutes), besides)
    assert isinstance(work, Digest)
    return work


async def states(units: Units) -> list[tuple[int, str, str]]:
    """Return what became of every alert at every destination: its number, where, how it stands."""
    async with units.reading() as unit:
        alerts = await unit.alerts.recent(100)
        return [
            (alert.id, str(record.destination), record.state.value)
            for alert in reversed(alerts)
            for record in await unit.alerts.deliveries(alert.id)
        ]


async def drained(units: Units, outbox: Outbox, minutes: float = 0) -> list[str]:
    """Carry everything that is due and return what it was, a line a message."""
    lines: list[str] = []
    for _ in range(100):
        works = await outbox.due(at(minutes), ())
        if not works:
            return lines
        for work in works:
            number = len(lines) + 1
            if isinstance(work, Delivery):
                lines.append(f"{work.destination.platform} {work.alert.kind} {work.alert.id}")
                await outbox.told(work, at(minutes), str(number))
            elif isinstance(work, Digest):
                lines.append(f"{work.destination.platform} digest {work.reason} {work.count}")
                await outbox.folded(work, at(minutes), str(number))
            else:
                lines.append(f"{work.destination.platform} card {work.card.key}")
                await outbox.shown(work, at(minutes), work.message_ref or str(number), at(minutes))
    raise AssertionError("the queue has no end")
