"""The queue in memory: the same promises as the real one, judged by the same contract suite."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.domain.delivery import (
    CardUpdate,
    Delivery,
    DeliveryState,
    Destination,
    Digest,
    FoldReason,
    Loudness,
    Work,
)
from tests.fakes.memory_queue import MemoryQueue, Place
from tests.fakes.memory_store import StoredCard, StoredDelivery
from tests.fakes.units import MemoryUnits

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Condition = Callable[[StoredDelivery], bool]


class MemoryOutbox(MemoryQueue):
    """The deliveries and cards of a `MemoryUnits`."""

    def __init__(self, units: MemoryUnits) -> None:
        super().__init__(units)
        self._seen = 0

    async def due(self, at: datetime, busy: Collection[Destination]) -> Sequence[Work]:
        heads: dict[Destination, tuple[Place, StoredDelivery | StoredCard]] = {}
        for destination, place, stored in self.candidates(at):
            if destination not in busy and (destination not in heads or place < heads[destination][0]):
                heads[destination] = (place, stored)
        first = sorted(heads, key=lambda destination: (*heads[destination][0][:3], str(destination)))
        return [self.work(heads[destination][1]) for destination in first]

    async def told(self, delivery: Delivery, at: datetime, message_ref: str) -> None:
        async with self._units.lock:
            self._mark(delivery, state=DeliveryState.SENT, ended_at=at, message_ref=message_ref, error="")

    async def shown(self, update: CardUpdate, at: datetime, message_ref: str, next_at: datetime) -> None:
        async with self._units.lock:
            self._mark(update, state=DeliveryState.SENT, ended_at=at, message_ref=message_ref, error="")
            self._end_card(update, at, message_ref, next_at, "")

    async def folded(self, digest: Digest, at: datetime, message_ref: str) -> None:
        async with self._units.lock:
            for each in self.told_by(digest):
                is_old = each.expires_at is not None and each.expires_at <= at
                is_expired = digest.reason is FoldReason.MISSED and is_old
                state = DeliveryState.EXPIRED if is_expired else DeliveryState.SENT
                self._count(each, state=state, ended_at=at, message_ref=message_ref, error="")

    async def retry(self, work: Work, error: str) -> None:
        async with self._units.lock:
            self._mark(work, error=error)
            if isinstance(work, CardUpdate):
                known = self.store.cards.get((work.card, work.destination))
                if known is not None:
                    self._put(replace(known, attempts=known.attempts + 1, error=error))

    async def failed(self, work: Work, at: datetime, error: str) -> None:
        async with self._units.lock:
            self._mark(work, state=DeliveryState.FAILED, ended_at=at, error=error)
            if isinstance(work, CardUpdate):
                self._end_card(work, at, "", None, error)

    async def divert(self, destination: Destination, at: datetime, *, urgent_only: bool) -> int:
        async with self._units.lock:
            number, diverted = self.store.next_fold_number(), 0
            for each in self.waiting(destination):
                is_held = each.fold is not None and each.next_at > at
                if each.fallback is None or each.diverted_at or is_held or (urgent_only and not each.is_urgent):
                    continue
                self._copy_to(each.fallback, each, at, number)
                self._miss(replace(each, diverted_at=at, diverted_to=each.fallback), number + 1)
                diverted += 1
        if diverted:
            self._calm()
            self._units.changes.beat()
        return diverted

    async def miss(self, before: datetime, destination: Destination | None = None) -> int:
        async with self._units.lock:
            # What a fallback can be told of is diverted, and folded by that.
            missed = self._fold(
                destination,
                lambda each: (
                    not each.is_urgent and each.queued_at < before and (destination is None or each.fallback is None)
                ),
            )
            for key, card in list(self.store.cards.items()):
                is_old = card.queued_at is not None and card.queued_at < before
                is_here = destination in {None, card.destination}
                if is_here and is_old and card.has_changed and card.message_ref is None and not self.needs(card):
                    del self.store.cards[key]
            return missed

    async def expire(self, at: datetime) -> int:
        async with self._units.lock:
            expired = self._fold(None, lambda each: each.expires_at is not None and each.expires_at <= at)
            for key, card in list(self.store.cards.items()):
                is_unopened = card.has_changed and card.message_ref is None and not self.needs(card)
                if expired and is_unopened and self._is_missed(card):
                    del self.store.cards[key]
            return expired

    async def move(self, old: Destination, new: Destination) -> None:
        if old == new:
            return
        async with self._units.lock:
            self._move_deliveries(old, new)
            self._move_cards(old, new)
            for (destination, kind), mute in list(self.store.mutes.items()):
                if destination == old:
                    del self.store.mutes[destination, kind]
                    self.store.mutes.setdefault((new, kind), replace(mute, destination=new))

    async def resend(self, alert_id: int, at: datetime, to: Destination | None = None) -> Sequence[Destination]:
        async with self._units.lock:
            alert = self.store.alerts.get(alert_id)
            if alert is None:
                return []
            again = [
                each.delivery
                for each in self.store.deliveries.values()
                if each.delivery.alert.id == alert_id and to in {None, each.delivery.destination}
            ]
            if to is not None and not again:
                number = len(self.store.deliveries) + 1
                again = [Delivery(id=number, alert=alert, destination=to, loudness=Loudness.NORMAL, attempts=0)]
            for delivery in again:
                known = self.store.deliveries.get(delivery.id)
                self.store.deliveries[delivery.id] = StoredDelivery(
                    delivery=replace(delivery, attempts=0),
                    state=DeliveryState.PENDING,
                    queued_at=at,
                    next_at=at,
                    is_urgent=alert.is_urgent,
                    fallback=None if known is None else known.fallback,
                )
        if again:
            self._units.changes.beat()
        return sorted((delivery.destination for delivery in again), key=str)

    async def backlog(self) -> Mapping[Destination, int]:
        return Counter(each.delivery.destination for each in self.waiting())

    async def next_due(self, after: datetime, busy: Collection[Destination]) -> datetime | None:
        folds = [(each.delivery.destination, each.next_at) for each in self.waiting() if each.fold is not None]
        cards = [(card.destination, card.next_at) for card in self.store.cards.values() if card.has_changed]
        times = [time for destination, time in [*folds, *cards] if time is not None and destination not in busy]
        return min((time for time in times if time > after), default=None)

    async def arrival(self) -> None:
        self._seen = await self._units.changes.wait(self._seen)

    def _mark(self, work: Work, **changes: Any) -> None:  # noqa: ANN401 - fields of StoredDelivery
        for each in self.told_by(work):
            self._count(each, **changes)

    def _count(self, each: StoredDelivery, **changes: Any) -> None:  # noqa: ANN401 - fields of StoredDelivery
        counted = replace(each.delivery, attempts=each.delivery.attempts + 1)
        self.store.deliveries[each.delivery.id] = replace(each, delivery=counted, **changes)

    def _end_card(self, update: CardUpdate, at: datetime, ref: str, next_at: datetime | None, error: str) -> None:
        newest = max(self.store.deliveries, default=0)
        known = self.store.cards.get((update.card, update.destination))
        if known is None:
            if not ref:
                return
            known = StoredCard(
                card=update.card,
                destination=update.destination,
                loudness=update.loudness,
                version=update.version,
                place=newest,
                alert_id=None if update.alert is None else update.alert.id,
            )
        if known.shown_version >= update.version:
            return
        has_more = known.version > update.version
        is_new = bool(ref) and ref != known.message_ref
        self._put(
            replace(
                known,
                shown_version=update.version,
                message_ref=ref or known.message_ref,
                sent_at=at if is_new else known.sent_at,
                next_at=next_at,
                place=newest if has_more else known.place,
                queued_at=at if has_more else known.queued_at,
                is_urgent=known.is_urgent and has_more,
                attempts=0,
                error=error,
            )
        )

    def _fold(self, destination: Destination | None, condition: Condition) -> int:
        number, folded = self.store.next_fold_number(), 0
        for each in self.waiting(destination):
            card = self.card_of(each)
            comes_by_edit = card is not None and card.message_ref is not None and not each.is_detail
            if each.fold is None and condition(each) and not comes_by_edit:
                self._miss(each, number)
                folded += 1
        if folded:
            self._calm()
        return folded

    def _is_missed(self, card: StoredCard) -> bool:
        """True when a digest of what was missed tells the newest alert of the card."""
        return any(
            e.delivery.alert.id == card.alert_id and e.fold is FoldReason.MISSED for e in self.waiting(card.destination)
        )

    def _calm(self) -> None:
        """Cards that were urgent only because of what was folded queue up with the others."""
        for card in list(self.store.cards.values()):
            here = self.waiting(card.destination)
            if card.has_changed and not any(e.card == card.card and e.fold is None and e.is_urgent for e in here):
                self._put(replace(card, is_urgent=False))

    def _miss(self, each: StoredDelivery, number: int) -> None:
        self.store.deliveries[each.delivery.id] = replace(
            each, fold=FoldReason.MISSED, fold_group="", fold_number=number, next_at=LONG_AGO, is_urgent=False
        )

    def _copy_to(self, fallback: Destination, each: StoredDelivery, at: datetime, number: int) -> None:
        alert = each.delivery.alert
        there = [(e.delivery.alert.id, e.delivery.destination) for e in self.store.deliveries.values()]
        if (alert.id, fallback) in there:
            return
        is_missed = each.fold is FoldReason.MISSED
        copied = Delivery(
            id=len(self.store.deliveries) + 1,
            alert=alert,
            destination=fallback,
            loudness=each.delivery.loudness,
            attempts=0,
        )
        self.store.deliveries[copied.id] = StoredDelivery(
            delivery=copied,
            state=DeliveryState.PENDING,
            queued_at=at,
            next_at=at,
            expires_at=each.expires_at,
            is_urgent=each.is_urgent,
            fold=FoldReason.DIGEST if is_missed else each.fold,
            fold_group=str(each.delivery.destination) if is_missed else each.fold_group,
            fold_number=number,
        )

    def _move_deliveries(self, old: Destination, new: Destination) -> None:
        there = {e.delivery.alert.id for e in self.store.deliveries.values() if e.delivery.destination == new}
        for each in self.waiting(old):
            if each.delivery.alert.id in there:
                error = f"moved to {new}, which is told of it anyway"
                moved = replace(each, state=DeliveryState.FAILED, error=error)
            else:
                moved = replace(each, delivery=replace(each.delivery, destination=new))
            self.store.deliveries[each.delivery.id] = moved
        for each in self.waiting():
            if each.fallback in {old, each.delivery.destination}:
                fallback = None if each.delivery.destination in {each.fallback, new} else new
                self.store.deliveries[each.delivery.id] = replace(each, fallback=fallback)

    def _move_cards(self, old: Destination, new: Destination) -> None:
        for (card, destination), known in list(self.store.cards.items()):
            if destination != old:
                continue
            del self.store.cards[card, old]
            there = self.store.cards.get((card, new))
            if there is None:
                self._put(replace(known, destination=new, message_ref=None, sent_at=None))
            else:
                version = max(known.version, there.version) + 1
                self._put(replace(there, version=version, place=max(self.store.deliveries, default=0)))

    def _put(self, card: StoredCard) -> None:
        self.store.cards[card.card, card.destination] = card
